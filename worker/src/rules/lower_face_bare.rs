//! Mouth and chin are skin, as the network for skin sees it.

use gradphoto_shared::check::NotAssessed;

use super::region::around;
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::pack::Role;

/// Lower cheeks, under the nose, the lips and the chin.
const PLACES: [usize; 8] = [205, 425, 164, 18, 199, 200, 13, 14];

pub(super) const RULE: Rule = Rule {
    id: "lower_face_bare",
    about: "Share of the places round the mouth that are skin.",
    unit: "share",
    low: Some(Advice {
        code: "mouth_covered",
        en: "Something covers mouth or chin. Please take off the mask and keep hands and cloth away from the face.",
        zh: "口部或下巴被遮挡，请摘下口罩，并移开手和衣物。",
    }),
    high: None,
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["compression"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(share(subject)?).in_area(around(subject, &PLACES, 0.1)))
}

/// Share of the places that are skin.
pub(super) fn share(subject: &Subject<'_>) -> Result<f32, NotAssessed> {
    subject.readings.masks.are_whole()?;
    let seen: Vec<bool> =
        PLACES.iter().filter_map(|&place| subject.readings.masks.at(subject.point(place))[1]).collect();
    if seen.len() < PLACES.len() {
        return Err(NotAssessed::NotInPicture);
    }
    let skin = seen.iter().filter(|is_skin| **is_skin).count();
    Ok(skin as f32 / seen.len() as f32)
}
