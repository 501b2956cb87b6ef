//! The photo is in colour.

use gradphoto_shared::check::NotAssessed;

use super::region::{chroma, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "colour",
    about: "Largest less smallest level of red, green and blue, in the middle of the face.",
    unit: "levels",
    low: Some(Advice {
        code: "greyscale",
        en: "The photo is black and white. Please upload a colour photo.",
        zh: "照片为黑白，请上传彩色照片。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let levels = scene.face()?.iter().copied().map(chroma).collect();
    Ok(Measure::of(quantile(levels, 0.5).ok_or(NotAssessed::NotInPicture)?))
}
