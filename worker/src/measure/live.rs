//! Whether the face lives, or is a picture on paper or a screen: a hint, never proof.

use gradphoto_shared::Result;

use crate::model::{Area, Engine, LiveJudge};
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// How sure the networks are that the face lives, 0 to 1, on the average; `None` unless the pack has both, since
/// either alone errs far more often. `area` is the detector's box of the face. It needs colour, surroundings and
/// the photo as it was taken: grey photos and crops read low.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn live(engine: &mut Engine, view: &View, area: &Area) -> Result<Option<f32>> {
    let (Some(near), Some(wide)) = (engine.live_near.get()?, engine.live_wide.get()?) else { return Ok(None) };
    Ok(Some((one(near, view, area)? + one(wide, view, area)?) / 2.0))
}

fn one(judge: &mut LiveJudge, view: &View, area: &Area) -> Result<f32> {
    let side = (LiveJudge::SIDE, LiveJudge::SIDE);
    let seen = area.fitted(judge.over_box(), view.size);
    judge.live(&view.glance(seen, side, Outside::Edge).picture)
}
