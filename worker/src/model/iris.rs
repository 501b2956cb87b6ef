//! Irises: a levelled square round one eye to the points of its iris and of its lids.

use gradphoto_shared::Result;
use image::RgbImage;

use super::runtime::Net;
use super::tensor::shares;
use super::{Point, Runtime};
use crate::pack::{ModelFile, Role};

/// Points of the line round the eye, lids and corners, at the head of the network's answer.
const LINE: usize = 16;
/// All points of that answer: the line round the eye, wider lines round it, and the brow.
const LINES: usize = 71;

/// What the network sees of one eye, in pixels of the square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IrisPoints {
    /// The middle of the iris, then four points of its rim.
    pub iris: [Point; IrisFinder::POINTS],
    /// The line round the eye: the lower lid from the outer corner to the inner one, 9 points; then the upper lid
    /// without the corners, 7 points in the same direction.
    pub lids: [Point; LINE],
}

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
    /// Points of an iris: its middle, then four of its rim.
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

    /// The eye in a square picture of [`Self::SIDE`], in its pixels. It knows eyes at the right of pictures; one
    /// at the left must come mirrored.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn eye(&mut self, square: &RgbImage) -> Result<IrisPoints> {
        self.net.run(&shares(square), |outputs| {
            let iris = outputs.numbers("output_iris", Self::POINTS * 3)?;
            let lines = outputs.numbers("output_eyes_contours_and_brows", LINES * 3)?;
            let point = |numbers: &[f32], at: usize| Point { x: numbers[at * 3], y: numbers[at * 3 + 1] };
            Ok(IrisPoints {
                iris: std::array::from_fn(|at| point(iris, at)),
                lids: std::array::from_fn(|at| point(lines, at)),
            })
        })
    }
}
