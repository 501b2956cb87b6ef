//! Both ears can be seen.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "both_ears_visible",
    about: "Share of the place of the ear that shows less which is bare skin.",
    unit: "share",
    low: Some(Advice {
        code: "ear_hidden",
        en: "An ear is covered. Please put the hair behind the ears and face the camera.",
        zh: "有一侧耳朵被遮挡，请将头发别到耳后并正对镜头。",
    }),
    high: None,
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["compression", "blur", "light_from_both_sides"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.readings.masks.are_whole()?;
    let [left_place, right_place] = subject.ears();
    let ears = subject.readings.bare_ears;
    let (left, right) = ears.left.zip(ears.right).ok_or(NotAssessed::NotInPicture)?;
    Ok(if left <= right { Measure::of(left).in_area(left_place) } else { Measure::of(right).in_area(right_place) })
}
