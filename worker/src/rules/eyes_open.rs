//! Both eyes are open.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, IRISES, around};
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::pack::Role;

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
    needs: &[Role::Iris],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    if subject.face.points.len() <= IRISES[1] && subject.readings.eyes.is_none() {
        // The lids of the smaller mesh are too coarse to judge, and the limits for it are those of the closer look.
        return Err(NotAssessed::NoModel);
    }
    let [left, right] = [0, 1].map(|side| openness(subject, side));
    let (least, eye) = if left <= right { (left, EYES[0]) } else { (right, EYES[1]) };
    Ok(Measure::of(least).by_mesh_of(subject).in_area(around(subject, &eye, 0.4)))
}

/// Height over width of an eye: by the network for irises, which looks closer, where the mesh has none.
fn openness(subject: &Subject<'_>, side: usize) -> f32 {
    let [outer, upper, upper_too, inner, lower_too, lower] = EYES[side];
    let apart = |one: usize, other: usize| subject.point(one).distance(subject.point(other));
    let by_mesh =
        || (apart(upper, lower) + apart(upper_too, lower_too)) / (2.0 * apart(outer, inner)).max(f32::MIN_POSITIVE);
    subject.readings.eyes.as_ref().and_then(|eyes| eyes[side].openness).unwrap_or_else(by_mesh)
}
