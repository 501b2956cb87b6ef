//! The galleries that are kept in memory: those asked of late, so many faces in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use gradphoto_shared::face::FaceModel;
use gradphoto_shared::job::Job;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::store::Store;
use gradphoto_shared::{Error, Result, metrics};
use tokio::sync::OwnedMutexGuard;

use super::shelf::Shelf;

/// Most faces that are kept of all sessions: about 130 MB. One gallery larger than that is kept alone.
const FACES_MAX: usize = 150_000;

/// Whose gallery.
pub(super) type Key = (TenantId, SessionId);

/// The galleries of sessions, kept in step with Redis whenever one is asked. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Galleries {
    pub(super) store: Store,
    rooms: Arc<Mutex<HashMap<Key, Room>>>,
    /// What this worker's faces are made by, where its pack has a face descriptor.
    pub(super) model: Option<FaceModel>,
}

/// One session's place.
#[derive(Debug)]
struct Room {
    shelf: Arc<tokio::sync::Mutex<Shelf>>,
    used: Instant,
    faces: usize,
}

impl Galleries {
    /// Galleries that lie in `store`, for faces made by `model`; none is read before it is asked.
    pub(crate) fn new(store: Store, model: Option<FaceModel>) -> Self {
        Self { store, rooms: Arc::default(), model }
    }

    /// Whether this worker's pack can describe a face.
    pub(crate) fn describes_faces(&self) -> bool {
        self.model.is_some()
    }

    /// Reads ahead, while the photo is still worked on, what `job` will ask. Its failures are found when it does.
    pub(crate) async fn warm(&self, job: &Job) {
        if let Some(model) = &self.model {
            // Whoever asks later tries again.
            let _ = self.synced(job, model).await;
        }
    }

    /// The gallery of the job's session as it stands now.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], also while it is being erased; [`Error::Pack`] where nobody measured limits for
    /// `model`; when Redis fails.
    pub(super) async fn synced(&self, job: &Job, model: &FaceModel) -> Result<OwnedMutexGuard<Shelf>> {
        let key = (job.tenant.clone(), job.session.clone());
        let mut shelf = self.shelf(&key).lock_owned().await;
        shelf.begin(model);
        let (began, mut is_whole) = (Instant::now(), false);
        loop {
            let changes = match self.store.gallery_changes(&job.tenant, &job.session, &shelf.cursor).await {
                Ok(changes) => changes,
                Err(error) => {
                    if matches!(error, Error::UnknownSession) {
                        self.forget(job);
                    }
                    return Err(error);
                }
            };
            is_whole |= changes.forget;
            let (has_more, model) = (changes.has_more, model.clone());
            // A thousand faces take longer than others on this thread should wait.
            let applied = tokio::task::spawn_blocking(move || shelf.apply(&model, changes).map(|()| shelf)).await;
            shelf = applied.map_err(|_| Error::Broken { stage: "gallery" })??;
            if !has_more {
                break;
            }
        }
        metrics::gallery_synced(is_whole, began.elapsed());
        self.count(&key, shelf.len());
        Ok(shelf)
    }

    /// Drops what is known of the job's session.
    pub(super) fn forget(&self, job: &Job) {
        self.rooms().remove(&(job.tenant.clone(), job.session.clone()));
    }

    pub(super) fn shelf(&self, key: &Key) -> Arc<tokio::sync::Mutex<Shelf>> {
        let mut rooms = self.rooms();
        let fresh = || Room { shelf: Arc::default(), used: Instant::now(), faces: 0 };
        let room = rooms.entry(key.clone()).or_insert_with(fresh);
        room.used = Instant::now();
        Arc::clone(&room.shelf)
    }

    /// Notes how many faces a gallery has, and lets those go that were not asked for the longest time.
    fn count(&self, key: &Key, faces: usize) {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get_mut(key) {
            room.faces = faces;
        }
        loop {
            let all: usize = rooms.values().map(|room| room.faces).sum();
            let others = rooms.iter().filter(|(other, _)| *other != key);
            let oldest = others.min_by_key(|(_, room)| room.used).map(|(other, _)| other.clone());
            match oldest {
                Some(oldest) if all > FACES_MAX => drop(rooms.remove(&oldest)),
                _ => return metrics::gallery_faces(all),
            }
        }
    }

    /// A panic elsewhere cannot leave the map half changed, so a poisoned lock is as good as any.
    fn rooms(&self) -> MutexGuard<'_, HashMap<Key, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
