//! Both shoulders are at one height.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::{Area, Point};
use crate::stage::plane::Plane;
use crate::stage::portrait::{FACE_PX, Portrait};

/// Where shoulders are looked at, in face widths from the middle: outside the neck and its collar, inside
/// the arms.
const FROM: f32 = 0.62;
const TO: f32 = 0.9;
/// Which of the columns' slopes is read, from the most level one up.
const LEVEL_SHARE: f32 = 0.25;
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
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let (portrait, alpha) = (&subject.portrait, subject.alpha()?);
    let chin = portrait.at(subject.face.chin);
    let line = |away: u32| {
        let edge = |sign: f32| {
            let x = chin.x + sign * away as f32;
            let row = shoulder(portrait, alpha, x, chin.y.max(0.0) as u32)?;
            Some(row.map(|y| Point { x, y }))
        };
        Some(edge(-1.0)?.zip(edge(1.0)?))
    };
    let lines = ((FROM * FACE_PX) as u32..(TO * FACE_PX) as u32).step_by(4).map(line);
    let lines: Vec<_> = lines.collect::<Option<_>>().ok_or(NotAssessed::NotInPicture)?;
    let mut lines: Vec<(Point, Point)> = lines.into_iter().flatten().collect();
    // Hair that hangs to one shoulder lifts some of its columns; a body that leans is as steep in all of them.
    lines.sort_by(|one, other| slope(*one).total_cmp(&slope(*other)));
    let at = (lines.len().saturating_sub(1) as f32 * LEVEL_SHARE).round() as usize;
    let (left, right) = *lines.get(at).ok_or(NotAssessed::NotInPicture)?;
    let (width, height) = (right.x - left.x, (right.y - left.y).abs());
    let place = Area { left: left.x, top: left.y.min(right.y), width, height };
    Ok(Measure::of(slope((left, right))).in_area(portrait.to_photo(place)))
}

/// How steep a line is, in degrees.
fn slope((from, to): (Point, Point)) -> f32 {
    ((to.y - from.y) / (to.x - from.x)).atan().to_degrees().abs()
}

/// Row of the shoulder's edge under the chin in a column, nothing where hair or an arm reaches up to the chin; `None` where
/// the picture does not show the shoulder.
fn shoulder(portrait: &Portrait, alpha: &Plane, column: f32, chin: u32) -> Option<Option<f32>> {
    if column < 0.0 || !portrait.shows(column as u32, portrait.rows.0) {
        return None;
    }
    let is_person = |&row: &u32| alpha.at(column as usize, row as usize) > PERSON;
    let row = (chin..portrait.rows.1).find(is_person)?;
    Some((row > chin).then_some(row as f32))
}
