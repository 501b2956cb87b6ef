//! No sunglasses are worn.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// Brightness round the eyes, over that of the cheeks, past which no dark lenses are worn, whatever the network takes a
/// fringe or lashes for: sunglasses reach 0.68 (derived, real and LFW, 19). Blurred web crops of East Asians without
/// glasses that the network takes for such have more, 26 of 32.
const LIT: f32 = 0.75;

pub(super) const RULE: Rule = Rule {
    id: "no_sunglasses",
    about: "How surely sunglasses are worn, as a logit: 0 is even, and the most where the skin round the eyes is no darker than the cheeks.",
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
    let worn = if scene.eyes_lit().is_ok_and(|lit| lit > LIT) { worn.min(0.0) } else { worn };
    Ok(Measure::of(worn).in_area(around(subject, &EYES.concat(), 0.3)))
}
