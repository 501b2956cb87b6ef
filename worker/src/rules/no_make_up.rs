//! Lips have their own colour.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, around, balance, median, patches};
use super::{Advice, Measure, Measured, Rule, Scene};

/// Over both lips.
const LIPS: [usize; 6] = [0, 17, 37, 267, 84, 314];

pub(super) const RULE: Rule = Rule {
    id: "no_make_up",
    about: "How much redder the lips are than the cheeks, brightness left out.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "make_up",
        en: "There may be heavy make-up. Please wear none, or little.",
        zh: "疑似妆容过重，请卸妆或化淡妆。",
    }),
    needs: &[],
    relies_on: &["colour", "colour_cast"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let red = |points: &[usize]| median(&patches(subject, points)).map(|colour| balance(colour)[0]);
    let (lips, cheeks) = red(&LIPS).zip(red(&CHEEKS.concat())).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(lips - cheeks).in_area(around(subject, &[61, 0, 291, 17], 0.2)))
}
