//! Glasses and sunglasses: a square round the face to one number each.

use gradphoto_shared::Result;
use image::RgbImage;

use super::Runtime;
use super::runtime::Net;
use super::tensor::imagenet;
use crate::pack::{ModelFile, Role};

/// A network that says whether glasses of its kind are worn.
#[derive(Debug)]
pub struct GlassesJudge {
    net: Net,
}

impl GlassesJudge {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 256;
    /// Side of the square over the longer side of the face's box.
    pub const SQUARE_OVER_BOX: f32 = 1.3;

    /// Loads the network by its contract, for [`Role::Glasses`] or [`Role::Sunglasses`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile, role: Role) -> Result<Self> {
        file.expect("glasses-256", "glasses")?;
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, role.name(), &[1, 3, side, side])? })
    }

    /// Above 0 where they are worn, in a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn logit(&mut self, square: &RgbImage) -> Result<f32> {
        self.net.run(&imagenet(square), |outputs| Ok(outputs.numbers("logit", 1)?[0]))
    }
}
