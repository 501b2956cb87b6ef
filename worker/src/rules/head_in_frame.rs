//! The whole head with its hair is in the picture.

use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::outcome::ReasonCode;

use super::{Advice, Measure, Measured, Rule, Scene};

/// An ear's width over the face's: the least of 98 ears on 49 hand-marked portraits.
const EAR_SHARE: f32 = 0.06;

pub(super) const RULE: Rule = Rule {
    id: "head_in_frame",
    about: "Free space over the hair, or beside the nearer cheek less an ear, whichever is less; over the width of the face.",
    unit: "face_widths",
    low: Some(Advice {
        code: "head_cut_off",
        en: "The head is cut off. Please keep the whole head and some space above it in the picture.",
        zh: "头部不完整，请将整个头部拍入画面并在上方留出空间。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let face = subject.face;
    let over = match subject.outline {
        Ok(outline) => outline.hair_top,
        Err(ReasonCode::HeadCutOff) => 0.0,
        Err(_) => return Err(NotAssessed::NotInPicture),
    };
    let (left, right) = (face.left_cheek.x.min(face.right_cheek.x), face.left_cheek.x.max(face.right_cheek.x));
    let beside = left.min(scene.view.size.0 as f32 - right) - EAR_SHARE * face.face_width();
    Ok(Measure::of(over.min(beside) / face.face_width()).in_area(subject.face_area()))
}
