//! The background of the certificate picture is the standard's colour.

use gradphoto_shared::check::NotAssessed;

use super::region::{colour, distance};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::Area;

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
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let output = scene.output.as_ref().ok_or(NotAssessed::NoOutput)?;
    let picture = &output.picture;
    let wanted = scene.spec.picture.background.map(f32::from);
    let (width, height) = picture.dimensions();
    let down = (height as f32 * DOWN_SHARE) as u32;
    let band = BAND_PX.min(width).min(height);
    let sides = [(0..band, 0..down), (width - band..width, 0..down), (0..width, 0..band)];
    let apart = |x: u32, y: u32| distance(colour(picture.get_pixel(x, y)), wanted);
    let worst = sides.into_iter().map(|(columns, rows)| {
        let pixels = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
        let most = pixels.clone().map(|(x, y)| apart(x, y)).fold(0.0, f32::max);
        // What lies there rarely is one pixel: all that is nearly as far off is part of it.
        let place = |(x, y): (u32, u32)| Area { left: x as f32, top: y as f32, width: 1.0, height: 1.0 };
        let far = pixels.filter(|&(x, y)| apart(x, y) > most / 2.0).map(place);
        (most, far.reduce(|one, other| one.with(&other)))
    });
    let (most, place) = worst.max_by(|one, other| one.0.total_cmp(&other.0)).ok_or(NotAssessed::NoOutput)?;
    Ok(Measure::of(most).in_area(place.map(|place| output.to_photo(place))))
}
