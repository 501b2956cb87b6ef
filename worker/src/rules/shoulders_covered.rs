//! Shoulders are covered by clothes.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, median, patches, saturation};
use super::{Advice, Measured, Rule, Scene};
use crate::pack::Role;

/// Where shoulders are: under the chin and beside the middle of the face, in its widths.
const UNDER: std::ops::Range<f32> = 0.3..1.0;
const BESIDE: std::ops::Range<f32> = 0.35..1.0;
/// Least pixels of the portrait that tell anything.
const LEAST: usize = 2000;

/// Skin has at least this share of the saturation of the cheeks; white and grey cloth, which the mask takes for skin too,
/// has less.
const COLOUR_SHARE: f32 = 0.5;

pub(super) const RULE: Rule = Rule {
    id: "shoulders_covered",
    about: "Share of the shoulders that is skin, by the masks and by its colour.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "bare_shoulders",
        en: "The shoulders may be bare. Please wear clothes with sleeves and a collar.",
        zh: "肩部疑似裸露，请穿有袖有领的衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let cheeks = median(&patches(subject, CHEEKS.as_flattened())).map(saturation).ok_or(NotAssessed::NotInPicture)?;
    let is_skin = |[hair, skin, _]: [Option<bool>; 3], colour| {
        skin == Some(true) && hair != Some(true) && saturation(colour) >= COLOUR_SHARE * cheeks
    };
    subject.share_under_chin(UNDER, BESIDE, LEAST, is_skin)
}
