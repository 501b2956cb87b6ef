//! All models of one compute thread.

use gradphoto_shared::{Error, Result};

use super::{Detector, Landmarker, Matter, Runtime};
use crate::pack::{ModelFile, Pack, Role};

/// The models of one compute thread: sessions are not shared, since two threads behind one session are
/// no faster than one and wait up to seven times as long (measured).
#[derive(Debug)]
pub struct Engine {
    /// Finds faces.
    pub detector: Detector,
    /// Puts points on a face.
    pub landmarker: Landmarker,
    /// Tells the person from the background.
    pub matter: Matter,
    /// A second opinion on the matte, where the pack has one.
    pub matte_check: Option<Matter>,
}

impl Engine {
    /// Loads and warms up every model of a pack.
    ///
    /// # Errors
    /// As [`Self::from_files`].
    pub fn load(runtime: &Runtime, pack: &Pack) -> Result<Self> {
        Self::from_files(runtime, |role| pack.model(role).cloned())
    }

    /// Loads and warms up the models that `file` gives for each role.
    ///
    /// # Errors
    /// [`Error::Pack`] when a role is empty or its contract unknown, [`Error::Model`] when a file cannot
    /// be loaded or run.
    pub fn from_files(runtime: &Runtime, file: impl Fn(Role) -> Option<ModelFile>) -> Result<Self> {
        let needed = |role: Role| file(role).ok_or_else(|| Error::Pack(format!("it has no model for {}", role.name())));
        let matte_check = file(Role::MatteCheck).map(|file| Matter::load(runtime, &file, Role::MatteCheck));
        Ok(Self {
            detector: Detector::load(runtime, &needed(Role::Detect)?)?,
            landmarker: Landmarker::load(runtime, &needed(Role::Landmark)?)?,
            matter: Matter::load(runtime, &needed(Role::Matte)?, Role::Matte)?,
            matte_check: matte_check.transpose()?,
        })
    }
}
