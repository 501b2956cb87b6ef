//! One job: one photo, a list of tasks on it, and where it stands.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::blob::BlobKey;
use crate::lane::{Lane, Shard};
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::{Error, Result};

/// A piece of work on a photo. Tasks of one job share one decode and one pass of each model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Photo to finished certificate picture.
    Standardise,
    /// Every rule of the document standard, with its reading.
    Check,
    /// The text of the one collection code (图像采集码) in a picture.
    ReadCode,
    /// The face into the session's gallery, to be found from now on.
    Enrol,
    /// The one photo of the session that shows this person, or none.
    Search,
    /// The photos of the session that come nearest, for reviewers only.
    Candidates,
    /// Sheets to print (加洗): the job's `photo` is the order, not a picture. It stands alone.
    Layout,
}

impl Task {
    /// Every task.
    pub const ALL: [Self; 7] =
        [Self::Standardise, Self::Check, Self::ReadCode, Self::Enrol, Self::Search, Self::Candidates, Self::Layout];

    /// Its name in the API, metrics and the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standardise => "standardise",
            Self::Check => "check",
            Self::ReadCode => "read_code",
            Self::Enrol => "enrol",
            Self::Search => "search",
            Self::Candidates => "candidates",
            Self::Layout => "layout",
        }
    }

    /// Whether it needs the session's gallery of faces.
    #[must_use]
    pub fn asks_a_gallery(self) -> bool {
        matches!(self, Self::Enrol | Self::Search | Self::Candidates)
    }

    /// Whether it looks for somebody: the photo is a question then, no part of the session's photos.
    #[must_use]
    pub fn looks_for_somebody(self) -> bool {
        matches!(self, Self::Search | Self::Candidates)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Task {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|task| task.name() == text);
        found.ok_or(Error::InvalidName { what: "task" })
    }
}

/// A job's name: its shard, so that one look-up finds it, and a UUID.
///
/// Written `2a-0192f0c8e1b97c3a8d5e4f6071829304`: two hex digits of shard, a dash, 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId {
    /// The shard that holds everything of the job.
    pub shard: Shard,
    /// UUID: version 7, or version 8 where an idempotency key decides it.
    pub uuid: Uuid,
}

impl JobId {
    /// A new name in `shard`.
    #[must_use]
    pub fn new(shard: Shard) -> Self {
        Self { shard, uuid: Uuid::now_v7() }
    }

    /// The name in `shard` that a caller's idempotency key stands for: the same for the same tenant, session
    /// and key, so that the queue finds the first job when the call is repeated. UUID version 8.
    #[must_use]
    pub fn keyed(shard: Shard, tenant: &TenantId, session: &SessionId, key: &str) -> Self {
        let words = [tenant.as_str(), session.as_str(), key];
        let digest =
            words.iter().fold(Sha256::new(), |hash, word| hash.chain_update(word).chain_update([0])).finalize();
        let bytes = digest.first_chunk().expect("a SHA-256 has more than 16 bytes");
        Self { shard, uuid: uuid::Builder::from_custom_bytes(*bytes).into_uuid() }
    }

    /// Whether the name comes from an idempotency key.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.uuid.get_version_num() == 8
    }
}

impl PartialSchema for JobId {
    fn schema() -> RefOr<Schema> {
        let says = "A job's name: its shard in two hex digits, a dash, and a UUID (version 7) in 32.";
        let pattern = "^[0-9a-f]{2}-[0-9a-f]{32}$";
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).description(Some(says)).into()
    }
}

impl ToSchema for JobId {}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}-{}", self.shard.0, self.uuid.simple())
    }
}

impl FromStr for JobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::InvalidName { what: "job" };
        let (shard, uuid) = text.split_once('-').ok_or_else(invalid)?;
        if shard.len() != 2 || uuid.len() != 32 {
            return Err(invalid());
        }
        let shard = u8::from_str_radix(shard, 16).map_err(|_| invalid())?;
        let uuid = Uuid::try_parse(uuid).map_err(|_| invalid())?;
        Ok(Self { shard: Shard(shard), uuid })
    }
}

impl TryFrom<String> for JobId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

