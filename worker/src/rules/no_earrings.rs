//! No golden or bright yellow earrings are worn.

use super::{Advice, Measure, Measured, Rule, Scene, metal};
use crate::model::Area;
use crate::stage::portrait::FACE_PX;

/// The place under an ear, from the cheek's point: how far in, out and down, in widths of the face.
const INNER: f32 = 0.02;
const OUTER: f32 = 0.16;
const DOWN: f32 = 0.5;

pub(super) const RULE: Rule = Rule {
    id: "no_earrings",
    about: "Share of the places under the ears that is golden against what is round it. Silver, stones and pearls \
            are not seen.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "earrings",
        en: "Earrings are worn. Please take them off.",
        zh: "佩戴了耳饰，请取下耳环、耳钉等。",
    }),
    needs: &[],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let sides = [(subject.face.left_cheek, -1.0), (subject.face.right_cheek, 1.0)];
    let places = sides.map(|(cheek, outwards)| {
        let cheek = subject.portrait.at(cheek);
        let (inner, outer) = (cheek.x - INNER * outwards * FACE_PX, cheek.x + OUTER * outwards * FACE_PX);
        Area { left: inner.min(outer), top: cheek.y, width: (inner - outer).abs(), height: DOWN * FACE_PX }
    });
    let [left, right] = [metal::share(&subject.portrait, places[0])?, metal::share(&subject.portrait, places[1])?];
    let (most, place) = if left >= right { (left, places[0]) } else { (right, places[1]) };
    Ok(Measure::of(most).in_area(subject.portrait.to_photo(place)))
}
