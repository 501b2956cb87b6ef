//! Skin does not shine.

use gradphoto_shared::check::NotAssessed;

use super::region::quantile;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness::brightness;

/// Brightness from which skin is a highlight, and how far over the face's own it must be.
const WHITE: f32 = 235.0;
const OVER: f32 = 40.0;

pub(super) const RULE: Rule = Rule {
    id: "highlights",
    about: "Share of the face that is nearly white and much lighter than the rest of it.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "highlights",
        en: "There are bright spots on the face. Please use softer light or dab off the shine.",
        zh: "面部有反光，请使用柔和光线或擦去油光。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let levels: Vec<f32> = scene.face()?.iter().copied().map(brightness).collect();
    let own = quantile(levels.clone(), 0.5).ok_or(NotAssessed::NotInPicture)?;
    let shining = levels.iter().filter(|&&level| level > WHITE.max(own + OVER)).count();
    Ok(Measure::of(shining as f32 / levels.len() as f32).in_area(scene.subject()?.face_area()))
}
