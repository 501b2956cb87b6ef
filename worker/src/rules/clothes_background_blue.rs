//! Clothes do not melt into the blue background.

use gradphoto_shared::check::NotAssessed;

use super::clothes::background_hue;
use super::region::{hue, saturation};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// How far in degrees on the colour wheel the background's neighbours reach: cloth of the official blue lies
/// within 2 of it, a plain blue 10 and more away.
const NEAR: f32 = 7.0;
/// Least saturation and brightest level of cloth that the background swallows: paler is white, darker navy.
const SATURATION: f32 = 0.2;
const LEVEL: f32 = 120.0;

pub(super) const RULE: Rule = Rule {
    id: "clothes_background_blue",
    about: "Share of the clothes whose colour is that of the standard's background.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "background_blue_clothes",
        en: "The clothes have the colour of the background. Please wear another colour.",
        zh: "衣服颜色与背景色相近，请更换其他颜色的衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["colour", "colour_cast"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    // Before white or grey there is no hue to share; `clothes_outline` looks there.
    let wanted = background_hue(scene.spec).ok_or(NotAssessed::NotAsked)?;
    let clothes = scene.clothes()?;
    let same = |colour: [f32; 3]| {
        let level = colour.into_iter().fold(0.0, f32::max);
        let apart = (hue(colour) - wanted).abs();
        level >= LEVEL && saturation(colour) >= SATURATION && apart.min(360.0 - apart) <= NEAR
    };
    Ok(Measure::of(clothes.share(same)?).in_area(clothes.area))
}
