//! Irises: a levelled square round one eye to the points of its iris.

use gradphoto_shared::Result;
use image::RgbImage;

use super::runtime::Net;
use super::tensor::shares;
use super::{Point, Runtime};
use crate::pack::{ModelFile, Role};

/// The network that finds the iris of an eye.
#[derive(Debug)]
pub struct IrisFinder {
    net: Net,
}

impl IrisFinder {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 64;
    /// Side of the square over the distance of the eye's corners.
    pub const SQUARE_OVER_EYE: f32 = 2.3;
    /// Points that it answers: the middle of the iris, then four of its rim.
    pub const POINTS: usize = 5;

    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        file.expect("iris-64", "iris")?;
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, Role::Iris.name(), &[1, side, side, 3])? })
    }

    /// The iris of the eye in a square picture of [`Self::SIDE`], in its pixels. It knows eyes at the right of
    /// pictures; one at the left must come mirrored.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn iris(&mut self, square: &RgbImage) -> Result<[Point; Self::POINTS]> {
        self.net.run(&shares(square), |outputs| {
            let numbers = outputs.numbers("output_iris", Self::POINTS * 3)?;
            Ok(std::array::from_fn(|point| Point { x: numbers[point * 3], y: numbers[point * 3 + 1] }))
        })
    }
}
