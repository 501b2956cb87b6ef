//! There is no writing in the picture.

use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::measure::text;
use crate::model::Point;
use crate::pack::Role;
use crate::stage::plane::Field;
use crate::stage::portrait::FACE_PX;
use crate::stage::refine::near;

/// Longest side in pixels at which writing is looked for; a photo of which halving twice leaves more is looked at so.
const LONGEST: u32 = 960;
/// Pixels along a side of the squares in which people are told from the wall.
const STEP: usize = 4;
/// Alpha from which a square shows somebody: their hair too.
const PERSON: f32 = 0.1;
/// The neck ends so far under the chin, and hair that stands off reaches so far round a head, in face widths.
const NECK: f32 = 0.45;
const ROUND: f32 = 0.06;

pub(super) const RULE: Rule = Rule {
    id: "no_text",
    about: "Strokes side by side in the longest row of writing, the head left out: date stamps, watermarks, captions, \
            print on clothes.",
    unit: "strokes",
    low: None,
    high: Some(Advice {
        code: "text_in_picture",
        en: "There is writing in the picture. Please upload the original photo without date, watermark or caption, in \
             clothes without print.",
        zh: "图片中有文字，请上传不带日期、水印或说明文字的原照片，并穿无印字的衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let picture = scene.view.reduced(LONGEST);
    let scale = picture.width() as f32 / scene.view.size.0 as f32;
    let head = head(subject, picture.dimensions(), scale);
    Ok(match text::longest(picture, &head, STEP) {
        Some(row) => Measure::of(row.strokes).in_area(row.area.scaled(1.0 / scale)),
        None => Measure::of(0.0),
    })
}

/// Which squares of a picture of this size and scale show a head with its hair, or a neck.
fn head(subject: &Subject<'_>, size: (u32, u32), scale: f32) -> Field<bool> {
    let portrait = &subject.portrait;
    let neck = portrait.at(subject.face.chin).y + NECK * FACE_PX;
    let (width, height) = ((size.0 as usize).div_ceil(STEP), (size.1 as usize).div_ceil(STEP));
    let heads = Field::of_places((width, height), |(column, row)| {
        let middle = |at: usize| (at as f32 + 0.5) * STEP as f32 / scale;
        let place = Point { x: middle(column), y: middle(row) };
        subject.looked.anybody_at(place) >= PERSON
            && (portrait.at(place).y < neck || subject.readings.masks.at(place)[0] == Some(true))
    });
    let round = (ROUND * subject.face.face_width() * scale / STEP as f32).ceil() as usize;
    Field { values: near(&heads.values, width, round), ..heads }
}
