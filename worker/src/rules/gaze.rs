//! The eyes look into the camera.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around};
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::model::Point;
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "gaze",
    about: "How far both irises stand from the middle of the eyes, together, over the width of an eye.",
    unit: "eye_widths",
    low: None,
    high: Some(Advice {
        code: "looking_away",
        en: "The eyes look to a side. Please look into the camera.",
        zh: "视线偏离，请注视镜头。",
    }),
    needs: &[Role::Iris],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let eyes = subject.readings.eyes.as_ref().ok_or(NotAssessed::NoModel)?;
    let [left, right] = [0, 1].map(|eye| aside(subject, EYES[eye], eyes[eye].iris[0]));
    let [left_eye, right_eye] = EYES;
    let both = ((left + right) / 2.0).abs();
    Ok(Measure::of(both).by_mesh_of(subject).in_area(around(subject, &[left_eye, right_eye].concat(), 0.1)))
}

/// How far an iris stands from the middle of its eye to the right of the picture, over the eye's width.
fn aside(subject: &Subject<'_>, [left, .., right, _, _]: [usize; 6], iris: Point) -> f32 {
    let (left, right) = (subject.point(left), subject.point(right));
    let (across, down) = (right.x - left.x, right.y - left.y);
    let along = (iris.x - left.x) * across + (iris.y - left.y) * down;
    along / (across * across + down * down).max(f32::MIN_POSITIVE) - 0.5
}
