//! Nothing covers mouth and chin.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, Colour, around, median, patches};
use super::{Advice, Measure, Measured, Rule, Scene};

/// Round the mouth: between nose and lips, beside the corners of the mouth, and on the chin.
const PLACES: [usize; 5] = [164, 57, 287, 199, 18];
/// The upper cheeks and the bridge of the nose.
const FACE: [usize; 5] = [50, 280, 117, 346, 6];

pub(super) const RULE: Rule = Rule {
    id: "face_uncovered",
    about: "How far the colour round the mouth is from that of the cheeks, brightness left out.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "face_covered",
        en: "Something covers the face. Please take off the mask and keep hands and hair away from the face.",
        zh: "面部有遮挡，请摘下口罩，手和头发不要遮挡面部。",
    }),
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let bare = median(&patches(subject, &FACE)).ok_or(NotAssessed::NotInPicture)?;
    let apart = |place: usize| median(&patches(subject, &[place])).map(|colour| tint_apart(colour, bare));
    let farthest = PLACES.iter().filter_map(|&place| apart(place)).fold(0.0, f32::max);
    let [left, right] = CHEEKS;
    Ok(Measure::of(farthest).in_area(around(subject, &[&left[..], &right[..], &[152]].concat(), 0.0)))
}

/// Distance of two tints: differences of red and of blue to green.
fn tint_apart(one: Colour, other: Colour) -> f32 {
    let tint = |[red, green, blue]: Colour| [red - green, blue - green];
    let ([red, blue], [other_red, other_blue]) = (tint(one), tint(other));
    (red - other_red).hypot(blue - other_blue)
}
