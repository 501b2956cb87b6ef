//! How much of the ears can be seen.

use super::Sides;
use super::hull::Hull;
use super::masks::Masks;
use crate::model::{Area, Point};
use crate::stage::landmark::Landmarked;

/// A strip outside a cheek where an ear would be, in widths of the face: how wide, how far above the cheek's
/// point and how far below it.
const WIDE: f32 = 0.12;
const ABOVE: f32 = 0.22;
const BELOW: f32 = 0.18;

/// Share of the place of each ear that is skin without hair on it, 0 to 1. Hidden ears gave 0.00 to 0.14,
/// clearly visible ones 0.35 to 0.88; a turned head lies between.
#[must_use]
pub fn bare(masks: &Masks, face: &Landmarked) -> Sides {
    let (left, right) = (face.left_cheek, face.right_cheek);
    Sides { left: masks.bare_skin_in(&strip(left, right)), right: masks.bare_skin_in(&strip(right, left)) }
}

/// Where the ears would be, in pixels of the original: the one at the left of the picture first.
#[must_use]
pub fn places(face: &Landmarked) -> [Area; 2] {
    let (left, right) = (face.left_cheek, face.right_cheek);
    [strip(left, right).bounds(), strip(right, left).bounds()]
}

/// The strip beside a cheek, away from the other one, turned with the head.
fn strip(cheek: Point, other: Point) -> Hull {
    // One width of the face, outwards; and the same length down along the face.
    let out = Point { x: cheek.x - other.x, y: cheek.y - other.y };
    let side = if out.x < 0.0 { -1.0 } else { 1.0 };
    let down = Point { x: -out.y * side, y: out.x * side };
    let corner = |outwards: f32, downwards: f32| Point {
        x: cheek.x + out.x * outwards + down.x * downwards,
        y: cheek.y + out.y * outwards + down.y * downwards,
    };
    Hull::of([corner(0.0, -ABOVE), corner(WIDE, -ABOVE), corner(0.0, BELOW), corner(WIDE, BELOW)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_lie_outside_the_cheeks() {
        let (left, right) = (Point { x: 100.0, y: 200.0 }, Point { x: 200.0, y: 200.0 });
        let close = |found: Area, expected: Area| {
            let pairs = [(found.left, expected.left), (found.top, expected.top), (found.width, expected.width)];
            pairs.iter().all(|(one, other)| (one - other).abs() < 1e-3) && (found.height - expected.height).abs() < 1e-3
        };
        let expected = Area { left: 88.0, top: 178.0, width: 12.0, height: 40.0 };
        assert!(close(strip(left, right).bounds(), expected), "{:?}", strip(left, right));
        let expected = Area { left: 200.0, ..expected };
        assert!(close(strip(right, left).bounds(), expected), "{:?}", strip(right, left));
    }

    #[test]
    fn a_strip_turns_with_the_head() {
        let (left, right) = (Point { x: 100.0, y: 200.0 }, Point { x: 180.0, y: 260.0 });
        // Outwards is up and to the left; down along the face is down and to the left.
        assert!(strip(left, right).holds(Point { x: 94.0, y: 196.0 }));
        assert!(strip(left, right).holds(Point { x: 88.0, y: 208.0 }));
        assert!(!strip(left, right).holds(Point { x: 104.0, y: 208.0 }));
    }
}
