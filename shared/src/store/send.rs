//! Verbs of the dispatcher's API: sessions, submit, look, results.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Store;
use crate::Result;
use crate::job::{Job, JobId, State};
use crate::name::{SessionId, SubjectId, TenantId};
use crate::outcome::JobResult;
use crate::session::{Session, SessionState};

/// A job and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// What was asked for.
    pub job: Job,
    /// Where it stands.
    pub state: State,
    /// Tries begun so far.
    pub attempts: u32,
    /// The answer, once `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Code of the last error, where a try failed or the job was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One settled job, as the results stream tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResultEvent {
    /// Place in the stream; pass the last one seen as `after`.
    pub cursor: String,
    /// The job.
    pub job: JobId,
    /// Its session.
    pub session: SessionId,
    /// Its subject, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// `done` or `dead`.
    pub state: State,
    /// The answer of a job that is `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Code of the error of a job that is `dead`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Some settled jobs of a session, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResultPage {
    /// The events.
    pub events: Vec<ResultEvent>,
    /// Where to go on.
    pub next: String,
}

impl Store {
    /// Makes a session known. The same session with the same settings again changes nothing.
    ///
    /// # Errors
    /// [`crate::Error::SessionExists`] with other settings.
    pub async fn create_session(&self, _session: &Session) -> Result<()> {
        unimplemented!()
    }

    /// Moves a session to another state; planned -> open <-> closed, and any state to itself.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`], [`crate::Error::SessionMove`].
    pub async fn move_session(&self, _tenant: &TenantId, _session: &SessionId, _to: SessionState) -> Result<Session> {
        unimplemented!()
    }

    /// A session.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSession`].
    pub async fn session(&self, _tenant: &TenantId, _session: &SessionId) -> Result<Session> {
        unimplemented!()
    }

    /// The tenant's sessions, by name.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn sessions(&self, _tenant: &TenantId) -> Result<Vec<Session>> {
        unimplemented!()
    }

    /// Puts jobs of one session into the queue, atomically for each; answers in the order given.
    ///
    /// # Errors
    /// As a whole when Redis fails or the session is unknown or not open; for one job
    /// [`crate::Error::LaneFull`] or [`crate::Error::Superseded`].
    pub async fn submit(&self, _jobs: &[Job]) -> Result<Vec<Result<()>>> {
        unimplemented!()
    }

    /// A job and where it stands.
    ///
    /// # Errors
    /// [`crate::Error::UnknownJob`] for another tenant's job too.
    pub async fn look(&self, _tenant: &TenantId, _id: &JobId) -> Result<JobView> {
        unimplemented!()
    }

    /// Like [`Store::look`], but waits until the job is settled, at most `patience`.
    ///
    /// # Errors
    /// As [`Store::look`].
    pub async fn look_settled(&self, _tenant: &TenantId, _id: &JobId, _patience: Duration) -> Result<JobView> {
        unimplemented!()
    }

    /// Settled jobs of a session after `after` (`0` from the start), at most `limit` (1 to 1,000); waits
    /// for the first, at most `patience`.
    ///
    /// # Errors
    /// [`crate::Error::InvalidName`] for a cursor that is none.
    pub async fn results(
        &self,
        _tenant: &TenantId,
        _session: &SessionId,
        _after: &str,
        _limit: usize,
        _patience: Duration,
    ) -> Result<ResultPage> {
        unimplemented!()
    }
}
