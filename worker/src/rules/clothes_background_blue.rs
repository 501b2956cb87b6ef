//! Clothes do not melt into the blue background.

use super::clothes::Clothes;
use super::region::{chroma, hue, saturation};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// How far in degrees on the colour wheel the background's neighbours reach: cloth of the official blue lies
/// within 2 of it, a plain blue 10 and more away.
const NEAR: f32 = 7.0;
/// Least saturation and brightest level of cloth that the background swallows: paler is white, darker navy.
const SATURATION: f32 = 0.2;
const LEVEL: f32 = 120.0;
/// Chroma under which a background has no hue that clothes could share.
const GREY: f32 = 20.0;

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
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let clothes = Clothes::of(scene.subject()?);
    let wanted = scene.spec.picture.background.map(f32::from);
    let same = |colour: [f32; 3]| {
        let apart = (hue(colour) - hue(wanted)).abs();
        let level = colour.into_iter().fold(0.0, f32::max);
        chroma(wanted) >= GREY
            && apart.min(360.0 - apart) <= NEAR
            && saturation(colour) >= SATURATION
            && level >= LEVEL
    };
    Ok(Measure::of(clothes.share(same)?).in_area(clothes.area()))
}