/// What was asked for. Immutable from admission on; its standing is kept beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// The job's name.
    pub id: JobId,
    /// Whose it is.
    pub tenant: TenantId,
    /// The session it belongs to.
    pub session: SessionId,
    /// The student, where the photo is assigned to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Counts replacements of the subject's photo; a late result of a lower one never overwrites a higher.
    #[serde(default)]
    pub generation: u32,
    /// How urgent.
    pub lane: Lane,
    /// What to do, each task once, at least one.
    #[schema(min_items = 1)]
    pub tasks: Vec<Task>,
    /// Where the photo lies in the object store.
    pub photo: BlobKey,
    /// Name of the document standard, for example `chsi`.
    pub spec: String,
    /// When it was accepted, in milliseconds since 1970 UTC; this decides deadlines, not finishing.
    pub accepted_at_ms: u64,
    /// When it may begin at the earliest, in milliseconds since 1970 UTC; without it, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<u64>,
    /// When it is not begun any more, in milliseconds since 1970 UTC; without it, never. A try that has
    /// begun is not cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Longest that one try may run, in milliseconds; without it, the worker's own limit alone holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The batch it is counted in, where it is part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
}

/// A job in a worker's hands: the claim that [`crate::store`] gave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What to do.
    pub job: Job,
    /// The fence: one more for each claim. Only the newest may settle.
    pub fence: u32,
    /// Which try this is: 1 for the first. A claim that was returned untouched is no try.
    pub number: u32,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// In its stream.
    Waiting,
    /// Claimed by a worker under a lease.
    Running,
    /// Put aside until its time comes: scheduled, or for another try.
    Delayed,
    /// Answered; the result is kept for its time to live.
    Done,
    /// Given up, with a reason; may be replayed.
    Dead,
    /// Not wanted any more: cancelled, withdrawn or superseded.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Waiting, Self::Running, Self::Delayed, Self::Done, Self::Dead, Self::Cancelled];

    /// Its name in the API and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Delayed => "delayed",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Its letter in a job's record.
    #[must_use]
    pub(crate) fn letter(self) -> &'static str {
        match self {
            Self::Waiting => "w",
            Self::Running => "r",
            Self::Delayed => "l",
            Self::Done => "d",
            Self::Dead => "x",
            Self::Cancelled => "c",
        }
    }

    /// Whether the job was told of as settled. Only a dead one can still come back, by replay.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Cancelled)
    }

    /// Whether a job may go from this state to `next`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            // Expired and superseded jobs are found out where they wait.
            Self::Waiting => matches!(next, Self::Running | Self::Dead | Self::Cancelled),
            Self::Running => next != Self::Running,
            Self::Delayed => matches!(next, Self::Waiting | Self::Dead | Self::Cancelled),
            Self::Dead => next == Self::Waiting,
            Self::Done | Self::Cancelled => false,
        }
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or(Error::InvalidName { what: "state" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_id_reads_as_it_is_written() {
        let id = JobId::new(Shard(0x2a));
        let text = id.to_string();
        assert!(text.starts_with("2a-"), "{text}");
        assert_eq!(text.parse::<JobId>().expect("own text"), id);
        for bad in
            ["", "2a", "2a-", "zz-0192f0c8e1b97c3a8d5e4f6071829304", "2a-0192", "02a-192f0c8e1b97c3a8d5e4f6071829304"]
        {
            assert!(bad.parse::<JobId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_stands_for_one_job_of_one_session() {
        let keyed = |session: &str, key: &str| {
            let names = (TenantId::new("t").expect("lawful"), SessionId::new(session).expect("lawful"));
            JobId::keyed(Shard(1), &names.0, &names.1, key)
        };
        assert_eq!(keyed("s", "k"), keyed("s", "k"));
        assert!(keyed("s", "k").is_keyed() && !JobId::new(Shard(1)).is_keyed());
        assert_ne!(keyed("s", "k"), keyed("s", "l"));
        assert_ne!(keyed("s", "k"), keyed("sk", ""));
    }

    #[test]
    fn settled_is_for_ever_but_for_replay() {
        for from in State::ALL {
            for to in State::ALL {
                let replay = (from, to) == (State::Dead, State::Waiting);
                assert!(replay || !(from.is_settled() && from.may_become(to)), "{from:?} -> {to:?}");
            }
            assert_eq!(from.name().parse::<State>().expect("own name"), from);
        }
    }
}
