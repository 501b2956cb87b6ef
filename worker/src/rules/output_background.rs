//! The background of the certificate picture is the standard's colour.

use gradphoto_shared::check::NotAssessed;

use super::region::{colour, distance};
use super::{Advice, Measure, Measured, Rule, Scene};

/// Pixels of the border in which nobody stands, and the height down to which: above the lowest shoulders.
const BAND_PX: u32 = 8;
const DOWN_SHARE: f32 = 0.3;

pub(super) const RULE: Rule = Rule {
    id: "output_background",
    about: "Largest distance of its border beside and above the head to that colour.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "background_not_clean",
        en: "The background of the certificate picture is not clean. Please take the photo in front of a plain wall.",
        zh: "证件照背景不干净，请在纯色背景前重拍。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let picture = scene.output.as_ref().ok_or(NotAssessed::NoOutput)?;
    let wanted = scene.spec.picture.background.map(f32::from);
    let (width, height) = picture.dimensions();
    let down = (height as f32 * DOWN_SHARE) as u32;
    let beside = |x: u32, y: u32| y < BAND_PX || (y < down && (x < BAND_PX || x >= width - BAND_PX));
    let border = picture.enumerate_pixels().filter(|&(x, y, _)| beside(x, y));
    Ok(Measure::of(border.map(|(.., pixel)| distance(colour(pixel), wanted)).fold(0.0, f32::max)))
}
