//! No coloured thing is in the hair.

use gradphoto_shared::check::NotAssessed;

use super::crown::Crown;
use super::region::{chroma, colour};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// Largest less smallest level from which a pixel is brightly coloured: past dyed brown and blond hair.
const COLOURED: f32 = 110.0;
/// Least pixels of the portrait that tell anything.
const LEAST: u32 = 800;

pub(super) const RULE: Rule = Rule {
    id: "no_hair_ornament",
    about: "Share of the head above the brows that is brightly coloured and no skin.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "hair_ornament",
        en: "There may be an ornament in the hair. Please take off bows, bands and clips.",
        zh: "头发上疑似有发饰，请取下发夹、发带等饰物。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let crown = Crown::of(subject)?;
    let (mut all, mut bright) = (0_u32, 0_u32);
    for (column, row) in crown.pixels() {
        let [_, skin, _] = subject.readings.masks.at(subject.portrait.of_pixel(column, row));
        let level = chroma(colour(subject.portrait.pixels.get_pixel(column, row)));
        all += 1;
        bright += u32::from(level > COLOURED && skin != Some(true));
    }
    if all < LEAST {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(Measure::of(bright as f32 / all as f32).in_area(crown.area()))
}
