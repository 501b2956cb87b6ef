//! A small made picture, for the tests of what a wall tells.

use crate::model::Point;
use crate::stage::colours::Colour;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Plane};

/// Its side in pixels.
pub(super) const SIDE: usize = 120;

/// A dark person in the lower middle before a wall of `wall`, with a square of `patch` in it that the network
/// takes for person as far as `taken`.
pub(super) fn scene(wall: f32, person: f32, patch: f32, taken: f32) -> (Plane, Field<Colour>) {
    let inside = |x: usize, y: usize| (30..90).contains(&x) && y >= 40;
    let hole = |x: usize, y: usize| (44..54).contains(&x) && (60..70).contains(&y);
    let plane = |of: &dyn Fn(usize, usize) -> f32| Plane {
        width: SIDE,
        height: SIDE,
        values: (0..SIDE * SIDE).map(|pixel| of(pixel % SIDE, pixel / SIDE)).collect(),
    };
    let level = |x: usize, y: usize| match (hole(x, y), inside(x, y)) {
        (true, _) => patch,
        (_, true) => person,
        // A wall has noise, here of 2 levels.
        _ => wall + ((x * 7 + y * 13) % 5) as f32 / 255.0,
    };
    let colour = plane(&level);
    let alpha = plane(&|x, y| match (hole(x, y), inside(x, y)) {
        (true, _) => taken,
        (_, person) => f32::from(u8::from(person)),
    });
    (alpha, colour.map(|level| [level; 3]))
}

/// A narrow head round column 49 whose chin is at that height, 20 pixels under its forehead.
pub(super) fn head(chin: f32) -> Head {
    let rows = (chin - 20.0, chin);
    Head { cheeks: (39.0, 59.0), rows, middle: Point { x: 49.0, y: chin - 10.0 } }
}
