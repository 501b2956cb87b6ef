//! The certificate picture needs no enlarging.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "enlarged",
    about: "How many times the face has to grow to the width that the standard aims at.",
    unit: "times",
    low: None,
    high: Some(Advice {
        code: "enlarged",
        en: "The photo has fewer pixels than the certificate picture. Please come closer or use a better camera.",
        zh: "照片像素低于证件照要求，请靠近一些或使用更高像素拍摄。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(scene.spec.placement.face_width_px.target / subject.face.face_width().max(1.0)))
}
