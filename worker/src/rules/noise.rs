//! The face is not grainy.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "noise",
    about: "Standard deviation of noise in the face.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "noisy",
        en: "The picture is grainy. Please take the photo in brighter light.",
        zh: "画面噪点过多，请在更明亮的光线下拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let noise = scene.detail()?.noise();
    Ok(Measure::of(noise).in_area(scene.subject()?.face_area()))
}
