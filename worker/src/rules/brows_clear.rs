//! No hair hangs over a brow.

use gradphoto_shared::check::NotAssessed;

use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::measure::hair::{LEFT_BROW, RIGHT_BROW};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "brows_clear",
    about: "Share of the brow that is more covered which is hair of the head.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "brow_covered",
        en: "Hair hangs over a brow. Please comb it aside so that both brows can be seen.",
        zh: "头发遮挡眉毛，请将头发梳开，露出双眉。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.know_hair()?;
    let brows = subject.readings.hair_over_brows;
    let most = brows.most().ok_or(NotAssessed::NotInPicture)?;
    let brow = if brows.left == Some(most) { &LEFT_BROW } else { &RIGHT_BROW };
    Ok(Measure::of(most).in_area(around(subject, brow, 0.1)))
}
