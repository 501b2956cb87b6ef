//! Where to cut: the official windows, by moving and scaling alone.

use gradphoto_shared::outcome::{Placement, ReasonCode};
use gradphoto_shared::spec::{PlacementWindows, Spec, Window};

use super::landmark::Landmarked;
use super::outline::Outlined;
use crate::model::{Area, Point};

/// Pixels of the finished picture kept free inside each window, for what the landmarks and the outline
/// are off by.
const MARGIN_PX: f32 = 4.0;
/// Steps in which placements are tried: finer than anybody sees.
const STEP_PX: f32 = 1.0;
/// How much cheaper a pixel of face width is than a pixel of hair or eyes, each measured by its window:
/// for tall hair the face gives way first.
const FACE_GIVES_WAY: f32 = 2.0;
/// How far below the topmost hair people mark the top of a head, in face widths. On 48 hand-marked
/// portraits the mark lay 0.01 to 0.25 face widths below it, 0.09 in the middle: the window's target is
/// for the mark, its limits hold for the hair itself.
const MARK_BELOW_HAIR: f32 = 0.09;

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
    let choices = choices(face, outline, &spec.placement);
    let best = |choices: &mut dyn Iterator<Item = &Choice>| {
        choices.min_by(|one, other| one.cost.total_cmp(&other.cost)).copied()
    };
    let fits = |choice: &&Choice| filled(&choice.frame(face, spec), outline, photo);
    match best(&mut choices.iter().filter(fits)) {
        Some(choice) => Ok(choice.placed(face, outline, spec)),
        None if choices.is_empty() => Err(ReasonCode::CannotPlace),
        None => Err(ReasonCode::ChestCutOff),
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

/// Every scale and height, in steps of a pixel, that meets all windows.
fn choices(face: &Landmarked, outline: &Outlined, windows: &PlacementWindows) -> Vec<Choice> {
    let hair_to_eyes = face.eyes.y - outline.hair_top;
    let mut choices = Vec::new();
    for face_width in steps(windows.face_width_px) {
        let scale = face_width / face.face_width();
        for hair_top in steps(windows.hair_top_px) {
            let eyes_px = hair_top + hair_to_eyes * scale;
            if eyes_px >= windows.eyes_px.min + MARGIN_PX && eyes_px <= windows.eyes_px.max - MARGIN_PX {
                let cost = strain(face_width, windows.face_width_px) / FACE_GIVES_WAY.powi(2)
                    + strain(hair_top + MARK_BELOW_HAIR * face_width, windows.hair_top_px)
                    + strain(eyes_px, windows.eyes_px);
                choices.push(Choice { scale, eyes_px, cost });
            }
        }
    }
    choices
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

/// Whether the photo fills the frame where it must: at the bottom, so that no body floats, and at a side
/// where the person leaves the photo.
fn filled(frame: &Area, outline: &Outlined, photo: (u32, u32)) -> bool {
    // Half a pixel of the original is less than one of the output in any picture that is not enlarged.
    let grace = 0.5;
    frame.top + frame.height <= photo.1 as f32 + grace
        && (!outline.cut_left || frame.left >= -grace)
        && (!outline.cut_right || frame.left + frame.width <= photo.0 as f32 + grace)
}
