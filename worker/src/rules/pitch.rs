//! The head is neither raised nor lowered.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "pitch",
    about: "How far the head is raised; negative when lowered.",
    unit: "degrees",
    low: Some(Advice {
        code: "head_lowered",
        en: "The head is lowered. Please raise the chin a little and hold the camera at eye level.",
        zh: "头部过低，请略抬下巴，镜头与眼睛保持同高。",
    }),
    high: Some(Advice {
        code: "head_raised",
        en: "The head is raised. Please lower the chin a little and hold the camera at eye level.",
        zh: "头部过仰，请略收下巴，镜头与眼睛保持同高。",
    }),
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(subject.pose.pitch).in_area(subject.face_area()))
}
