//! Readings: what models, pixels and bytes tell of a photo, as numbers that rules report and specs judge.
//!
//! A file a reading. None of them judges. Where the pack has no model, or the photo does not show the place, a
//! reading is `None`. Left and right are those of the picture.

pub mod body;
pub mod ears;
pub mod expression;
pub mod glasses;
pub mod hair;
pub mod head_pose;
mod hull;
pub mod iris;
pub mod jpeg;
pub mod live;
pub mod masks;
pub mod moire;

use gradphoto_shared::Result;

use crate::model::{Area, Engine, Expression, HeadPose};
use crate::stage::detect::Located;
use crate::stage::landmark::Landmarked;
use crate::stage::view::View;
use body::Shoulders;
use masks::Masks;

/// A reading of either side of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sides {
    /// At the left of the picture.
    pub left: Option<f32>,
    /// At the right of the picture.
    pub right: Option<f32>,
}

impl Sides {
    /// The greater of what was read.
    #[must_use]
    pub fn most(self) -> Option<f32> {
        self.left.into_iter().chain(self.right).reduce(f32::max)
    }

    /// The lesser of what was read.
    #[must_use]
    pub fn least(self) -> Option<f32> {
        self.left.into_iter().chain(self.right).reduce(f32::min)
    }
}

/// All that the optional models tell of a face.
#[derive(Clone, Debug)]
pub struct Readings {
    /// What the pixels round the face show.
    pub masks: Masks,
    /// See [`hair::over_brows`].
    pub hair_over_brows: Sides,
    /// See [`hair::over_eyes`].
    pub hair_over_eyes: Sides,
    /// See [`hair::bare_forehead`].
    pub bare_forehead: Option<f32>,
    /// See [`ears::bare`].
    pub bare_ears: Sides,
    /// See [`glasses::clear`].
    pub glasses: Option<f32>,
    /// See [`glasses::dark`].
    pub sunglasses: Option<f32>,
    /// See [`head_pose::head_pose`].
    pub head_pose: Option<HeadPose>,
    /// See [`expression::expression`].
    pub expression: Option<Expression>,
    /// See [`live::live`].
    pub live: Option<f32>,
    /// See [`body::shoulders`].
    pub shoulders: Option<Shoulders>,
}

impl Readings {
    /// Runs every optional model that the pack has, once.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
    pub fn take(engine: &mut Engine, view: &View, located: &Located, face: &Landmarked) -> Result<Self> {
        let masks = Masks::take(engine, view, face)?;
        let area = face_box(located, face);
        Ok(Self {
            hair_over_brows: hair::over_brows(&masks, face),
            hair_over_eyes: hair::over_eyes(&masks, face),
            bare_forehead: hair::bare_forehead(&masks, face),
            bare_ears: ears::bare(&masks, face),
            masks,
            glasses: glasses::clear(engine, view, &area)?,
            sunglasses: glasses::dark(engine, view, &area)?,
            head_pose: head_pose::head_pose(engine, view, &area)?,
            expression: expression::expression(engine, face)?,
            live: live::live(engine, view, &area)?,
            shoulders: body::shoulders(engine, view, face)?,
        })
    }
}

/// The detector's box of the face that bears the landmarks: the likeliest one that holds the middle between its
/// eyes, else the landmarks' own.
#[must_use]
pub fn face_box(located: &Located, face: &Landmarked) -> Area {
    let mut areas = located.faces.iter().map(|found| found.area);
    areas.find(|area| area.holds(face.eyes)).unwrap_or_else(|| {
        let height = face.face_height();
        Area::about(face.forehead.middle(face.chin), face.face_width(), height)
    })
}
