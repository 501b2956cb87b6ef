//! The photo was taken by the rear camera or by another person.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "front_camera",
    about: "Whether the file says that a front camera took it: 1 or 0.",
    unit: "yes_no",
    low: None,
    high: Some(Advice {
        code: "front_camera",
        en: "The photo was taken with the front camera. Please let somebody take it with the rear camera.",
        zh: "照片由前置摄像头拍摄，请由他人使用后置摄像头拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let lens = scene.file.lens.as_deref().ok_or(NotAssessed::NotInFile)?;
    Ok(Measure::of(f32::from(u8::from(lens.to_lowercase().contains("front")))))
}
