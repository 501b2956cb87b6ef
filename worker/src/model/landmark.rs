//! Dense landmarks: a levelled square round one face to the points of the face mesh.

use gradphoto_shared::{Error, Result};
use image::RgbImage;

use super::runtime::Net;
use super::tensor::{shares, sigmoid};
use super::{Point, Runtime};
use crate::pack::ModelFile;

/// What sets one landmark contract apart from another.
#[derive(Debug)]
struct Contract {
    name: &'static str,
    side: u32,
    points: usize,
    points_output: &'static str,
    presence_output: &'static str,
}

const CONTRACTS: [Contract; 2] = [
    Contract {
        name: "mesh-478-256",
        side: 256,
        points: 478,
        points_output: "landmarks",
        presence_output: "presence_logit",
    },
    Contract { name: "mesh-468-192", side: 192, points: 468, points_output: "conv2d_21", presence_output: "conv2d_31" },
];

/// The points of a face in pixels of the square, and how sure it is that there is one.
#[derive(Clone, Debug)]
pub struct Mesh {
    /// 468 points of the canonical face mesh, and 10 of the irises where the network has them.
    pub points: Vec<Point>,
    /// Whether a face is there at all, 0 to 1.
    pub presence: f32,
}

/// The network that puts points on a face.
#[derive(Debug)]
pub struct Landmarker {
    net: Net,
    contract: &'static Contract,
}

impl Landmarker {
    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`Error::Pack`] for a contract this build does not know, [`Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        let contract = CONTRACTS
            .iter()
            .find(|contract| contract.name == file.contract)
            .ok_or_else(|| Error::Pack(format!("no landmarker speaks the contract {}", file.contract)))?;
        let side = i64::from(contract.side);
        Ok(Self { net: Net::load(runtime, file, "landmark", &[1, side, side, 3])?, contract })
    }

    /// Side in pixels of the square picture it takes.
    #[must_use]
    pub fn side(&self) -> u32 {
        self.contract.side
    }

    /// The face in a square picture of [`Self::side`] whose eyes are level.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn read(&mut self, square: &RgbImage) -> Result<Mesh> {
        let input = shares(square);
        let Contract { points, points_output, presence_output, .. } = self.contract;
        self.net.run(&input, |outputs| {
            let numbers = outputs.numbers(points_output, points * 3)?;
            let logit = outputs.numbers(presence_output, 1)?[0];
            let points = numbers.chunks_exact(3).map(|p| Point { x: p[0], y: p[1] }).collect();
            Ok(Mesh { points, presence: sigmoid(logit) })
        })
    }
}
