//! Events: what results streams tell of settled jobs and complete batches.

use redis::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer;
use super::record::{Record, job_of, member_of};
use crate::Result;
use crate::job::{JobId, State};
use crate::lane::Shard;
use crate::name::{BatchId, SessionId, SubjectId};
use crate::outcome::JobResult;

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
    /// Counts replacements of the subject's photo.
    #[serde(default)]
    pub generation: u32,
    /// `done`, `dead` or `cancelled`.
    pub state: State,
    /// When it was settled, milliseconds since 1970 UTC.
    #[serde(default)]
    pub at_ms: u64,
    /// The answer of a job that is `done`; absent with the error `envelope_invalid` where a newer build wrote what
    /// this one cannot read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Why a job is `dead` or `cancelled`, or its answer absent: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A batch whose last job was settled; told once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchEvent {
    /// Place in the stream.
    pub cursor: String,
    /// The session.
    pub session: SessionId,
    /// The batch.
    pub batch: BatchId,
    /// Its jobs.
    pub total: u64,
    /// Those answered.
    pub done: u64,
    /// Those given up.
    pub dead: u64,
    /// Those not wanted any more.
    pub cancelled: u64,
}

/// One entry of a results stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Event {
    /// A job was settled.
    Job(Box<ResultEvent>),
    /// A batch is complete.
    Batch(BatchEvent),
}

impl Event {
    /// Reads an event as scripts answer it.
    ///
    /// # Errors
    /// [`crate::Error::RedisAnswer`] when it is none.
    pub(super) fn read(shard: Shard, event: Vec<Value>) -> Result<Self> {
        if event.len() == 3 {
            job_event(shard, event).map(|event| Self::Job(Box::new(event)))
        } else {
            batch_event(event).map(Self::Batch)
        }
    }

    /// Its place in the stream of its shard.
    #[must_use]
    pub fn cursor(&self) -> &str {
        match self {
            Self::Job(event) => &event.cursor,
            Self::Batch(event) => &event.cursor,
        }
    }

    /// When it happened, in milliseconds since 1970 UTC.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        match self {
            Self::Job(event) => event.at_ms,
            // Every place begins with its time, and a batch is told once.
            Self::Batch(event) => event.cursor.split_once('-').and_then(|(ms, _)| ms.parse().ok()).unwrap_or_default(),
        }
    }
}

fn job_event(shard: Shard, event: Vec<Value>) -> Result<ResultEvent> {
    let (cursor, uuid, record): (String, Vec<u8>, Value) = answer::one(Value::Array(event))?;
    let (job, record) = (job_of(shard, &uuid)?, Record::read(record)?);
    // An answer that a newer build wrote hides no other event, nor that the job is done.
    let (result, unreadable) = match record.result() {
        Ok(result) => (result, None),
        Err(cause) => {
            tracing::warn!(%job, code = cause.code(), "an answer cannot be read, a newer build may have written it");
            (None, Some(cause.code().to_owned()))
        }
    };
    Ok(ResultEvent {
        cursor,
        job,
        result,
        session: record.session,
        subject: record.subject,
        generation: record.generation,
        state: record.state,
        at_ms: record.at_ms,
        error: record.error.or(unreadable),
    })
}

fn batch_event(event: Vec<Value>) -> Result<BatchEvent> {
    type Fields = (String, String, String, u64, u64, u64, u64);
    let (cursor, batch, member, total, done, dead, cancelled): Fields = answer::one(Value::Array(event))?;
    let (_, session) = member_of(&member)?;
    Ok(BatchEvent { cursor, session, batch: BatchId::new(batch)?, total, done, dead, cancelled })
}
