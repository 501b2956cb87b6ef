//! For `check`: the photos of others in a job's session.

use std::sync::Arc;

use gradphoto_shared::face::Face;
use gradphoto_shared::{Error, Result};
use tokio::sync::Mutex;

use super::shelf::{Own, Shelf};
use super::{Galleries, patiently};
use crate::face::shot::Nearest;
use crate::ticket::Ticket;

/// The gallery of a job's session, as far as it holds photos of others.
#[derive(Clone, Debug)]
pub(crate) struct Neighbours {
    shelf: Arc<Mutex<Shelf>>,
    own: Own,
}

impl Neighbours {
    /// How near the shot of `face` comes to theirs. Waits for the gallery, so it is for compute threads alone.
    pub(crate) fn nearest_shot(&self, face: &Face) -> Nearest {
        self.shelf.blocking_lock().nearest_shot(face, &self.own)
    }
}

impl Galleries {
    /// The photos of others in the session of the ticket's job, as they stand now; nothing where there are none, or
    /// where the pack cannot describe a face.
    ///
    /// # Errors
    /// What Redis answers oddly; an outage is waited out.
    pub(crate) async fn neighbours(&self, ticket: &Ticket) -> Result<Option<Neighbours>> {
        let Some(model) = &self.model else { return Ok(None) };
        let job = ticket.job();
        let shelf = match patiently(ticket, "reading a gallery", || self.synced(job, model)).await {
            Ok(Some(shelf)) => shelf,
            // Nobody asks any more.
            Ok(None) | Err(Error::UnknownSession) => return Ok(None),
            Err(error) => return Err(error),
        };
        let own = Own { photo: job.photo.clone(), subject: job.subject.clone() };
        if shelf.has_others(&own) {
            return Ok(Some(Neighbours { shelf: self.shelf(&(job.tenant.clone(), job.session.clone())), own }));
        }
        if shelf.len() == 0 {
            // Most sessions enrol nobody: nothing is kept of them.
            self.forget(job);
        }
        Ok(None)
    }
}
