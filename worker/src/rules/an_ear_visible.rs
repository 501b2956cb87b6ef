//! At least one ear can be seen.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "an_ear_visible",
    about: "Share of the place of the ear that shows more which is bare skin.",
    unit: "share",
    low: Some(Advice {
        code: "ears_hidden",
        en: "Both ears are covered. Please put the hair behind the ears.",
        zh: "双耳被遮挡，请将头发别到耳后，露出双耳。",
    }),
    high: None,
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["compression", "blur", "light_from_both_sides"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let masks = &subject.readings.masks;
    masks.are_whole()?;
    let [left, right] = subject.ears();
    let most = subject.readings.bare_ears.most().ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(most).in_area(left.with(&right)))
}
