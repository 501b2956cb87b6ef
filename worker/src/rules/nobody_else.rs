//! No other person, hand or limb is beside the subject.

use super::{Advice, Measure, Measured, Rule, Scene};

/// Alpha from which the matte is sure of a person.
const SURE: f32 = 0.8;

pub(super) const RULE: Rule = Rule {
    id: "nobody_else",
    about: "Pixels that are surely a person but do not hang together with the subject, as a share of the portrait.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "other_person",
        en: "Somebody else is in the picture. Please take the photo alone, in front of a plain wall.",
        zh: "画面中有其他人或肢体，请单人在纯色背景前拍摄。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let own = subject.alpha()?;
    let others = subject.portrait.people.values.iter().zip(&own.values);
    let count = others.filter(|(people, own)| **people > SURE && **own <= 0.0).count();
    Ok(Measure::of(count as f32 / own.values.len() as f32))
}
