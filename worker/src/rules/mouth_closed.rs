//! The mouth is closed and shows no teeth.

use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene};

/// Middle of the inner edge of the upper and the lower lip.
const LIPS: [usize; 2] = [13, 14];
/// The line round the lips, by its four ends.
const MOUTH: [usize; 4] = [61, 0, 291, 17];

pub(super) const RULE: Rule = Rule {
    id: "mouth_closed",
    about: "Gap between the inner lips, over the distance from the eyes to the chin.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "mouth_open",
        en: "The mouth is open. Please close it and show no teeth.",
        zh: "嘴部张开，请闭合嘴唇、不露牙齿。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let gap = subject.point(LIPS[0]).distance(subject.point(LIPS[1]));
    let face = subject.face.eyes.distance(subject.face.chin).max(f32::MIN_POSITIVE);
    Ok(Measure::of(gap / face).by_mesh_of(subject).in_area(around(subject, &MOUTH, 0.2)))
}
