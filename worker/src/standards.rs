//! The document standards that jobs name: built-in ones, and those that a session changed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gradphoto_shared::job::Job;
use gradphoto_shared::spec::{Spec, base_of};
use gradphoto_shared::store::Store;
use gradphoto_shared::{Error, Result};

/// Most standards kept in memory, of about 10 KB each: more than the sessions that are open at once anywhere.
const KEPT_MAX: usize = 1_024;

/// The standards that jobs name, each asked for once. Clones share what they know.
#[derive(Clone, Debug)]
pub(crate) struct Standards {
    store: Store,
    known: Arc<Mutex<HashMap<String, Arc<Spec>>>>,
}

impl Standards {
    /// Knows none yet.
    pub(crate) fn new(store: Store) -> Self {
        Self { store, known: Arc::default() }
    }

    /// The standard of a job. A name means the same limits for ever, so what is known is never asked again.
    ///
    /// # Errors
    /// [`Error::UnknownSpec`] when neither this build nor the session knows the name; when Redis fails.
    pub(crate) async fn of(&self, job: &Job) -> Result<Arc<Spec>> {
        if let Some(known) = self.lock().get(&job.spec) {
            return Ok(Arc::clone(known));
        }
        let spec = match base_of(&job.spec) {
            None => Spec::preset(&job.spec)?,
            Some(base) => self.store.overrides(&job.tenant, &job.session, &job.spec).await?.on(base)?,
        };
        if spec.name != job.spec {
            return Err(Error::UnknownSpec);
        }
        let spec = Arc::new(spec);
        let mut known = self.lock();
        if known.len() >= KEPT_MAX {
            known.clear();
        }
        known.insert(job.spec.clone(), Arc::clone(&spec));
        Ok(spec)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Spec>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
