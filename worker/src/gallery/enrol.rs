//! `enrol`: a face into its session's gallery, and who is too like it.

use gradphoto_shared::face::Face;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::search::{Double, DoubleKind, EnrolOutcome};
use gradphoto_shared::store::{Enrolled, GalleryEntry};
use gradphoto_shared::{Error, Result};

use super::shelf::Named;
use super::{Galleries, Seen, patiently};
use crate::ticket::Ticket;

/// Most doubles that are told of one photo: more say that a whole set was enrolled twice.
const DOUBLES_MAX: usize = 20;

impl Galleries {
    /// Enrols what was seen on the ticket's photo; nothing once the job is not ours any more.
    ///
    /// # Errors
    /// [`Error::Pack`] where nobody measured limits for the model; what Redis answers oddly.
    pub(crate) async fn enrol(&self, ticket: &Ticket, seen: &Seen) -> Result<Option<EnrolOutcome>> {
        let face = match seen {
            Ok(face) => face,
            Err(codes) => return Ok(Some(EnrolOutcome::refused(codes))),
        };
        let job = ticket.job();
        let (photo, subject) = (job.photo.clone(), job.subject.clone());
        let entry = GalleryEntry { photo, subject, generation: job.generation, face: face.clone() };
        let claim = ticket.claim();
        let write = || self.store.enrol(&claim, &job.tenant, &job.session, &entry, job.accepted_at_ms);
        let Some(enrolled) = patiently(ticket, "enrolling", write).await? else { return Ok(None) };
        Ok(Some(match enrolled {
            Enrolled::Stands { number, faces } => {
                let Some(doubles) = self.doubles(ticket, number, face).await? else { return Ok(None) };
                EnrolOutcome::Enrolled { model: face.model.clone(), faces, doubles }
            }
            Enrolled::Full => EnrolOutcome::refused(&[ReasonCode::GalleryFull]),
            // A late claim and a superseded photo settle nothing, whatever is said here.
            Enrolled::Removed | Enrolled::Superseded | Enrolled::Late | Enrolled::Gone => {
                EnrolOutcome::refused(&[ReasonCode::PhotoRemoved])
            }
        }))
    }

    /// Looks for doubles behind the writing: of two that are enrolled at once the later sees the other.
    async fn doubles(&self, ticket: &Ticket, number: u64, face: &Face) -> Result<Option<Vec<Double>>> {
        let job = ticket.job();
        let sync = || self.synced(job, &face.model);
        let shelf = match patiently(ticket, "reading a gallery", sync).await {
            Ok(Some(shelf)) => shelf,
            Ok(None) => return Ok(None),
            // Erased since; nobody asks any more.
            Err(Error::UnknownSession) => return Ok(Some(Vec::new())),
            Err(error) => return Err(error),
        };
        let (subject, face) = (job.subject.clone(), face.clone());
        let look = move || shelf.doubles(number, subject.as_ref(), &face);
        let mut alike = tokio::task::spawn_blocking(look).await.map_err(|_| Error::Broken { stage: "gallery" })?;
        alike.truncate(DOUBLES_MAX);
        if !alike.is_empty() {
            let pairs: Vec<(u64, DoubleKind, f32)> =
                alike.iter().map(|(named, kind)| (named.number, *kind, named.score)).collect();
            let note = || self.store.note_doubles(&job.tenant, &job.session, number, &pairs);
            if patiently(ticket, "noting doubles", note).await?.is_none() {
                return Ok(None);
            }
        }
        let double = |(named, kind): (Named, DoubleKind)| {
            let Named { photo, subject, score, .. } = named;
            Double { photo, subject, kind, score }
        };
        Ok(Some(alike.into_iter().map(double).collect()))
    }
}
