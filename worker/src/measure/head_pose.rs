//! Where the head is turned.

use gradphoto_shared::Result;
use image::RgbImage;

use crate::model::{Area, Engine, HeadPose, PoseReader};
use crate::stage::resample::Outside;
use crate::stage::view::View;

/// Yaw, pitch and roll in degrees, the middle of both networks' opinions where the pack has both. `area` is the
/// detector's box of the face.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
pub fn head_pose(engine: &mut Engine, view: &View, area: &Area) -> Result<Option<HeadPose>> {
    let Some(reader) = engine.head_pose.get()? else { return Ok(None) };
    let square = square(view, area);
    let pose = reader.pose(&square)?;
    Ok(Some(match engine.head_pose_second.get()? {
        Some(second) => pose.middle(second.pose(&square)?),
        None => pose,
    }))
}

fn square(view: &View, area: &Area) -> RgbImage {
    let side = (PoseReader::SIDE, PoseReader::SIDE);
    let seen = area.grown(PoseReader::GROWTH).clipped(view.size);
    view.glance(seen, side, Outside::Edge).picture
}
