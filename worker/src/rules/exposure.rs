//! The face is neither too dark nor too bright.

use gradphoto_shared::check::NotAssessed;

use super::region::quantile;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness::brightness;

pub(super) const RULE: Rule = Rule {
    id: "exposure",
    about: "Brightness under which nine tenths of the face lie.",
    unit: "levels",
    low: Some(Advice {
        code: "too_dark",
        en: "The face is too dark. Please take the photo in even, brighter light, facing it.",
        zh: "面部过暗，请在明亮均匀的光线下正对光源拍摄。",
    }),
    high: Some(Advice {
        code: "too_bright",
        en: "The face is too bright. Please avoid direct sun and flash.",
        zh: "面部过亮，请避免强光直射和闪光灯。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let levels = scene.face()?.iter().copied().map(brightness).collect();
    let level = quantile(levels, 0.9).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(level).in_area(scene.subject()?.face_area()))
}
