//! Shoulders and chest are in the picture, as far down as the certificate shows.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::Area;

/// What is marked: a strip along the photo's lower border, so high and so far beside the middle of the face in its
/// widths, half of what a lawful frame is wide.
const STRIP: f32 = 0.15;
const BESIDE: f32 = 0.8;

pub(super) const RULE: Rule = Rule {
    id: "chest_in_frame",
    about: "Height of the photo under the eyes, over the width of the face.",
    unit: "face_widths",
    low: Some(Advice {
        code: "chest_cut_off",
        en: "The shoulders and chest are not fully in the picture. Please step back a little.",
        zh: "肩部和胸部不完整，请稍微后退再拍。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let (bottom, width) = (scene.view.size.1 as f32, subject.face.face_width());
    let below = bottom - subject.face.eyes.y;
    let (beside, high) = (BESIDE * width, STRIP * width);
    let strip =
        Area { left: subject.face.centre_x() - beside, top: bottom - high, width: 2.0 * beside, height: high };
    Ok(Measure::of(below / width).in_area(strip))
}
