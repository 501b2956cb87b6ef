//! The face is sharp.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "blur",
    about: "Share of the steps between pixels of the face that a further blur takes away, in the blurrier direction: little is left to take of a blurred face.",
    unit: "share",
    low: Some(Advice {
        code: "blurred",
        en: "The face is not sharp. Please hold still, focus on the face and clean the lens.",
        zh: "面部模糊，请保持稳定、对焦面部并擦净镜头。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let sharpness = scene.detail()?.sharpness();
    Ok(Measure::of(sharpness).in_area(scene.subject()?.face_area()))
}
