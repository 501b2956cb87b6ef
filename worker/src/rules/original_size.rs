//! The file has the size that the camera wrote.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "original_size",
    about: "Pixels of the picture over those that its camera wrote into the file.",
    unit: "ratio",
    low: Some(Advice {
        code: "resized_file",
        en: "The photo was made smaller or cut after it was taken. Please upload the original file.",
        zh: "照片被缩小或裁剪过，请上传原始文件。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let pixels = |(width, height): (u32, u32)| f64::from(width) * f64::from(height);
    let written = scene.file.written_size.map(pixels).filter(|&written| written > 0.0).ok_or(NotAssessed::NotInFile)?;
    Ok(Measure::of((pixels(scene.file.size) / written) as f32))
}
