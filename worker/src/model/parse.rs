//! Skin, clothes and hair: the frame of a portrait, squeezed to a square, to shares for each of its pixels.

use gradphoto_shared::Result;
use image::RgbImage;

use super::Runtime;
use super::runtime::Net;
use super::tensor::imagenet;
use crate::pack::{ModelFile, Role};

/// What the pixels of a square show, each a share of 0 to 1, row by row.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Skin, visible ears included.
    pub skin: Vec<f32>,
    /// Clothes.
    pub clothes: Vec<f32>,
    /// Hair.
    pub hair: Vec<f32>,
}

/// The network that tells skin, clothes and hair apart.
#[derive(Debug)]
pub struct Parser {
    net: Net,
}

impl Parser {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 512;

    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        file.expect("skin-clothes-hair-512", "parsing")?;
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, Role::Parse.name(), &[1, 3, side, side])? })
    }

    /// The parts of a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn parts(&mut self, square: &RgbImage) -> Result<Parts> {
        let pixels = (Self::SIDE * Self::SIDE) as usize;
        self.net.run(&imagenet(square), |outputs| {
            let shares = outputs.numbers("1273", pixels * 3)?;
            let part = |index: usize| shares[index * pixels..(index + 1) * pixels].to_vec();
            Ok(Parts { skin: part(0), clothes: part(1), hair: part(2) })
        })
    }
}
