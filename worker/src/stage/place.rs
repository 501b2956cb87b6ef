//! Where to cut: the official windows, by moving and scaling alone.

use gradphoto_shared::outcome::{Placement, ReasonCode};
use gradphoto_shared::spec::{PlacementWindows, Spec, Window};

use super::landmark::Landmarked;
use super::outline::Outlined;
use crate::model::{Area, Point};

/// Pixels of the finished picture kept free inside each window, for what the landmarks and the outline are off by. With
/// 2 a head under very tall hair, in a photo that ends close below, came to stand 0.6 px too low by its hand-placed mark.
const MARGIN_PX: f32 = 1.0;
/// Steps in which placements are tried: finer than anybody sees.
const STEP_PX: f32 = 1.0;
/// How much cheaper a pixel of face width under the target is than a pixel of hair or eyes, each measured
/// by its window: for tall hair the face gives way first.
const FACE_GIVES_WAY: f32 = 3.0;
/// Where people mark the top of a head, over the eyes: this many lengths from eyes to chin, plus this
/// share of the height of the hair over the eyes. Fitted to 48 hand-marked portraits of 48 people (left
/// over: -0.13 to 0.09 lengths); hair above it is volume, not head.
const MARK_CHIN_SHARE: f32 = 0.344;
const MARK_HAIR_SHARE: f32 = 0.551;
/// Air in pixels that voluminous hair keeps to the upper edge at least.
const AIR_PX: f32 = 16.0;

/// The frame of the finished picture on the photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    /// The frame in pixels of the original; it may reach out at the top and the sides.
    pub frame: Area,
    /// Output pixels per pixel of the original.
    pub scale: f32,
    /// Where hair, eyes and cheeks come to stand.
    pub placement: Placement,
}

impl Placed {
    /// A place of the original in the finished picture.
    #[must_use]
    pub fn to_output(&self, point: Point) -> Point {
        Point { x: (point.x - self.frame.left) * self.scale, y: (point.y - self.frame.top) * self.scale }
    }
}

/// Finds the lawful frame nearest to the targets that the photo can fill.
///
/// # Errors
/// [`ReasonCode::ChestCutOff`] when only the photo's lower or side borders stand in the way,
/// [`ReasonCode::CannotPlace`] when the proportions themselves do.
pub fn place(face: &Landmarked, outline: &Outlined, photo: (u32, u32), spec: &Spec) -> Result<Placed, ReasonCode> {
    let tops = Tops::new(face, outline);
    // Hair that stands far above the head must not keep a student from a picture: where the hair itself
    // cannot meet its window, the top of the head under it does.
    for hair_in_window in [true, false] {
        let fitting = choices(face, tops, hair_in_window, &spec.placement)
            .filter(|choice| filled(&choice.frame(face, spec), outline, photo));
        if let Some(best) = fitting.min_by(|one, other| one.cost.total_cmp(&other.cost)) {
            return Ok(best.placed(face, outline, spec));
        }
    }
    let proportionate = choices(face, tops, false, &spec.placement).next().is_some();
    Err(if proportionate { ReasonCode::ChestCutOff } else { ReasonCode::CannotPlace })
}

/// Both readings of "top of the head", as heights over the eyes in pixels of the original.
#[derive(Clone, Copy, Debug)]
struct Tops {
    /// The topmost solid hair.
    hair: f32,
    /// Where people mark the head's top.
    mark: f32,
}

impl Tops {
    fn new(face: &Landmarked, outline: &Outlined) -> Self {
        let hair = face.eyes.y - outline.hair_top;
        let mark = MARK_CHIN_SHARE * (face.chin.y - face.eyes.y) + MARK_HAIR_SHARE * hair;
        // The mark is never above the hair: a bald head has both in one place.
        Self { hair, mark: mark.min(hair) }
    }
}

/// A scale and a height that meet all windows.
#[derive(Clone, Copy, Debug)]
struct Choice {
    scale: f32,
    eyes_px: f32,
    cost: f32,
}

impl Choice {
    fn frame(&self, face: &Landmarked, spec: &Spec) -> Area {
        let (width, height) = (spec.picture.width_px as f32 / self.scale, spec.picture.height_px as f32 / self.scale);
        Area { left: face.centre_x() - width / 2.0, top: face.eyes.y - self.eyes_px / self.scale, width, height }
    }

    fn placed(&self, face: &Landmarked, outline: &Outlined, spec: &Spec) -> Placed {
        let (frame, scale) = (self.frame(face, spec), self.scale);
        let placement = Placement {
            hair_top_px: (outline.hair_top - frame.top) * scale,
            eyes_px: self.eyes_px,
            face_width_px: face.face_width() * scale,
            centre_offset_px: (face.centre_x() - frame.centre().x) * scale,
            scale,
            crop_left_px: frame.left,
            crop_top_px: frame.top,
        };
        Placed { frame, scale, placement }
    }
}

