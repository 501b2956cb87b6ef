//! The forehead can be seen.

use gradphoto_shared::check::NotAssessed;

use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::measure::hair::FOREHEAD;
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "forehead_bare",
    about: "Share of the forehead that is free of hair.",
    unit: "share",
    low: Some(Advice {
        code: "forehead_covered",
        en: "Hair covers the forehead. Please comb it back so that the forehead can be seen.",
        zh: "头发遮挡额头，请将头发向后梳，露出额头。",
    }),
    high: None,
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.know_hair()?;
    let bare = subject.readings.bare_forehead.ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(bare).in_area(around(subject, &FOREHEAD, 0.0)))
}
