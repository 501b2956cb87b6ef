//! The certificate picture needs no enlarging.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "enlarged",
    about: "How many times the face has to grow to the width that the standard aims at.",
    unit: "times",
    low: None,
    high: Some(Advice {
        code: "enlarged",
        en: "The face is too small in the photo: it has too few pixels. Please come closer or use a better camera.",
        zh: "人脸在照片中过小，像素不足，请靠近一些或使用更高像素拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(scene.spec.placement.face_width_px.target / subject.face.face_width().max(1.0)))
}
