//! Where the head stands in the finished picture.

use super::landmark::Landmarked;
use super::place::Placed;
use super::plane::Place;
use crate::model::Point;

/// Below the chin, in widths of the face: down to where clothes hardly reach but at the neck itself, and so far again
/// until they surely may. Chosen by eye: with 0.3 the shine of a bare shoulder went (`london` 086), with 0.2 nothing of
/// a shirt or a shoulder does in its 98 portraits.
const NECK: f32 = 0.2;

/// Beside the cheeks, in widths of the face, hair hangs loose, and ears reach so far to both sides of their ends and up from
/// the middle of the face; they end so far above the chin.
const HANGS: f32 = 0.02;
const EAR: f32 = 0.15;
const LOBE: f32 = 0.1;

/// How far from the middle of the face throats reach, where beards are, and necks; in its widths.
const THROAT: f32 = 0.3;
const NECK_SIDE: f32 = 0.45;

/// A head in the picture; all in its pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// Outer ends of both cheeks.
    pub(super) cheeks: (f32, f32),
    /// Heights of the forehead's upper end and of the chin.
    pub(super) rows: (f32, f32),
    /// Half way from forehead to chin.
    pub(super) middle: Point,
}

impl Head {
    pub(super) fn new(face: &Landmarked, placed: &Placed) -> Self {
        let [top, chin, left, right] =
            [face.forehead, face.chin, face.left_cheek, face.right_cheek].map(|point| placed.to_output(point));
        Self { cheeks: (left.x, right.x), rows: (top.y, chin.y), middle: top.middle(chin) }
    }

    /// Whether a pixel lies in the face: an ellipse from forehead to chin and from cheek to cheek.
    pub(super) fn is_face(&self, (x, y): Place) -> bool {
        let (across, down) = ((self.cheeks.1 - self.cheeks.0) / 2.0, (self.rows.1 - self.rows.0) / 2.0);
        ((x as f32 - self.middle.x) / across).powi(2) + ((y as f32 - self.middle.y) / down).powi(2) < 1.0
    }

    /// Whether a pixel lies above the middle of the face.
    pub(super) fn is_upper(&self, (_, y): Place) -> bool {
        (y as f32) < self.middle.y
    }

    /// Whether a pixel lies beside or under the head, where hair hangs loose.
    pub(super) fn hangs(&self, (x, y): Place) -> bool {
        let (x, aside) = (x as f32, HANGS * (self.cheeks.1 - self.cheeks.0));
        y as f32 > self.middle.y && (x < self.cheeks.0 - aside || x > self.cheeks.1 + aside)
    }

    /// Whether a pixel lies lower than the ears.
    pub(super) fn is_low(&self, (_, y): Place) -> bool {
        y as f32 > self.rows.1 - LOBE * (self.cheeks.1 - self.cheeks.0)
    }

    /// Whether only long hair can be at a pixel: lower than the ears, and farther from the middle than the throat.
    pub(super) fn is_aside(&self, place: Place) -> bool {
        self.is_low(place) && !self.is_face(place) && self.off_middle(place) > THROAT
    }

    /// Whether what is dark at a pixel is long hair: the same, farther than a neck, and above all clothes.
    pub(super) fn is_long_hair(&self, place: Place) -> bool {
        self.is_aside(place) && self.off_middle(place) > NECK_SIDE && self.is_bare(place) >= 1.0
    }

    fn off_middle(&self, (x, _): Place) -> f32 {
        (x as f32 - self.middle.x).abs() / (self.cheeks.1 - self.cheeks.0)
    }

    /// Whether an ear may be at a pixel.
    pub(super) fn is_ear(&self, (x, y): Place) -> bool {
        let (x, y, face) = (x as f32, y as f32, self.cheeks.1 - self.cheeks.0);
        let aside = (x - self.cheeks.0).abs().min((x - self.cheeks.1).abs());
        aside < EAR * face && y > self.middle.y - EAR * face && y < self.rows.1 - LOBE * face
    }

    /// Whether a pixel lies lower than the chin.
    pub(super) fn is_below(&self, (_, y): Place) -> bool {
        y as f32 >= self.rows.1
    }

    /// How surely a pixel lies above all clothes: 1 down to where
    /// they may begin, 0 from where they surely may.
    pub(super) fn is_bare(&self, (_, y): Place) -> f32 {
        (2.0 - (y as f32 - self.rows.1) / self.neck()).clamp(0.0, 1.0)
    }

    fn neck(&self) -> f32 {
        (NECK * (self.cheeks.1 - self.cheeks.0)).max(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_hair_is_lower_than_the_ears_and_beside_the_throat() {
        let head = Head { cheeks: (30.0, 70.0), rows: (10.0, 60.0), middle: Point { x: 50.0, y: 35.0 } };
        for (place, low, aside, long) in [
            ((75, 50), false, false, false),
            ((60, 62), true, false, false),
            ((63, 62), true, true, false),
            ((31, 62), true, true, true),
            // Clothes may be there.
            ((31, 70), true, true, false),
            ((50, 59), true, false, false),
        ] {
            let found = (head.is_low(place), head.is_aside(place), head.is_long_hair(place));
            assert_eq!(found, (low, aside, long), "{place:?}");
        }
    }

    #[test]
    fn places_are_told() {
        let head = Head { cheeks: (30.0, 70.0), rows: (10.0, 60.0), middle: Point { x: 50.0, y: 35.0 } };
        for (x, y, face, hangs, below, bare) in [
            (50, 35, true, false, false, 1.0),
            (32, 12, false, false, false, 1.0),
            (80, 45, false, true, false, 1.0),
            (20, 72, false, true, true, 0.5),
            (50, 80, false, false, true, 0.0),
        ] {
            let pixel = (x, y);
            assert_eq!((head.is_face(pixel), head.hangs(pixel), head.is_below(pixel)), (face, hangs, below));
            assert!((head.is_bare(pixel) - bare).abs() < 1e-5, "{x} {y}");
        }
    }
}
