//! The light does not come from behind.

use gradphoto_shared::check::NotAssessed;

use super::region::quantile;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness::brightness;

pub(super) const RULE: Rule = Rule {
    id: "not_backlit",
    about: "By how much the background is brighter than nine tenths of the face.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "backlit",
        en: "The light comes from behind. Please turn so that the light falls on the face.",
        zh: "逆光拍摄，请转身使光线照在面部。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let level = |levels: Vec<f32>, share: f32| quantile(levels, share).ok_or(NotAssessed::NotInPicture);
    let wall = level(scene.wall()?.levels(&subject.portrait.pixels), 0.5)?;
    let face = level(scene.face()?.iter().copied().map(brightness).collect(), 0.9)?;
    Ok(Measure::of(wall - face).in_area(subject.face_area()))
}
