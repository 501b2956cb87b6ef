//! The shoulders.

use gradphoto_shared::Result;

use crate::model::{Area, BodyReader, Engine, Joint, Point};
use crate::stage::landmark::Landmarked;
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// Side of the square over the face's width, and how far its middle lies below the eyes likewise: about the hips,
/// and as large as a standing person, which is what the network knows. Of 24 squares that were tried on 10
/// hand-marked portraits this one's shoulders scatter least (0.04 widths of the face, slopes from -2.7 to -0.1
/// degrees); squares round what the portrait shows put them too near (0.4 to 0.8 instead of 1.0 from the middle).
const SQUARE_OVER_FACE: f32 = 10.0;
const BELOW_EYES: f32 = 5.0;
/// Least presence of a body (the network's own default).
const MIN_PRESENCE: f32 = 0.5;

/// Both shoulders in pixels of the original; left and right as in the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shoulders {
    /// The one at the left.
    pub left: Joint,
    /// The one at the right.
    pub right: Joint,
}

impl Shoulders {
    /// Degrees by which the line from the left to the right shoulder falls; below 0 it rises.
    #[must_use]
    pub fn slope(&self) -> f32 {
        let (left, right) = (self.left.place, self.right.place);
        (right.y - left.y).atan2(right.x - left.x).to_degrees()
    }
}

/// The shoulders; `None` too where the network sees no body.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn shoulders(engine: &mut Engine, view: &View, face: &Landmarked) -> Result<Option<Shoulders>> {
    let Some(reader) = engine.body.get()? else { return Ok(None) };
    let width = face.face_width();
    let middle = Point { x: face.centre_x(), y: face.eyes.y + width * BELOW_EYES };
    let area = Area::about(middle, width * SQUARE_OVER_FACE, width * SQUARE_OVER_FACE);
    let side = (BodyReader::SIDE, BodyReader::SIDE);
    let body = reader.read(&view.glance(area, side, Outside::Black).picture)?;
    let scale = area.width / BodyReader::SIDE as f32;
    let joint = |joint: Joint| {
        let place = joint.place.scaled(scale);
        Joint { place: Point { x: place.x + area.left, y: place.y + area.top }, ..joint }
    };
    let shoulders = Shoulders { left: joint(body.left_shoulder), right: joint(body.right_shoulder) };
    Ok((body.presence >= MIN_PRESENCE).then_some(shoulders))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_falls_to_the_right_has_a_positive_slope() {
        let joint = |x, y| Joint { place: Point { x, y }, seen: 1.0 };
        for (down, slope) in [(0.0, 0.0), (100.0, 45.0), (-100.0, -45.0)] {
            let shoulders = Shoulders { left: joint(10.0, 10.0), right: joint(110.0, 10.0 + down) };
            assert!((shoulders.slope() - slope).abs() < 1e-3);
        }
    }
}
