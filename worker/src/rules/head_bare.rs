//! Nothing is worn on the head.

use gradphoto_shared::check::NotAssessed;

use super::crown::Crown;
use super::{Advice, Measure, Measured, Rule, Scene, brim};
use crate::pack::Role;

/// Least pixels of the portrait that tell anything.
const LEAST: u32 = 800;

pub(super) const RULE: Rule = Rule {
    id: "head_bare",
    about: "Share of the head above the brows that is neither hair nor skin, or looks like cloth; where the photo cuts the crown, coarsely by what is shown of the forehead and has not the skin's colour.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "head_covered",
        en: "Something covers the head. Please take off hat, cap, hood or scarf.",
        zh: "头部有遮挡物，请摘下帽子、头巾等。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    if Crown::is_cut(subject) {
        return brim::measure(subject);
    }
    let crown = Crown::of(subject)?;
    let (mut all, mut covered) = (0_u32, 0_u32);
    for (column, row) in crown.pixels() {
        let [hair, skin, clothes] = subject.readings.masks.at(subject.portrait.of_pixel(column, row));
        all += 1;
        covered += u32::from(clothes == Some(true) || (hair != Some(true) && skin != Some(true)));
    }
    if all < LEAST {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(Measure::of(covered as f32 / all as f32).in_area(crown.area()))
}
