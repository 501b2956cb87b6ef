//! Nothing covers mouth and chin, by their colour.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, Colour, around, balance, distance, median, patches};
use super::{Advice, Measure, Measured, Rule, Scene, lower_face_bare};

/// Over the whole lower half: lower cheeks, beside and under the nose, and round the mouth down to the chin. More than
/// half of them must differ, so lips, a beard or a shadow alone do not count.
const PLACES: [usize; 8] = [205, 425, 164, 18, 199, 200, 186, 410];
const LEAST: usize = 5;
/// Between the brows and over them; and the bridge of the nose with the inner ends of the eyes.
const FOREHEAD: [usize; 5] = [9, 8, 107, 336, 151];
const BRIDGE: [usize; 4] = [168, 6, 122, 351];

pub(super) const RULE: Rule = Rule {
    id: "face_uncovered",
    about: "Distance of the lower half of the face from the forehead or the bridge of the nose, whichever it is \
            nearer to, in colour without brightness; 0 where the networks see nothing but skin there.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "face_covered",
        en: "Something covers the face. Please take off the mask and keep hands and hair away from the face.",
        zh: "面部有遮挡，请摘下口罩，手和头发不要遮挡面部。",
    }),
    needs: &[],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    // A beard has another colour than the forehead, and networks tell it from a mask.
    if lower_face_bare::share(subject).is_ok_and(|bare| bare >= 1.0) {
        return Ok(Measure::of(0.0));
    }
    let tint = |points: &[usize]| median(&patches(subject, points)).map(balance);
    let places: Vec<Colour> = PLACES.iter().filter_map(|&place| tint(&[place])).collect();
    if places.len() < LEAST {
        return Err(NotAssessed::NotInPicture);
    }
    // A fringe hides the one, glasses the other.
    let apart = [tint(&FOREHEAD), tint(&BRIDGE)]
        .into_iter()
        .flatten()
        .filter_map(|bare| super::region::quantile(places.iter().map(|&place| distance(place, bare)).collect(), 0.5));
    let nearest = apart.reduce(f32::min).ok_or(NotAssessed::NotInPicture)?;
    let [left, right] = CHEEKS;
    Ok(Measure::of(nearest).in_area(around(subject, &[&left[..], &right[..], &[152]].concat(), 0.0)))
}
