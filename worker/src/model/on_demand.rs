//! Models that are loaded when they are first asked for.

use std::fmt;

use gradphoto_shared::Result;

use super::Runtime;
use crate::pack::ModelFile;

/// A model of an optional role: it costs no memory until it is asked for, and may be absent from the pack.
pub struct OnDemand<M> {
    runtime: Runtime,
    file: Option<ModelFile>,
    load: fn(&Runtime, &ModelFile) -> Result<M>,
    model: Option<M>,
}

impl<M> fmt::Debug for OnDemand<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, model, .. } = self;
        f.debug_struct("OnDemand").field("file", file).field("is_loaded", &model.is_some()).finish_non_exhaustive()
    }
}

impl<M> OnDemand<M> {
    pub(super) fn new(runtime: &Runtime, file: Option<ModelFile>, load: fn(&Runtime, &ModelFile) -> Result<M>) -> Self {
        Self { runtime: runtime.clone(), file, load, model: None }
    }

    /// The model, loaded and warm; `None` where the pack has none.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] for a contract this build does not know,
    /// [`gradphoto_shared::Error::Model`]; the next call tries again.
    pub fn get(&mut self) -> Result<Option<&mut M>> {
        if let (None, Some(file)) = (&self.model, &self.file) {
            self.model = Some((self.load)(&self.runtime, file)?);
        }
        Ok(self.model.as_mut())
    }

    /// Whether the pack has it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.file.is_some()
    }

    /// Whether it takes memory.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.model.is_some()
    }
}
