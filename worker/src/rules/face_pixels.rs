//! The face has pixels enough to be compared with a living person.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "face_pixels",
    about: "Cheek to cheek in the photo.",
    unit: "pixels",
    low: Some(Advice {
        code: "face_too_small",
        en: "The face is too small. Please come closer or use the rear camera.",
        zh: "人脸过小，请靠近一些或使用后置摄像头拍摄。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(subject.face.face_width()).in_area(subject.face_area()))
}
