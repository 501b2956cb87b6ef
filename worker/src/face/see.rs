//! A photo to a face that can be compared, or the reasons why it cannot.

use gradphoto_shared::face::Face;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::{Error, Result};
use image::RgbImage;

use super::shot;
use crate::model::embed::{Anchor, UPRIGHT, UPRIGHT_SIDE};
use crate::model::{Engine, Point};
use crate::stage::brightness::levels;
use crate::stage::landmark::{Crowd, Landmarked};
use crate::stage::plane::Plane;
use crate::stage::pose::{Pose, pose};
use crate::stage::square::Square;
use crate::stage::view::View;

/// Least pixels of the photo from cheek to cheek. On `london_search` the least likeness of the right person is 0.83 at 48
/// pixels, 0.69 at 32 and 0.62 at 24, that of the nearest other 0.44.
const LEAST_WIDTH_PX: f32 = 32.0;
/// Least sharpness. A blur of 4 hundredths of the face's width leaves 0.017 to 0.029 and a likeness of 0.20 to 0.55; one
/// of 2 leaves 0.027 to 0.042 and 0.66 or more. All 1,081 photos of the five search sets have 0.025 or more.
const LEAST_SHARPNESS: f32 = 0.024;
/// Most degrees that a head may be turned to a side, and look up or down: wide of `check`'s 15, since turned heads are
/// recognised longer than they are lawful.
const MOST_YAW: f32 = 35.0;
const MOST_PITCH: f32 = 30.0;
/// The inner face in the upright square, in pixels: first and one past the last column, then row.
const INNER: [usize; 4] = [25, 87, 20, 100];

/// What says whether a face can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Cheek to cheek in pixels of the photo.
    pub width_px: f32,
    /// How the head is turned.
    pub pose: Pose,
    /// Mean step from a pixel to its neighbourhood over the face's contrast, where the face is 80 pixels wide; 0.06 to
    /// 0.12 on sharp photos.
    pub sharpness: f32,
}

impl Quality {
    /// Why the face cannot be compared, most important first; nothing where it can.
    #[must_use]
    pub fn reasons(&self) -> Vec<ReasonCode> {
        let is_turned = self.pose.yaw.abs() > MOST_YAW || self.pose.pitch.abs() > MOST_PITCH;
        let found = [
            (self.width_px < LEAST_WIDTH_PX, ReasonCode::FaceTooSmall),
            (is_turned, ReasonCode::FaceTurned),
            (self.sharpness < LEAST_SHARPNESS, ReasonCode::FaceBlurred),
        ];
        found.into_iter().filter(|(holds, _)| *holds).map(|(_, code)| code).collect()
    }
}

/// The face of the one person in a photo, or why it cannot be compared, most important first and in words for a student.
///
/// # Errors
/// [`Error::Pack`] when the pack has no face descriptor, [`Error::Model`].
pub fn see(
    engine: &mut Engine,
    view: &View,
    crowd: &Result<Crowd, ReasonCode>,
) -> Result<Result<Face, Vec<ReasonCode>>> {
    let embedder = engine.embedder.get()?.ok_or_else(|| {
        Error::Pack("the pack has no face descriptor; fetch it with `worker models pull --role embed`".to_owned())
    })?;
    let crowd = match crowd {
        Ok(crowd) => crowd,
        Err(code) => return Ok(Err(vec![*code])),
    };
    if !crowd.others.is_empty() {
        return Ok(Err(vec![ReasonCode::SeveralFaces]));
    }
    let face = &crowd.subject;
    let side = embedder.side();
    let upright = align(face, &UPRIGHT, UPRIGHT_SIDE);
    let (Some(upright), Some(square)) = (upright, align(face, embedder.anchors(), side)) else {
        return Ok(Err(vec![ReasonCode::NoFace]));
    };
    let sharpness = sharpness(&upright.cut(view, UPRIGHT_SIDE));
    let reasons = Quality { width_px: face.face_width(), pose: pose(face), sharpness }.reasons();
    if !reasons.is_empty() {
        return Ok(Err(reasons));
    }
    let descriptor = embedder.describe(&square.cut(view, side))?;
    let shot = shot::make(view, face, upright)?;
    Ok(Ok(Face { model: embedder.model().clone(), descriptor, shot }))
}

/// The square of the photo in which points of the face lie where they are wanted; `None` where they lie in one place.
pub(super) fn align(face: &Landmarked, anchors: &[Anchor], side: u32) -> Option<Square> {
    let place = |&(index, x, y): &Anchor| (Point { x, y }.scaled(1.0 / side as f32), face.points[index]);
    let (places, points): (Vec<Point>, Vec<Point>) = anchors.iter().map(place).unzip();
    Square::fitted(&places, &points)
}

fn sharpness(upright: &RgbImage) -> f32 {
    let [left, right, top, bottom] = INNER.map(|pixels| pixels as u32);
    let levels = levels(upright, left..right, top..bottom);
    let mean = |plane: &Plane| plane.values.iter().sum::<f32>() / plane.values.len() as f32;
    let steps = levels.zip(&levels.mean(1), |level, near| (level - near).abs());
    let middle = mean(&levels);
    let contrast = mean(&levels.map(|level| (level - middle).powi(2))).sqrt();
    mean(&steps) / contrast.max(1.0)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn the_worst_is_said_first() {
        let good = Quality { width_px: 200.0, pose: Pose::default(), sharpness: 0.09 };
        let turned = Pose { yaw: -40.0, ..Pose::default() };
        for (quality, expected) in [
            (good, &[][..]),
            (Quality { width_px: 20.0, ..good }, &[ReasonCode::FaceTooSmall]),
            (Quality { pose: turned, sharpness: 0.01, ..good }, &[ReasonCode::FaceTurned, ReasonCode::FaceBlurred]),
            (Quality { pose: Pose { pitch: 31.0, ..Pose::default() }, ..good }, &[ReasonCode::FaceTurned]),
        ] {
            assert_eq!(quality.reasons(), expected);
        }
    }

    #[test]
    fn a_blurred_face_has_no_steps() {
        let checks = |size: u32| {
            RgbImage::from_fn(112, 112, |x, y| Rgb([if (x / size + y / size).is_multiple_of(2) { 60 } else { 190 }; 3]))
        };
        let slope = RgbImage::from_fn(112, 112, |x, _| Rgb([x as u8 * 2; 3]));
        assert!(sharpness(&checks(4)) > 0.1 && sharpness(&slope) < 0.02);
        assert_eq!(sharpness(&RgbImage::new(112, 112)), 0.0);
    }
}
