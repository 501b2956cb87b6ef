//! No golden necklace is worn.

use super::{Advice, Measure, Measured, Rule, Scene, metal};
use crate::model::Area;
use crate::stage::portrait::FACE_PX;

/// Where the neck is, under the chin and beside it, in widths of the face.
const UNDER: std::ops::Range<f32> = 0.1..0.62;
const BESIDE: f32 = 0.33;

pub(super) const RULE: Rule = Rule {
    id: "no_necklace",
    about: "Share of the neck that is golden against what is round it. Silver and stones are not seen.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "necklace", en: "A necklace is worn. Please take it off.", zh: "佩戴了项链，请取下。"
    }),
    needs: &[],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let chin = subject.portrait.at(subject.face.chin);
    let place = Area {
        left: chin.x - BESIDE * FACE_PX,
        top: chin.y + UNDER.start * FACE_PX,
        width: 2.0 * BESIDE * FACE_PX,
        height: (UNDER.end - UNDER.start) * FACE_PX,
    };
    Ok(Measure::of(metal::share(&subject.portrait, place)?).in_area(subject.portrait.to_photo(place)))
}
