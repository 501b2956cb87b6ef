//! No hand is beside the head.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;
use crate::stage::portrait::FACE_PX;

/// How far beside the middle of the face, in its widths: farther out than ears.
const BESIDE: std::ops::Range<f32> = 0.68..3.0;
/// How far over the chin skin counts, in widths of the face: lower it is a neck or a shoulder.
const ABOVE_CHIN: f32 = 0.15;

pub(super) const RULE: Rule = Rule {
    id: "no_hand_at_head",
    about: "Skin beside the face and its ears, above the chin, over the square of the width of the face.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "hand_in_picture",
        en: "A hand or arm is beside the head. Please let both arms hang down.",
        zh: "头部旁有手或手臂，请将双臂自然下垂。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.are_whole()?;
    let chin = subject.portrait.at(subject.face.chin).y;
    let skin = subject.count_beside(BESIDE, (0.0, chin - ABOVE_CHIN * FACE_PX), |[hair, skin, _]| {
        skin == Some(true) && hair != Some(true)
    })?;
    Ok(Measure::of(skin as f32 / (FACE_PX * FACE_PX)).in_area(subject.face_area()))
}
