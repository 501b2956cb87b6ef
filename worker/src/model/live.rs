//! A living face against one on paper or a screen: the face and its surroundings to a share of life.

use gradphoto_shared::{Error, Result};
use image::RgbImage;

use super::Runtime;
use super::runtime::Net;
use super::tensor::{Order, planes};
use crate::pack::{ModelFile, Role};

/// A network that says whether a face lives.
#[derive(Debug)]
pub struct LiveJudge {
    net: Net,
    over_box: f32,
}

impl LiveJudge {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 80;

    /// Loads the network by its contract, for [`Role::LiveNear`] or [`Role::LiveWide`].
    ///
    /// # Errors
    /// [`Error::Pack`] for a contract this build does not know, [`Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile, role: Role) -> Result<Self> {
        let over_box = match file.contract.as_str() {
            "minifasnet-2.7-80" => 2.7,
            "minifasnet-4-80" => 4.0,
            other => return Err(Error::Pack(format!("no live network speaks the contract {other}"))),
        };
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, role.name(), &[1, 3, side, side])?, over_box })
    }

    /// How much larger than the face's box the area is that it wants to see.
    #[must_use]
    pub fn over_box(&self) -> f32 {
        self.over_box
    }

    /// How sure the network is that the face lives, 0 to 1, in a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn live(&mut self, square: &RgbImage) -> Result<f32> {
        let input = planes(square, Order::Bgr, |_, level| level);
        self.net.run(&input, |outputs| Ok(second_share(outputs.numbers("logits", 3)?)))
    }
}

/// The softmax of the second of some logits.
fn second_share(logits: &[f32]) -> f32 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
    (logits[1] - most).exp() / sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_logits_add_up_and_do_not_overflow() {
        assert!((second_share(&[0.0, 0.0, 0.0]) - 1.0 / 3.0).abs() < 1e-6);
        assert!((second_share(&[500.0, 501.0, -900.0]) - 0.731_058_6).abs() < 1e-5);
        assert_eq!(second_share(&[0.0, -1000.0, 0.0]), 0.0);
    }
}
