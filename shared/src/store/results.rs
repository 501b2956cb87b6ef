//! The results stream: settled jobs of a tenant, read session by session.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use super::line::{Lead, Repeat};
use super::send::LOOK_PAUSE;
use super::{Store, answer};
use crate::job::{JobId, State};
use crate::lane::Shard;
use crate::name::{SessionId, SubjectId, TenantId};
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

/// An entry as XRANGE tells it: its id, and names and values in turn.
type Entry = (String, Vec<(String, String)>);

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
            if !page.events.is_empty() || left.is_zero() {
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
        mut next: String,
        limit: usize,
    ) -> Result<ResultPage> {
        let inner = &self.inner;
        let stream = inner.keys.results(shard, tenant);
        let mut events = Vec::new();
        let batch = limit.clamp(READ_MIN, READ_MAX);
        loop {
            let mut pipeline = redis::pipe();
            pipeline.cmd("XRANGE").arg(&stream).arg(format!("({next}")).arg("+").arg("COUNT").arg(batch);
            let answer = inner.line.send("results", Lead::Shared, Repeat::Once, &pipeline).await?;
            let entries: Vec<Entry> = answer::only(answer)?;
            let is_end = entries.len() < batch;
            for (cursor, fields) in entries {
                next.clone_from(&cursor);
                if fields.iter().any(|(name, value)| name == "session" && value == session.as_str()) {
                    events.push(read(shard, session, cursor, fields)?);
                }
                if events.len() == limit {
                    return Ok(ResultPage { events, next });
                }
            }
            if is_end {
                return Ok(ResultPage { events, next });
            }
        }
    }
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

fn read(shard: Shard, session: &SessionId, cursor: String, fields: Vec<(String, String)>) -> Result<ResultEvent> {
    let field = |wanted: &str| fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let broken = || answer::unexpected("an event");
    let uuid = field("job").and_then(|text| Uuid::try_parse(text).ok()).ok_or_else(broken)?;
    let state = field("state").and_then(|text| text.parse().ok()).ok_or_else(broken)?;
    let result = field("result").map(serde_json::from_str).transpose().map_err(Error::Envelope)?;
    Ok(ResultEvent {
        job: JobId { shard, uuid },
        session: session.clone(),
        subject: field("subject").map(SubjectId::new).transpose()?,
        state,
        result,
        error: field("error").map(str::to_owned),
        cursor,
    })
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
