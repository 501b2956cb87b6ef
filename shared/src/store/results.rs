//! The results stream: settled jobs of a tenant, read session by session.

use std::time::Duration;

use redis::Value;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::keys::member;
use super::line::{Lead, Repeat};
use super::record::{Record, job_of, member_of};
use super::send::LOOK_PAUSE;
use super::{Store, answer, scripts};
use crate::job::{JobId, State};
use crate::lane::Shard;
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::outcome::JobResult;
use crate::{Error, Result};

/// Fewest events to read in one round trip: other sessions share the stream and are read over.
const READ_MIN: usize = 50;
/// Most events to read in one round trip: about 200 kB.
const READ_MAX: usize = 500;
/// Most events of a page.
const PAGE_MAX: usize = 1_000;

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
    /// The answer of a job that is `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Why a job is `dead` or `cancelled`: a code.
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

/// Some settled jobs of a session, oldest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResultPage {
    /// The events.
    pub events: Vec<ResultEvent>,
    /// Batches that were completed meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batches: Vec<BatchEvent>,
    /// Where to go on.
    pub next: String,
}

impl ResultPage {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.batches.is_empty()
    }

    fn len(&self) -> usize {
        self.events.len() + self.batches.len()
    }

    /// Adds an event as scripts answer it.
    pub(super) fn add(&mut self, shard: Shard, event: Vec<Value>) -> Result<()> {
        if event.len() == 3 {
            self.events.push(job_event(shard, event)?);
        } else {
            self.batches.push(batch_event(event)?);
        }
        Ok(())
    }
}

impl Store {
    /// Settled jobs of a session after `after` (`0` from the start), at most `limit` (1 to 1,000); waits
    /// for the first, at most `patience`.
    ///
    /// # Errors
    /// [`crate::Error::InvalidName`] for a cursor that is none.
    pub async fn results(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        after: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<ResultPage> {
        let deadline = Instant::now() + patience;
        let shard = self.inner.shards.of(tenant, session);
        let mut cursor = checked(after)?;
        let mut bell = self.inner.tower.settled_in(shard);
        loop {
            let page = self.page(shard, tenant, session, cursor, limit.clamp(1, PAGE_MAX)).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !page.is_empty() || left.is_zero() {
                return Ok(page);
            }
            cursor = page.next;
            bell.rung(left.min(LOOK_PAUSE)).await;
        }
    }

    /// Reads on from `next` until the page is full or the stream ends; it holds about
    /// [`super::Limits::events`] at most.
    async fn page(
        &self,
        shard: Shard,
        tenant: &TenantId,
        session: &SessionId,
        next: String,
        limit: usize,
    ) -> Result<ResultPage> {
        let mut page = ResultPage { events: Vec::new(), batches: Vec::new(), next };
        loop {
            let left = limit - page.len();
            let call = self
                .call(&scripts::PAGE, shard)
                .argument(tenant.as_str())
                .argument(member(tenant, session))
                .argument(&page.next)
                .argument(left.clamp(READ_MIN, READ_MAX))
                .argument(left);
            let answer = self.inner.line.run("results", Lead::Shared, Repeat::Once, &[call]).await?;
            let (next, has_more, events): (String, bool, Vec<Vec<Value>>) = answer::only(answer)?;
            page.next = next;
            for event in events {
                page.add(shard, event)?;
            }
            if !has_more || page.len() >= limit {
                return Ok(page);
            }
        }
    }
}

fn job_event(shard: Shard, event: Vec<Value>) -> Result<ResultEvent> {
    let (cursor, uuid, record): (String, Vec<u8>, Value) = answer::one(Value::Array(event))?;
    let record = Record::read(record)?;
    Ok(ResultEvent {
        cursor,
        job: job_of(shard, &uuid)?,
        result: record.result()?,
        session: record.session,
        subject: record.subject,
        generation: record.generation,
        state: record.state,
        error: record.error,
    })
}

fn batch_event(event: Vec<Value>) -> Result<BatchEvent> {
    type Fields = (String, String, String, u64, u64, u64, u64);
    let (cursor, batch, member, total, done, dead, cancelled): Fields = answer::one(Value::Array(event))?;
    let (_, session) = member_of(&member)?;
    Ok(BatchEvent { cursor, session, batch: BatchId::new(batch)?, total, done, dead, cancelled })
}

/// A cursor is `0` or a stream id: two numbers and a dash.
fn checked(cursor: &str) -> Result<String> {
    let (ms, sequence) = cursor.split_once('-').unwrap_or((cursor, "0"));
    let number =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<u64>().ok()).flatten();
    match (number(ms), number(sequence)) {
        // Redis has no id after the greatest.
        (Some(ms), Some(sequence)) if (ms, sequence) < (u64::MAX, u64::MAX) => Ok(format!("{ms}-{sequence}")),
        _ => Err(Error::InvalidName { what: "cursor" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_zero_or_a_stream_id() {
        let cases = [
            ("0", Some("0-0")),
            ("1526919030474-55", Some("1526919030474-55")),
            ("7", Some("7-0")),
            ("", None),
            ("-", None),
            ("+", None),
            ("1-", None),
            ("1-2-3", None),
            ("+1-0", None),
            ("18446744073709551615-18446744073709551615", None),
            ("18446744073709551616-0", None),
            ("a-0", None),
        ];
        for (text, expected) in cases {
            assert_eq!(checked(text).ok().as_deref(), expected, "{text:?}");
        }
    }
}
