//! No sunglasses are worn.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "no_sunglasses",
    about: "How surely sunglasses are worn, as a logit: 0 is even.",
    unit: "logit",
    low: None,
    high: Some(Advice {
        code: "sunglasses",
        en: "Sunglasses are worn. Please take them off.",
        zh: "佩戴了墨镜，请摘下墨镜。",
    }),
    needs: &[Role::Sunglasses],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let worn = subject.readings.glasses.dark.ok_or(NotAssessed::NoModel)?;
    Ok(Measure::of(worn).in_area(around(subject, &EYES.concat(), 0.3)))
}
