//! Person against background: a square picture to alpha.

use gradphoto_shared::{Error, Result};
use image::RgbImage;

use super::Runtime;
use super::runtime::Net;
use super::tensor::shares;
use crate::pack::{ModelFile, Role};

/// How a matte network wants its pixels and answers.
#[derive(Clone, Copy, Debug)]
enum Contract {
    /// `selfie-256`: RGB 0..1 to alpha.
    Selfie,
    /// `portrait-mnv3-256`: RGB -1..1 to two logits, the second the person's.
    Portrait,
}

/// The network that tells a person from the background.
#[derive(Debug)]
pub struct Matter {
    net: Net,
    contract: Contract,
    output: &'static str,
}

impl Matter {
    /// Side in pixels of the square picture it takes.
    pub const SIDE: u32 = 256;

    /// Loads the network by its contract, for [`Role::Matte`] or [`Role::MatteCheck`].
    ///
    /// # Errors
    /// [`Error::Pack`] for a contract this build does not know, [`Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile, role: Role) -> Result<Self> {
        let (contract, output) = match file.contract.as_str() {
            "selfie-256" => (Contract::Selfie, "output0"),
            "portrait-mnv3-256" => (Contract::Portrait, "output0"),
            other => return Err(Error::Pack(format!("no matte network speaks the contract {other}"))),
        };
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, role.name(), &[1, side, side, 3])?, contract, output })
    }

    /// Alpha, 0 background to 1 person, row by row, of a square picture of [`Self::SIDE`].
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn alpha(&mut self, square: &RgbImage) -> Result<Vec<f32>> {
        let pixels = (Self::SIDE * Self::SIDE) as usize;
        let (contract, output) = (self.contract, self.output);
        let input: Vec<f32> = match contract {
            Contract::Selfie => shares(square),
            Contract::Portrait => square.as_raw().iter().map(|&level| f32::from(level) / 127.5 - 1.0).collect(),
        };
        self.net.run(&input, |outputs| match contract {
            Contract::Selfie => {
                Ok(outputs.numbers(output, pixels)?.iter().map(|alpha| alpha.clamp(0.0, 1.0)).collect())
            }
            Contract::Portrait => {
                let logits = outputs.numbers(output, pixels * 2)?;
                Ok(logits.chunks_exact(2).map(|l| 1.0 / (1.0 + (l[0] - l[1]).exp())).collect())
            }
        })
    }
}
