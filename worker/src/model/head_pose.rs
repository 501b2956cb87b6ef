//! Where the head is turned: a picture of the face and a little round it to three angles.

use gradphoto_shared::Result;
use image::RgbImage;

use super::Runtime;
use super::runtime::Net;
use super::tensor::{Order, planes};
use crate::pack::{ModelFile, Role};

/// Where a head is turned, in degrees; all 0 where it looks straight at the camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeadPose {
    /// To a side, positive towards the picture's left.
    pub yaw: f32,
    /// Up or down, positive with a raised chin.
    pub pitch: f32,
    /// Towards a shoulder, positive where the crown leans to the picture's right.
    pub roll: f32,
}

impl HeadPose {
    /// The middle of two opinions.
    #[must_use]
    pub fn middle(self, other: Self) -> Self {
        Self {
            yaw: (self.yaw + other.yaw) / 2.0,
            pitch: (self.pitch + other.pitch) / 2.0,
            roll: (self.roll + other.roll) / 2.0,
        }
    }
}

/// The network that reads a head's pose.
#[derive(Debug)]
pub struct PoseReader {
    net: Net,
}

impl PoseReader {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 64;
    /// Share of the face's box that is seen beyond each of its sides.
    pub const GROWTH: f32 = 0.3;

    /// Loads the network by its contract, for [`Role::HeadPose`] or [`Role::HeadPoseSecond`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile, role: Role) -> Result<Self> {
        file.expect("fsanet-64", "pose")?;
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, role.name(), &[1, 3, side, side])? })
    }

    /// The pose of the face in a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn pose(&mut self, square: &RgbImage) -> Result<HeadPose> {
        let input = planes(square, Order::Bgr, |_, level| (level - 127.5) / 128.0);
        self.net.run(&input, |outputs| {
            let angles = outputs.numbers("output", 3)?;
            Ok(HeadPose { yaw: angles[0], pitch: angles[1], roll: angles[2] })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_opinions_meet_in_the_middle() {
        let one = HeadPose { yaw: 10.0, pitch: -4.0, roll: 1.0 };
        let other = HeadPose { yaw: 20.0, pitch: 0.0, roll: -1.0 };
        assert_eq!(one.middle(other), HeadPose { yaw: 15.0, pitch: -2.0, roll: 0.0 });
    }
}
