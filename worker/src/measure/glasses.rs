//! Glasses, with clear lenses and dark ones.

use std::cell::LazyCell;

use gradphoto_shared::Result;

use crate::model::{Area, Engine, GlassesJudge};
use crate::pack::Role;
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// What the networks say of glasses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Glasses {
    /// Above 0 where glasses are worn; dark ones may read lower here.
    pub clear: Option<f32>,
    /// Above 0 where sunglasses are worn. Blur raises it: ask for sharpness first.
    pub dark: Option<f32>,
}

/// What the networks that are wanted, and that the pack has, say of glasses. `area` is the detector's box of the face.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn glasses(engine: &mut Engine, view: &View, area: &Area, wants: impl Fn(Role) -> bool) -> Result<Glasses> {
    // Both networks take the same picture.
    let seen = LazyCell::new(|| {
        let side = (GlassesJudge::SIDE, GlassesJudge::SIDE);
        view.glance(area.square(GlassesJudge::SQUARE_OVER_BOX), side, Outside::Black).picture
    });
    let mut read = Glasses::default();
    if wants(Role::Glasses)
        && let Some(judge) = engine.glasses.get()?
    {
        read.clear = Some(judge.logit(&seen)?);
    }
    if wants(Role::Sunglasses)
        && let Some(judge) = engine.sunglasses.get()?
    {
        read.dark = Some(judge.logit(&seen)?);
    }
    Ok(read)
}
