//! Both shoulders are at one height.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::plane::Plane;
use crate::stage::portrait::{FACE_PX, Portrait};

/// Where shoulders are looked at, in face widths from the middle: outside the neck and its collar, inside
/// the arms.
const FROM: f32 = 0.62;
const TO: f32 = 0.9;
/// Alpha from which a pixel counts as person.
const PERSON: f32 = 0.5;

pub(super) const RULE: Rule = Rule {
    id: "shoulders_level",
    about: "Slope of the line over both shoulders.",
    unit: "degrees",
    low: None,
    high: Some(Advice {
        code: "shoulders_uneven",
        en: "One shoulder is higher than the other. Please stand or sit straight.",
        zh: "双肩不平，请端正站立或坐正。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let (portrait, alpha) = (&subject.portrait, subject.alpha()?);
    let centre = portrait.at(subject.face.chin);
    let side = |sign: f32| shoulder(portrait, alpha, (centre.x, centre.y), sign).ok_or(NotAssessed::NotInPicture);
    let (left, right) = (side(-1.0)?, side(1.0)?);
    Ok(Measure::of(((right - left) / ((FROM + TO) * FACE_PX)).atan().to_degrees().abs()))
}

/// Mean height of the shoulder on a side, under the chin; `None` where the picture does not show it.
fn shoulder(portrait: &Portrait, alpha: &Plane, (centre, chin): (f32, f32), sign: f32) -> Option<f32> {
    let (first, last) = ((FROM * FACE_PX) as u32, (TO * FACE_PX) as u32);
    let mut heights = Vec::new();
    for step in (first..last).step_by(4) {
        let column = centre + sign * step as f32;
        if column < 0.0 || !portrait.shows(column as u32, portrait.rows.0) {
            return None;
        }
        let rows = (chin.max(0.0) as u32)..portrait.rows.1;
        heights.push(rows.into_iter().find(|&row| alpha.at(column as usize, row as usize) > PERSON)? as f32);
    }
    super::region::quantile(heights, 0.5)
}
