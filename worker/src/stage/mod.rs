//! Stages: plain functions, each takes what the last one made. They know neither queue nor clock.

pub(crate) mod brightness;
pub(crate) mod colours;
pub(crate) mod component;
pub mod compose;
pub mod decode;
pub mod detect;
pub mod edge;
pub mod encode;
mod foreground;
mod head;
pub mod landmark;
pub mod matte;
pub mod outline;
pub(crate) mod pixels;
pub mod place;
pub mod plane;
pub mod portrait;
pub mod pose;
pub mod refine;
pub(crate) mod resample;
pub(crate) mod square;
pub mod view;
mod wall;

use gradphoto_shared::Error;
use gradphoto_shared::outcome::ReasonCode;

/// Why a photo leaves the conveyor early.
#[derive(Debug)]
pub enum Stop {
    /// The photo is refused: an answer.
    Refused(ReasonCode),
    /// The work could not be done.
    Failed(Error),
}

impl From<ReasonCode> for Stop {
    fn from(code: ReasonCode) -> Self {
        Self::Refused(code)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
