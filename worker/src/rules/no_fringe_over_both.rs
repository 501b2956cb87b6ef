//! No fringe hangs over both brows.

use gradphoto_shared::check::NotAssessed;

use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::measure::hair::{LEFT_BROW, RIGHT_BROW};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "no_fringe_over_both",
    about: "Share of the brow that is less covered which is hair of the head.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "brows_covered",
        en: "A fringe hangs over both brows. Please pin it up so that both brows can be seen.",
        zh: "刘海遮挡双眉，请将刘海夹起，露出双眉。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.know_hair()?;
    let brows = subject.readings.hair_over_brows;
    let (left, right) = brows.left.zip(brows.right).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(left.min(right)).in_area(around(subject, &[LEFT_BROW, RIGHT_BROW].concat(), 0.1)))
}
