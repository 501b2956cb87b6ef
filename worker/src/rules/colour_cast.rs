//! Skin has the colour of skin.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, GREY, chroma, median, patches};
use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "colour_cast",
    about: "Red less blue over their sum, in the cheeks.",
    unit: "ratio",
    low: Some(Advice {
        code: "colour_cast",
        en: "The colours of the photo are off. Please use plain white light and no filter.",
        zh: "照片偏色，请在自然白光下拍摄且不要使用滤镜。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let colour = median(&patches(subject, &CHEEKS.concat())).ok_or(NotAssessed::NotInPicture)?;
    if chroma(colour) < GREY {
        return Err(NotAssessed::NotInPicture);
    }
    let [red, _, blue] = colour;
    Ok(Measure::of((red - blue) / (red + blue).max(1.0)).in_area(subject.face_area()))
}
