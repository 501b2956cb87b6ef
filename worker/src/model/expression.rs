//! What the muscles of a face do: points of the mesh to shares of 52 movements.

use gradphoto_shared::Result;

use super::runtime::Net;
use super::{Point, Runtime};
use crate::pack::{ModelFile, Role};

/// Movements that the network tells, in `ARKit`'s order.
const MOVEMENTS: usize = 52;
/// Points of a mesh with irises.
const MESH_POINTS: usize = 478;
/// Points of the mesh that the network takes, in its order.
const POINTS: [usize; 146] = [
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
];

/// A movement, by its number in the network's answer; sides are the picture's, where the network counts from
/// the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Movement {
    /// The eye at the right of the picture closes.
    BlinkRight = 9,
    /// The eye at the left of the picture closes.
    BlinkLeft = 10,
    /// The jaw opens.
    JawOpen = 25,
    /// The mouth's corner at the right of the picture rises.
    SmileRight = 44,
    /// The mouth's corner at the left of the picture rises.
    SmileLeft = 45,
}

/// How much of each movement a face shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expression {
    shares: [f32; MOVEMENTS],
}

impl Expression {
    /// How much of a movement there is, 0 to 1.
    #[must_use]
    pub fn share(&self, movement: Movement) -> f32 {
        self.shares[movement as usize]
    }
}

/// The network that reads expressions.
#[derive(Debug)]
pub struct ExpressionReader {
    net: Net,
}

impl ExpressionReader {
    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know, [`gradphoto_shared::Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        file.expect("blendshapes-146", "expression")?;
        Ok(Self { net: Net::load(runtime, file, Role::Expression.name(), &[1, POINTS.len() as i64, 2])? })
    }

    /// The expression of a face by its mesh, in pixels of an upright photo; `None` where the mesh has no
    /// irises, without which the network knows nothing.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`].
    pub fn read(&mut self, mesh: &[Point]) -> Result<Option<Expression>> {
        if mesh.len() < MESH_POINTS {
            return Ok(None);
        }
        let input: Vec<f32> = POINTS.iter().flat_map(|&point| [mesh[point].x, mesh[point].y]).collect();
        self.net.run(&input, |outputs| {
            let mut shares = [0.0; MOVEMENTS];
            shares.copy_from_slice(outputs.numbers("blendshapes", MOVEMENTS)?);
            Ok(Some(Expression { shares }))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_points_are_those_of_a_mesh_each_once() {
        assert!(POINTS.is_sorted_by(|one, other| one < other));
        assert!(POINTS.iter().all(|&point| point < MESH_POINTS));
        assert_eq!(POINTS.iter().filter(|&&point| point >= 468).count(), 10, "all of both irises");
    }
}
