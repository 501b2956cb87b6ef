//! Where the head stands in the finished picture.

use super::landmark::Landmarked;
use super::place::Placed;
use crate::model::Point;

/// Below the chin, in widths of the face: down to where clothes hardly reach but at the neck itself, and so far again
/// until they surely may. Chosen by eye: with 0.3 the shine of a bare shoulder went (`london` 086), with 0.2 nothing of
/// a shirt or a shoulder does in its 98 portraits.
const NECK: f32 = 0.2;

/// A head in the picture; all in its pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    /// The picture's width.
    pub(super) width: usize,
    /// Outer ends of both cheeks.
    pub(super) cheeks: (f32, f32),
    /// Heights of the forehead's upper end and of the chin.
    pub(super) rows: (f32, f32),
    /// Half way from forehead to chin.
    pub(super) middle: Point,
}

impl Head {
    pub(super) fn new(face: &Landmarked, placed: &Placed, width: usize) -> Self {
        let [top, chin, left, right] =
            [face.forehead, face.chin, face.left_cheek, face.right_cheek].map(|point| placed.to_output(point));
        Self { width, cheeks: (left.x, right.x), rows: (top.y, chin.y), middle: top.middle(chin) }
    }

    /// Whether a pixel lies in the face: an ellipse from forehead to chin and from cheek to cheek.
    pub(super) fn is_face(&self, pixel: usize) -> bool {
        let (x, y) = self.place(pixel);
        let (across, down) = ((self.cheeks.1 - self.cheeks.0) / 2.0, (self.rows.1 - self.rows.0) / 2.0);
        ((x - self.middle.x) / across).powi(2) + ((y - self.middle.y) / down).powi(2) < 1.0
    }

    /// Whether a pixel lies farther out than the cheeks.
    pub(super) fn is_beside(&self, pixel: usize) -> bool {
        let (x, _) = self.place(pixel);
        x < self.cheeks.0 || x > self.cheeks.1
    }

    /// Whether a pixel lies lower than the chin.
    pub(super) fn is_below(&self, pixel: usize) -> bool {
        self.place(pixel).1 >= self.rows.1
    }

    /// How surely a pixel lies above all clothes: 1 above [`Self::first_clothes`], 0 from [`Self::last_bare`] on.
    pub(super) fn is_bare(&self, pixel: usize) -> f32 {
        (2.0 - (self.place(pixel).1 - self.rows.1) / self.neck()).clamp(0.0, 1.0)
    }

    /// The first row in which clothes may begin.
    pub(super) fn first_clothes(&self) -> usize {
        (self.rows.1 + self.neck()).max(0.0) as usize
    }

    /// One past the last row in which there may be no clothes.
    pub(super) fn last_bare(&self) -> usize {
        (self.rows.1 + 2.0 * self.neck()).max(0.0) as usize
    }

    fn neck(&self) -> f32 {
        (NECK * (self.cheeks.1 - self.cheeks.0)).max(1.0)
    }

    fn place(&self, pixel: usize) -> (f32, f32) {
        ((pixel % self.width) as f32, (pixel / self.width) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told() {
        let head = Head { width: 100, cheeks: (30.0, 70.0), rows: (10.0, 60.0), middle: Point { x: 50.0, y: 35.0 } };
        for (x, y, face, beside, below, bare) in [
            (50, 35, true, false, false, 1.0),
            (32, 12, false, false, false, 1.0),
            (80, 35, false, true, false, 1.0),
            (20, 72, false, true, true, 0.5),
            (50, 80, false, false, true, 0.0),
        ] {
            let pixel = y * 100 + x;
            assert_eq!((head.is_face(pixel), head.is_beside(pixel), head.is_below(pixel)), (face, beside, below));
            assert!((head.is_bare(pixel) - bare).abs() < 1e-5, "{x} {y}");
        }
    }
}
