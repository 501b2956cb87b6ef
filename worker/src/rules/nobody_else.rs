//! No other person, hand or limb is beside the subject.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::component;

/// Alpha from which the matte is sure of a person.
const SURE: f32 = 0.8;

pub(super) const RULE: Rule = Rule {
    id: "nobody_else",
    about: "Pixels that are surely a person but do not hang together with the subject, as a share of the portrait as far \
            as it shows the photo.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "other_person",
        en: "Somebody else is in the picture. Please take the photo alone, in front of a plain wall.",
        zh: "画面中有其他人或肢体，请单人在纯色背景前拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let looked = scene.subject()?.looked;
    let own = looked.subject.as_ref().ok_or(NotAssessed::NotInPicture)?;
    let is_other = |pixel: usize| looked.people.values[pixel] > SURE && own.values[pixel] <= 0.0 && looked.shows(pixel);
    let (mut shown, mut others) = (0_usize, 0_usize);
    for pixel in 0..own.values.len() {
        shown += usize::from(looked.shows(pixel));
        others += usize::from(is_other(pixel));
    }
    let largest = component::largest(own, is_other);
    let place = largest.map(|region| looked.to_photo(region.area));
    Ok(Measure::of(others as f32 / shown.max(1) as f32).in_area(place))
}
