//! Both shoulders are in the picture, as far as the certificate shows.

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "beside_in_frame",
    about: "Width of the photo from the middle of the face to its nearer side, over the width of the face.",
    unit: "face_widths",
    low: Some(Advice {
        code: "off_centre",
        en: "The person stands too near to the side of the picture. Please stand in the middle.",
        zh: "人像偏离画面中央，请站在画面中间。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let centre = subject.face.centre_x();
    let nearer = centre.min(scene.view.size.0 as f32 - centre);
    Ok(Measure::of(nearer / subject.face.face_width()).in_area(subject.face_area()))
}
