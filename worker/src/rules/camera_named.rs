//! The file says which camera took it.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "camera_named",
    about: "Whether the file names the camera that took it, by maker or model: 1 or 0.",
    unit: "yes_no",
    low: Some(Advice {
        code: "camera_unnamed",
        en: "The file does not say which camera took it. Please upload the photo as the camera took it.",
        zh: "文件中没有相机信息，请上传相机直接拍摄的原照片。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let is_named = scene.file.make.is_some() || scene.file.model.is_some();
    Ok(Measure::of(f32::from(u8::from(is_named))))
}
