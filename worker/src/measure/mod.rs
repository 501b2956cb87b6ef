//! Readings: what models, pixels and bytes tell of a photo, as numbers that rules report and specs judge.
//!
//! A file a reading. None of them judges. Where the pack has no model, or the photo does not show the place, a
//! reading is `None`. Left and right are those of the picture.

pub mod body;
pub mod ears;
pub mod expression;
pub(crate) mod file;
pub mod glasses;
pub mod hair;
pub mod head_pose;
mod hull;
pub mod iris;
pub mod jpeg;
pub mod live;
pub mod masks;
pub mod moire;
pub(crate) mod text;

use gradphoto_shared::Result;

use body::Shoulders;
use glasses::Glasses;
use iris::Eye;
use masks::Masks;

use crate::model::{Area, Engine, Expression, HeadPose};
use crate::pack::Role;
use crate::stage::landmark::Landmarked;
use crate::stage::view::View;

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

/// What the optional models that were wanted tell of a face.
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
    /// See [`glasses::glasses`].
    pub glasses: Glasses,
    /// See [`head_pose::head_pose`].
    pub head_pose: Option<HeadPose>,
    /// See [`expression::expression`].
    pub expression: Option<Expression>,
    /// See [`live::live`].
    pub live: Option<f32>,
    /// See [`iris::eyes`].
    pub eyes: Option<[Eye; 2]>,
    /// See [`body::shoulders`].
    pub shoulders: Option<Shoulders>,
}

impl Readings {
    /// Runs the optional models that are wanted and that the pack has, each once. `area` is the detector's box of
    /// the face.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Model`], [`gradphoto_shared::Error::Pack`].
    pub fn take(
        engine: &mut Engine,
        view: &View,
        area: &Area,
        face: &Landmarked,
        wants: impl Fn(Role) -> bool,
    ) -> Result<Self> {
        let masks = Masks::take(engine, view, face, &wants)?;
        Ok(Self {
            hair_over_brows: hair::over_brows(&masks, face),
            hair_over_eyes: hair::over_eyes(&masks, face),
            bare_forehead: hair::bare_forehead(&masks, face),
            bare_ears: ears::bare(&masks, face),
            masks,
            glasses: glasses::glasses(engine, view, area, &wants)?,
            head_pose: if wants(Role::HeadPose) { head_pose::head_pose(engine, view, area)? } else { None },
            expression: if wants(Role::Expression) { expression::expression(engine, face)? } else { None },
            live: if wants(Role::LiveNear) { live::live(engine, view, area)? } else { None },
            eyes: if wants(Role::Iris) { iris::eyes(engine, view, face)? } else { None },
            shoulders: if wants(Role::Body) { body::shoulders(engine, view, face)? } else { None },
        })
    }
}
