//! The body: a square round a person to the points of the shoulders.

use gradphoto_shared::Result;
use image::RgbImage;

use super::runtime::Net;
use super::tensor::{shares, sigmoid};
use super::{Point, Runtime};
use crate::pack::{ModelFile, Role};

/// Points of a body, and the numbers of each: x, y, z, whether it is seen, whether it is in the picture.
const POINTS: usize = 39;
const NUMBERS: usize = 5;
/// The person's left shoulder is at the right of the picture.
const RIGHT_SHOULDER: usize = 11;
const LEFT_SHOULDER: usize = 12;

/// A point of a body in pixels of the square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joint {
    /// Where it is, or would be outside the picture.
    pub place: Point,
    /// How sure the network is that it can be seen, 0 to 1.
    pub seen: f32,
}

/// What the network tells of a body; left and right as in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// Whether a body is there at all, 0 to 1.
    pub presence: f32,
    /// The shoulder at the left.
    pub left_shoulder: Joint,
    /// The shoulder at the right.
    pub right_shoulder: Joint,
}

/// The network that puts points on a body.
#[derive(Debug)]
pub struct BodyReader {
    net: Net,
}

impl BodyReader {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 256;

    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        file.expect("blazepose-256", "body")?;
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, Role::Body.name(), &[1, side, side, 3])? })
    }

    /// The body in a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn read(&mut self, square: &RgbImage) -> Result<Body> {
        self.net.run(&shares(square), |outputs| {
            let numbers = outputs.numbers("Identity", POINTS * NUMBERS)?;
            let presence = outputs.numbers("Identity_1", 1)?[0];
            let joint = |point: usize| {
                let numbers = &numbers[point * NUMBERS..(point + 1) * NUMBERS];
                Joint { place: Point { x: numbers[0], y: numbers[1] }, seen: sigmoid(numbers[3]) }
            };
            Ok(Body { presence, left_shoulder: joint(LEFT_SHOULDER), right_shoulder: joint(RIGHT_SHOULDER) })
        })
    }
}
