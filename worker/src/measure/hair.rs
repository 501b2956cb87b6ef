//! Hair on the face: over the brows, over the eyes, on the forehead.

use super::Sides;
use super::hull::Hull;
use super::masks::Masks;
use crate::stage::landmark::Landmarked;

/// Points of the mesh round each brow.
pub(crate) const LEFT_BROW: [usize; 10] = [70, 63, 105, 66, 107, 46, 53, 52, 65, 55];
pub(crate) const RIGHT_BROW: [usize; 10] = [300, 293, 334, 296, 336, 276, 283, 282, 295, 285];
/// Points of the mesh round each eye.
const LEFT_EYE: [usize; 16] = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246];
const RIGHT_EYE: [usize; 16] = [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466];
/// Points of the mesh round the forehead: the upper ends of the face and the upper sides of the brows.
pub(crate) const FOREHEAD: [usize; 19] =
    [54, 103, 67, 109, 10, 338, 297, 332, 284, 70, 63, 105, 66, 107, 336, 296, 334, 293, 300];

/// Share of each brow that is hair of the head, 0 to 1.
#[must_use]
pub fn over_brows(masks: &Masks, face: &Landmarked) -> Sides {
    Sides { left: share(masks, face, &LEFT_BROW), right: share(masks, face, &RIGHT_BROW) }
}

/// Share of each eye that is hair, 0 to 1.
#[must_use]
pub fn over_eyes(masks: &Masks, face: &Landmarked) -> Sides {
    Sides { left: share(masks, face, &LEFT_EYE), right: share(masks, face, &RIGHT_EYE) }
}

/// Share of the forehead, from the brows to the upper end of the face, that is free of hair, 0 to 1.
#[must_use]
pub fn bare_forehead(masks: &Masks, face: &Landmarked) -> Option<f32> {
    share(masks, face, &FOREHEAD).map(|hair| 1.0 - hair)
}

fn share(masks: &Masks, face: &Landmarked, points: &[usize]) -> Option<f32> {
    masks.hair_in(&Hull::of(points.iter().map(|&point| face.points[point])))
}
