//! Irises and lids for a mesh that knows no irises.

use gradphoto_shared::Result;
use image::imageops;

use crate::model::{Engine, IrisFinder, Point};
use crate::stage::landmark::Landmarked;
use crate::stage::square::Square;
use crate::stage::view::View;

/// Points of a mesh without irises.
const MESH_POINTS: usize = 468;
/// Corners of each eye, from left to right.
const CORNERS: [[usize; 2]; 2] = [[33, 133], [362, 263]];
/// Pairs of points of the line round an eye, upper and lower lid, and its corners: those that the openness of a
/// mesh's eye is taken from.
const LIDS: [[usize; 2]; 2] = [[11, 3], [13, 5]];
const ENDS: [usize; 2] = [0, 8];

/// One eye, in pixels of the original.
#[derive(Clone, Debug, PartialEq)]
pub struct Eye {
    /// The middle of the iris, then four points of its rim.
    pub iris: Vec<Point>,
    /// Height over width between the lids as the network for irises draws them, which looks closer than a mesh
    /// of the whole face; `None` where the irises are the mesh's own.
    pub openness: Option<f32>,
}

/// Both eyes, the one at the left of the picture first. Taken from the mesh where it has irises, else from the
/// pack's network for them; `None` where there is neither.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn eyes(engine: &mut Engine, view: &View, face: &Landmarked) -> Result<Option<[Eye; 2]>> {
    if let Some(irises) = face.points.get(MESH_POINTS..MESH_POINTS + 2 * IrisFinder::POINTS) {
        let eye = |points: &[Point]| Eye { iris: points.to_vec(), openness: None };
        let (left, right) = irises.split_at(IrisFinder::POINTS);
        return Ok(Some([eye(left), eye(right)]));
    }
    let Some(finder) = engine.iris.get()? else { return Ok(None) };
    Ok(Some([read(finder, view, face, 0)?, read(finder, view, face, 1)?]))
}

fn read(finder: &mut IrisFinder, view: &View, face: &Landmarked, side: usize) -> Result<Eye> {
    let [left, right] = CORNERS[side].map(|point| face.points[point]);
    let across = left.distance(right) * IrisFinder::SQUARE_OVER_EYE;
    let square = Square::level(left.middle(right), across, left, right);
    let mut picture = square.cut(view, IrisFinder::SIDE);
    let is_mirrored = side == 0;
    if is_mirrored {
        imageops::flip_horizontal_in_place(&mut picture);
    }
    let to_photo = |point: Point| {
        let place = point.scaled(1.0 / IrisFinder::SIDE as f32);
        square.to_photo(Point { x: if is_mirrored { 1.0 - place.x } else { place.x }, ..place })
    };
    let seen = finder.eye(&picture)?;
    let apart = |[one, other]: [usize; 2]| seen.lids[one].distance(seen.lids[other]);
    let openness = (apart(LIDS[0]) + apart(LIDS[1])) / (2.0 * apart(ENDS)).max(f32::MIN_POSITIVE);
    Ok(Eye { iris: seen.iris.map(to_photo).to_vec(), openness: Some(openness) })
}
