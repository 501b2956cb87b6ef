//! Hair: the frame of a portrait, squeezed to a square, to a share of hair for each of its pixels.

use gradphoto_shared::Result;
use image::RgbImage;

use super::Runtime;
use super::runtime::Net;
use super::tensor::sigmoid;
use crate::pack::{ModelFile, Role};

/// The network that tells hair from everything else.
#[derive(Debug)]
pub struct HairFinder {
    net: Net,
}

impl HairFinder {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 512;

    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        file.expect("hair-512", "hair")?;
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, Role::Hair.name(), &[1, side, side, 4])? })
    }

    /// Share of hair, 0 to 1, row by row, of a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn hair(&mut self, square: &RgbImage) -> Result<Vec<f32>> {
        let pixels = (Self::SIDE * Self::SIDE) as usize;
        let mut input = Vec::with_capacity(pixels * 4);
        for pixel in square.as_raw().as_chunks::<3>().0 {
            input.extend(pixel.map(|level| f32::from(level) / 255.0));
            // The mask of the picture before: a photo has none.
            input.push(0.0);
        }
        self.net.run(&input, |outputs| {
            let logits = outputs.numbers("output0", pixels * 2)?;
            Ok(logits.as_chunks::<2>().0.iter().map(|[other, hair]| sigmoid(hair - other)).collect())
        })
    }
}
