//! One job: one photo, a list of tasks on it, and where it stands.

mod id;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::id::JobId;
use crate::blob::BlobKey;
use crate::lane::Lane;
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
    /// Photos of the same session whose shot `check` does not want to see again, for example that of another document:
    /// keys of the object store, at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 4)]
    pub references: Vec<BlobKey>,
}

impl Job {
    /// Most photos that come with a job to be compared with its own.
    pub const REFERENCES_MAX: usize = 4;
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
