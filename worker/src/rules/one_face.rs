//! There is one face, and only one.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "one_face",
    about: "Faces that are large enough to count.",
    unit: "faces",
    low: Some(Advice {
        code: "no_face",
        en: "No face was found. Please face the camera in good light.",
        zh: "未检测到人脸，请正对镜头并保证光线充足。",
    }),
    high: Some(Advice {
        code: "several_faces",
        en: "More than one face was found. Please take the photo alone.",
        zh: "检测到多张人脸，请单人拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let Some(subject) = &scene.subject else { return Ok(Measure::of(0.0)) };
    Ok(Measure::of(1.0 + subject.others.len() as f32).in_area(subject.others.first().copied()))
}
