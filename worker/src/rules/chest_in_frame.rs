//! Shoulders and chest are in the picture, as far down as the certificate shows.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "chest_in_frame",
    about: "Height of the photo under the eyes, over the width of the face.",
    unit: "face_widths",
    low: Some(Advice {
        code: "chest_cut_off",
        en: "The shoulders and chest are not fully in the picture. Please step back a little.",
        zh: "肩部和胸部不完整，请稍微后退再拍。",
    }),
    high: None,
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let below = scene.view.size.1 as f32 - subject.face.eyes.y;
    Ok(Measure::of(below / subject.face.face_width()))
}
