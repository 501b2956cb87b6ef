//! Irises for a mesh that has none.

use gradphoto_shared::Result;
use image::imageops;

use crate::model::{Engine, IrisFinder, Point};
use crate::stage::landmark::Landmarked;
use crate::stage::square::Square;
use crate::stage::view::View;

/// Points of a mesh without irises.
const MESH_POINTS: usize = 468;
/// Corners of each eye, from left to right.
const LEFT_EYE: [usize; 2] = [33, 133];
const RIGHT_EYE: [usize; 2] = [362, 263];

/// The ten points of both irises as the larger mesh has them from 468 on: middle and rim of the one at the left
/// of the picture, then of the one at the right, in pixels of the original. Taken from the mesh where it has
/// them, else from the pack's network for irises; `None` where there is neither.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn irises(engine: &mut Engine, view: &View, face: &Landmarked) -> Result<Option<Vec<Point>>> {
    if let Some(irises) = face.points.get(MESH_POINTS..).filter(|irises| !irises.is_empty()) {
        return Ok(Some(irises.to_vec()));
    }
    let Some(finder) = engine.iris.get()? else { return Ok(None) };
    let mut irises = Vec::with_capacity(IrisFinder::POINTS * 2);
    for (corners, is_mirrored) in [(LEFT_EYE, true), (RIGHT_EYE, false)] {
        let [left, right] = corners.map(|point| face.points[point]);
        let side = left.distance(right) * IrisFinder::SQUARE_OVER_EYE;
        let square = Square::level(left.middle(right), side, left, right);
        let mut picture = square.cut(view, IrisFinder::SIDE);
        if is_mirrored {
            imageops::flip_horizontal_in_place(&mut picture);
        }
        let to_photo = |point: Point| {
            let place = point.scaled(1.0 / IrisFinder::SIDE as f32);
            square.to_photo(Point { x: if is_mirrored { 1.0 - place.x } else { place.x }, ..place })
        };
        irises.extend(finder.iris(&picture)?.map(to_photo));
    }
    Ok(Some(irises))
}