/// Every scale and height, in steps of a pixel, that meets all windows: the mark must always, the hair
/// where `hair_in_window` asks for it.
fn choices(
    face: &Landmarked,
    tops: Tops,
    hair_in_window: bool,
    windows: &PlacementWindows,
) -> impl Iterator<Item = Choice> {
    let PlacementWindows { hair_top_px, eyes_px: eyes_window, face_width_px } = *windows;
    let least_hair = if hair_in_window { hair_top_px.min + MARGIN_PX } else { AIR_PX };
    let full_width = face.face_width();
    steps(face_width_px).flat_map(move |face_width| {
        let scale = face_width / full_width;
        steps(hair_top_px).filter_map(move |mark| {
            let eyes_px = mark + tops.mark * scale;
            let hair_px = eyes_px - tops.hair * scale;
            (hair_px >= least_hair && inside(eyes_px, eyes_window)).then(|| {
                let cost =
                    face_strain(face_width, face_width_px) + strain(mark, hair_top_px) + strain(eyes_px, eyes_window);
                Choice { scale, eyes_px, cost }
            })
        })
    })
}

fn inside(value: f32, window: Window) -> bool {
    value >= window.min + MARGIN_PX && value <= window.max - MARGIN_PX
}

/// The values of a window inside the margin, always the target among them where it lies inside.
fn steps(window: Window) -> impl Iterator<Item = f32> {
    let (min, max) = (window.min + MARGIN_PX, window.max - MARGIN_PX);
    let below = ((window.target - min) / STEP_PX).floor();
    let count = ((max - min) / STEP_PX).floor().max(0.0) as u16;
    (0..=count).map(move |step| window.target + (f32::from(step) - below) * STEP_PX).filter(move |value| *value <= max)
}

/// How far a value is from its target, 1 at half the window's width, squared.
fn strain(value: f32, window: Window) -> f32 {
    let half = ((window.max - window.min) / 2.0).max(1.0);
    ((value - window.target) / half).powi(2)
}

fn face_strain(value: f32, window: Window) -> f32 {
    let ease = if value < window.target { FACE_GIVES_WAY } else { 1.0 };
    strain(value, window) / (ease * ease)
}

/// Whether the photo fills the frame where it must: at the bottom, so that no body floats, and at a side
/// where the person leaves the photo.
fn filled(frame: &Area, outline: &Outlined, photo: (u32, u32)) -> bool {
    // Half a pixel of the original is less than one of the output in any picture that is not enlarged.
    let grace = 0.5;
    frame.top + frame.height <= photo.1 as f32 + grace
        && (!outline.cut_left || frame.left >= -grace)
        && (!outline.cut_right || frame.left + frame.width <= photo.0 as f32 + grace)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        /// Any face upright in a photo of 3000 x 4000, with hair of any height.
        fn any_face()(
            centre in 0.0_f32..3000.0,
            eyes in 0.0_f32..4000.0,
            width in 20.0_f32..3000.0,
            chin_share in 0.3_f32..1.2,
            hair_share in 0.1_f32..2.5,
        ) -> (Landmarked, f32) {
            let at = |x, y| Point { x, y };
            let face = Landmarked {
                points: Vec::new(),
                left_cheek: at(centre - width / 2.0, eyes + width * 0.2),
                right_cheek: at(centre + width / 2.0, eyes + width * 0.2),
                forehead: at(centre, eyes - width * 0.4),
                chin: at(centre, eyes + width * chin_share),
                eyes: at(centre, eyes),
            };
            (face, eyes - width * hair_share)
        }
    }

    proptest! {
        #[test]
        fn whatever_is_placed_meets_every_window_and_lies_on_the_photo(
            (face, hair_top) in any_face(),
            cuts in any::<(bool, bool)>(),
            preset in prop::sample::select(Spec::presets().collect::<Vec<_>>()),
        ) {
            let photo = (3000, 4000);
            let spec = Spec::preset(preset).expect("a lawful preset");
            let outline = Outlined { hair_top, cut_left: cuts.0, cut_right: cuts.1 };
            let Ok(placed) = place(&face, &outline, photo, &spec) else { return Ok(()) };
            let (windows, found) = (&spec.placement, placed.placement);
            prop_assert!(windows.eyes_px.holds(found.eyes_px), "{:?}", found);
            prop_assert!(windows.face_width_px.holds(found.face_width_px), "{:?}", found);
            prop_assert!(found.hair_top_px >= AIR_PX - 0.5 && found.centre_offset_px.abs() < 0.5, "{:?}", found);
            prop_assert!(placed.frame.top + placed.frame.height <= photo.1 as f32 + 1.0, "{:?}", placed.frame);
            prop_assert!(!cuts.0 || placed.frame.left >= -1.0, "{:?}", placed.frame);
            prop_assert!(!cuts.1 || placed.frame.left + placed.frame.width <= photo.0 as f32 + 1.0);
            // The mapping to the picture and the frame on the photo are each other's inverse.
            let corner = placed.to_output(Point { x: placed.frame.left, y: placed.frame.top });
            prop_assert!(corner.x.abs() < 0.01 && corner.y.abs() < 0.01);
            let far = Point { x: placed.frame.left + placed.frame.width, y: placed.frame.top + placed.frame.height };
            let size = Point { x: spec.picture.width_px as f32, y: spec.picture.height_px as f32 };
            prop_assert!(placed.to_output(far).distance(size) < 0.5);
            prop_assert!((placed.to_output(face.eyes).y - found.eyes_px).abs() < 0.5);
        }
    }
}
