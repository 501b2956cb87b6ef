//! Glasses, with clear lenses and dark ones.

use fast_image_resize::FilterType;
use gradphoto_shared::Result;

use crate::model::{Area, Engine, GlassesJudge, OnDemand};
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// Above 0 where glasses are worn; dark ones may read lower here. `area` is the detector's box of the face.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn clear(engine: &mut Engine, view: &View, area: &Area) -> Result<Option<f32>> {
    logit(&mut engine.glasses, view, area)
}

/// Above 0 where sunglasses are worn. Blur raises it: ask for sharpness first. `area` is the detector's box of
/// the face.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn dark(engine: &mut Engine, view: &View, area: &Area) -> Result<Option<f32>> {
    logit(&mut engine.sunglasses, view, area)
}

fn logit(judge: &mut OnDemand<GlassesJudge>, view: &View, area: &Area) -> Result<Option<f32>> {
    let Some(judge) = judge.get()? else { return Ok(None) };
    let side = (GlassesJudge::SIDE, GlassesJudge::SIDE);
    let cut = view.cut(area.square(GlassesJudge::SQUARE_OVER_BOX), side, FilterType::Bilinear, Outside::Black);
    judge.logit(&cut.picture).map(Some)
}
