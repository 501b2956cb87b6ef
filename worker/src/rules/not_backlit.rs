//! The light does not come from behind.

use gradphoto_shared::check::NotAssessed;

use super::region::{Mask, OVAL, colours, luma, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};

/// Pixels of the portrait round the person that are left out: hair and shadows of the matte's edge.
const CLEAR_PX: usize = 8;

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
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let portrait = &subject.portrait;
    let near = subject.alpha()?.mean(CLEAR_PX);
    let mask = Mask::of(subject, &OVAL);
    let level = |colours: Vec<super::region::Colour>, share: f32| {
        quantile(colours.into_iter().map(luma).collect(), share).ok_or(NotAssessed::NotInPicture)
    };
    let face = level(colours(portrait, |column, row| mask.holds(column, row)), 0.9)?;
    let wall = level(colours(portrait, |column, row| near.at(column as usize, row as usize) < 0.01), 0.5)?;
    Ok(Measure::of(wall - face).in_area(subject.face_area()))
}
