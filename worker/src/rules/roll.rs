//! The head is upright.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "roll",
    about: "How far the head leans; positive to the right of the picture.",
    unit: "degrees",
    low: Some(Advice {
        code: "leaning_left",
        en: "The head leans to a side. Please hold it upright.",
        zh: "头部歪斜，请保持端正。",
    }),
    high: Some(Advice {
        code: "leaning_right",
        en: "The head leans to a side. Please hold it upright.",
        zh: "头部歪斜，请保持端正。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(subject.pose.roll).in_area(subject.face_area()))
}
