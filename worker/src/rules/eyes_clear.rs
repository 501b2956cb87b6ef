//! No hair hangs over an eye.

use gradphoto_shared::check::NotAssessed;

use super::region::EYES;
use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "eyes_clear",
    about: "Share of the eye that is more covered which is hair.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "eye_covered",
        en: "Hair hangs over an eye. Please comb it aside so that both eyes can be seen.",
        zh: "头发遮挡眼睛，请将头发梳开，露出双眼。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.know_hair()?;
    let eyes = subject.readings.hair_over_eyes;
    let most = eyes.most().ok_or(NotAssessed::NotInPicture)?;
    let eye = if eyes.left == Some(most) { &EYES[0] } else { &EYES[1] };
    Ok(Measure::of(most).in_area(around(subject, eye, 0.2)))
}
