//! Finding faces: one picture to boxes, by whichever network the pack has.

use gradphoto_shared::{Error, Result};
use image::RgbImage;

use super::blazeface::BlazeFace;
use super::yunet::YuNet;
use super::{Area, Point, Runtime};
use crate::pack::ModelFile;

/// Boxes that share more than this of their union are the same face (YuNet's own setting).
const SAME_FACE: f32 = 0.45;

/// A face that a network reported, in pixels of the picture it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Its box, from brows to chin.
    pub area: Area,
    /// The eye at the left of the picture.
    pub left_eye: Point,
    /// The eye at the right of the picture.
    pub right_eye: Point,
    /// How sure the network is, 0 to 1.
    pub score: f32,
}

impl Face {
    /// The same face in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self {
            area: self.area.scaled(factor),
            left_eye: self.left_eye.scaled(factor),
            right_eye: self.right_eye.scaled(factor),
            score: self.score,
        }
    }

    /// The same face `x` further right and `y` further down.
    #[must_use]
    pub fn moved(&self, x: f32, y: f32) -> Self {
        let moved = |point: Point| Point { x: point.x + x, y: point.y + y };
        Self {
            area: Area { left: self.area.left + x, top: self.area.top + y, ..self.area },
            left_eye: moved(self.left_eye),
            right_eye: moved(self.right_eye),
            score: self.score,
        }
    }
}

/// The network that finds faces.
#[derive(Debug)]
pub enum Detector {
    /// `yunet-640`.
    YuNet(YuNet),
    /// `blazeface-full-192`.
    BlazeFace(BlazeFace),
}

impl Detector {
    /// Loads the network by its contract.
    ///
    /// # Errors
    /// [`Error::Pack`] for a contract this build does not know, [`Error::Model`].
    pub fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        match file.contract.as_str() {
            "yunet-640" => YuNet::load(runtime, file).map(Self::YuNet),
            "blazeface-full-192" => BlazeFace::load(runtime, file).map(Self::BlazeFace),
            other => Err(Error::Pack(format!("no detector speaks the contract {other}"))),
        }
    }

    /// Side in pixels of the square picture it takes.
    #[must_use]
    pub fn side(&self) -> u32 {
        match self {
            Self::YuNet(_) => YuNet::SIDE,
            Self::BlazeFace(_) => BlazeFace::SIDE,
        }
    }

    /// Faces in a square picture of [`Self::side`], surest first, each once.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub fn find(&mut self, square: &RgbImage) -> Result<Vec<Face>> {
        let faces = match self {
            Self::YuNet(net) => net.find(square)?,
            Self::BlazeFace(net) => net.find(square)?,
        };
        Ok(each_once(faces))
    }
}

/// Keeps the surest of the boxes that lie on one another.
fn each_once(mut faces: Vec<Face>) -> Vec<Face> {
    faces.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|surer| surer.area.overlap(&face.area) <= SAME_FACE) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(left: f32, score: f32) -> Face {
        let eye = Point { x: left, y: 0.0 };
        Face { area: Area { left, top: 0.0, width: 10.0, height: 10.0 }, left_eye: eye, right_eye: eye, score }
    }

    #[test]
    fn the_surest_of_boxes_on_one_another_stays() {
        let kept = each_once(vec![face(0.0, 0.7), face(1.0, 0.9), face(20.0, 0.8)]);
        assert_eq!(kept, [face(1.0, 0.9), face(20.0, 0.8)]);
    }
}
