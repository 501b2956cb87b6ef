//! Shoulders are covered by clothes.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// Where shoulders are: under the chin and beside the middle of the face, in its widths.
const UNDER: std::ops::Range<f32> = 0.3..1.0;
const BESIDE: std::ops::Range<f32> = 0.35..1.0;
/// Least pixels of the portrait that tell anything.
const LEAST: usize = 2000;

pub(super) const RULE: Rule = Rule {
    id: "shoulders_covered",
    about: "Share of the shoulders that is skin. Pale cloth is often taken for skin, so only most of them counts.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "bare_shoulders",
        en: "The shoulders may be bare. Please wear clothes with sleeves and a collar.",
        zh: "肩部疑似裸露，请穿有袖有领的衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let is_skin = |[hair, skin, _]: [Option<bool>; 3]| skin == Some(true) && hair != Some(true);
    scene.subject()?.share_under_chin(UNDER, BESIDE, LEAST, is_skin).map(Measure::of)
}
