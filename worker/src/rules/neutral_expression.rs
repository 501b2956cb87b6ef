//! The face is at rest.

use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "neutral_expression",
    about: "Width of the mouth over the distance between the outer corners of the eyes: a smile widens it.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "smiling",
        en: "The face smiles or moves. Please keep a calm, natural look.",
        zh: "表情不够自然平静，请保持自然表情。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let mouth = subject.point(61).distance(subject.point(291));
    let eyes = subject.point(33).distance(subject.point(263)).max(f32::MIN_POSITIVE);
    Ok(Measure::of(mouth / eyes).in_area(around(subject, &[61, 0, 291, 17], 0.2)))
}
