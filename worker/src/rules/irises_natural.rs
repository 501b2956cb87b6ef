//! Irises have their natural size: contact lenses with a coloured ring enlarge them.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "irises_natural",
    about: "Width of the irises over the distance between them: 11.7 mm over 63 mm in most adults.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "large_irises",
        en: "There may be coloured contact lenses. Please take them out.",
        zh: "疑似佩戴美瞳，请取下后重拍。",
    }),
    needs: &[Role::Iris],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let [left, right] = subject.readings.eyes.as_ref().ok_or(NotAssessed::NoModel)?;
    let width = |rim: &[crate::model::Point]| (rim[1].distance(rim[3]) + rim[2].distance(rim[4])) / 2.0;
    let apart = left.iris[0].distance(right.iris[0]).max(f32::MIN_POSITIVE);
    let ratio = (width(&left.iris) + width(&right.iris)) / 2.0 / apart;
    Ok(Measure::of(ratio).in_area(around(subject, &EYES.concat(), 0.1)))
}
