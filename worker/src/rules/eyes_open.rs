//! Both eyes are open.

use super::region::{EYES, around};
use super::{Advice, Measure, Measured, Rule, Scene};
use super::Subject;

pub(super) const RULE: Rule = Rule {
    id: "eyes_open",
    about: "Height over width of the eye that is open less.",
    unit: "ratio",
    low: Some(Advice {
        code: "eyes_closed",
        en: "An eye is closed or half closed. Please open both eyes and look into the camera.",
        zh: "眼睛未睁开，请睁大双眼看向镜头。",
    }),
    high: None,
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let [left, right] = EYES.map(|eye| openness(subject, eye));
    let (least, eye) = if left <= right { (left, EYES[0]) } else { (right, EYES[1]) };
    Ok(Measure::of(least).by_mesh_of(subject).in_area(around(subject, &eye, 0.4)))
}

fn openness(subject: &Subject<'_>, [outer, upper, upper_too, inner, lower_too, lower]: [usize; 6]) -> f32 {
    let apart = |one: usize, other: usize| subject.point(one).distance(subject.point(other));
    (apart(upper, lower) + apart(upper_too, lower_too)) / (2.0 * apart(outer, inner)).max(f32::MIN_POSITIVE)
}
