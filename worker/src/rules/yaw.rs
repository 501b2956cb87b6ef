//! The head is not turned to a side.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "yaw",
    about: "How far the head is turned; positive to the right of the picture.",
    unit: "degrees",
    low: Some(Advice {
        code: "turned_left",
        en: "The head is turned. Please look straight into the camera.",
        zh: "头部偏转，请正对镜头。",
    }),
    high: Some(Advice {
        code: "turned_right",
        en: "The head is turned. Please look straight into the camera.",
        zh: "头部偏转，请正对镜头。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(subject.pose.yaw).in_area(subject.face_area()))
}
