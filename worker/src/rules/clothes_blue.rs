//! Clothes are of no other blue either.

use gradphoto_shared::check::NotAssessed;

use super::clothes::background_hue;
use super::region::{hue, saturation};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// The blues on the colour wheel, in degrees.
const BLUES: std::ops::Range<f32> = 185.0..255.0;
/// Least saturation, and brightest level under which blue is navy, a usual colour of suits.
const SATURATION: f32 = 0.3;
const LEVEL: f32 = 90.0;

pub(super) const RULE: Rule = Rule {
    id: "clothes_blue",
    about: "Share of the clothes that is blue, navy left out, where the standard's background is blue.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "blue_clothes",
        en: "The clothes are blue, near to the background. Another colour gives a better picture.",
        zh: "衣服为蓝色，与背景相近，建议更换其他颜色。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["colour", "colour_cast"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    // Before another colour blue is as good as any.
    background_hue(scene.spec).filter(|hue| BLUES.contains(hue)).ok_or(NotAssessed::NotAsked)?;
    let clothes = scene.clothes()?;
    let blue = |colour: [f32; 3]| {
        colour[2] >= LEVEL && saturation(colour) >= SATURATION && BLUES.contains(&hue(colour))
    };
    Ok(Measure::of(clothes.share(blue)?).in_area(clothes.area))
}
