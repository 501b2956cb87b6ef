//! Clothes end under the chin.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;
use crate::stage::portrait::FACE_PX;

/// How far beside the middle of the face, in its widths.
const BESIDE: std::ops::Range<f32> = 0.58..0.95;

pub(super) const RULE: Rule = Rule {
    id: "no_hood",
    about: "Cloth beside the face between brows and chin, over the square of the width of the face.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "hood",
        en: "Clothes reach up beside the face. Please wear clothes with a plain collar, without hood or fur.",
        zh: "衣服遮挡到面部两侧，请穿有领衣服，不要穿连帽或毛领衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.are_whole()?;
    let rows = (subject.portrait.at(subject.point(105)).y, subject.portrait.at(subject.face.chin).y);
    let cloth = subject.count_beside(BESIDE, rows, |[_, _, clothes]| clothes == Some(true))?;
    Ok(Measure::of(cloth as f32 / (FACE_PX * FACE_PX)).in_area(subject.face_area()))
}
