//! The eyes lie neither behind dark lenses nor in deep shade.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, EYES, around, median, patch, patches, quantile};
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::stage::brightness::brightness;

/// Skin round each eye, within the frame of glasses: under and over it, and beside both corners.
const ROUND_EYES: [usize; 8] = [23, 253, 27, 257, 130, 359, 243, 463];
/// Brows, lashes and a rim darken some of the places, dark lenses nearly all.
const BRIGHTER: f32 = 0.75;

pub(super) const RULE: Rule = Rule {
    id: "eyes_lit",
    about: "Brightness that a quarter of the places round the eyes exceed, over that of the cheeks.",
    unit: "ratio",
    low: Some(Advice {
        code: "eyes_shaded",
        en: "The eyes lie behind dark lenses or in deep shade. Please take sunglasses off and face the light.",
        zh: "眼部被深色镜片遮挡或处于阴影中，请摘下墨镜并面向光源。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(scene.eyes_lit()?).in_area(around(subject, &EYES.concat(), 0.3)))
}

/// Brightness round the eyes over that of the cheeks.
pub(super) fn lit(subject: &Subject<'_>) -> Result<f32, NotAssessed> {
    let places = ROUND_EYES.iter().filter_map(|&point| median(&patch(&subject.portrait, subject.point(point))));
    let round = quantile(places.map(brightness).collect(), BRIGHTER).ok_or(NotAssessed::NotInPicture)?;
    let cheeks = median(&patches(subject, &CHEEKS.concat())).map(brightness).ok_or(NotAssessed::NotInPicture)?;
    Ok(round / cheeks.max(1.0))
}
