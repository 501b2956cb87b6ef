//! Clothes reach up to the neck, as those with a collar do.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;
use crate::stage::portrait::FACE_PX;

/// Where a collar lies at both sides of the neck: beside the middle of the face and under the chin, in its widths.
const BESIDE: std::ops::Range<f32> = 0.22..0.42;
const UNDER: std::ops::Range<f32> = 0.05..0.45;
/// Least share of that which the person must fill for a reading.
const LEAST: f32 = 0.3;

pub(super) const RULE: Rule = Rule {
    id: "collar",
    about: "Share of the neck's sides, from the chin down, that clothes cover.",
    unit: "share",
    low: Some(Advice {
        code: "no_collar",
        en: "The clothes seem to have no collar. Clothes with a collar look best.",
        zh: "衣服疑似无领，建议穿有领衣服。",
    }),
    high: None,
    needs: &[Role::Hair, Role::Parse],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.are_whole()?;
    let chin = subject.portrait.at(subject.face.chin).y;
    let rows = (chin + UNDER.start * FACE_PX, chin + UNDER.end * FACE_PX);
    let all = subject.count_beside(BESIDE, rows, |_| true)?;
    let cloth = subject.count_beside(BESIDE, rows, |[hair, skin, _]| skin != Some(true) && hair != Some(true))?;
    let area = 2.0 * (BESIDE.end - BESIDE.start) * (UNDER.end - UNDER.start) * FACE_PX * FACE_PX;
    if (all as f32) < LEAST * area {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(Measure::of(cloth as f32 / all as f32))
}
