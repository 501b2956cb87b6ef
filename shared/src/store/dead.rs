//! Verb on dead jobs: list; `replay` has the others.

use redis::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::keys::member;
use super::line::{Lead, Repeat};
use super::record::{Record, job_of};
use super::{Store, answer, scripts};
use crate::job::JobId;
use crate::lane::{Lane, Shard};
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::{Error, Result};

/// Most dead jobs that one call of a script looks at: a millisecond or two, in which Redis serves nobody else.
const LOOK_BATCH: usize = 500;
/// Most jobs of one page.
pub(super) const PAGE_MAX: usize = 1_000;

/// Which dead jobs are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadFilter {
    /// Those of one session only.
    pub session: Option<SessionId>,
    /// Those given up for one reason only: a code.
    pub reason: Option<String>,
}

/// A job that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadJob {
    /// The job.
    pub id: JobId,
    /// Its session.
    pub session: SessionId,
    /// Its subject, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Counts replacements of the subject's photo.
    pub generation: u32,
    /// How urgent it was.
    pub lane: Lane,
    /// The batch it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Why it was given up: a code.
    pub reason: String,
    /// When, in milliseconds since 1970 UTC.
    pub at_ms: u64,
    /// Tries begun.
    pub attempts: u32,
}

/// Some dead jobs, those given up first at the front.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeadPage {
    /// The jobs.
    pub jobs: Vec<DeadJob>,
    /// Where to go on, while there may be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A place in the order of dead jobs: by moment, then by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cursor {
    ms: u64,
    uuid: Option<Uuid>,
}

impl Cursor {
    fn read(text: Option<&str>) -> Result<Self> {
        let Some(text) = text else { return Ok(Self::default()) };
        let parts = text.split_once('-').and_then(|(ms, uuid)| {
            let uuid = Uuid::try_parse(uuid).ok()?;
            Some(Self { ms: ms.parse().ok()?, uuid: Some(uuid) })
        });
        parts.ok_or(Error::InvalidName { what: "cursor" })
    }

    fn of(job: &DeadJob) -> Self {
        Self { ms: job.at_ms, uuid: Some(job.id.uuid) }
    }

    fn digits(&self) -> String {
        self.uuid.map(|uuid| uuid.simple().to_string()).unwrap_or_default()
    }

    fn text(&self) -> String {
        format!("{}-{}", self.ms, self.digits())
    }
}

impl Store {
    /// Dead jobs of a tenant after a cursor, at most `limit` (1 to 1,000), those given up first at the front.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a cursor that is none.
    pub async fn dead(
        &self,
        tenant: &TenantId,
        filter: &DeadFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<DeadPage> {
        let (from, limit) = (Cursor::read(after)?, limit.clamp(1, PAGE_MAX));
        let shards: Vec<Shard> = match &filter.session {
            Some(session) => vec![self.inner.shards.of(tenant, session)],
            None => self.inner.shards.all().collect(),
        };
        let (mut jobs, mut has_more) = (Vec::new(), false);
        for shard in shards {
            let (found, more) = self.dead_of(shard, tenant, filter, from, limit).await?;
            jobs.extend(found);
            has_more |= more;
        }
        jobs.sort_by_key(Cursor::of);
        has_more |= jobs.len() > limit;
        jobs.truncate(limit);
        let next = jobs.last().filter(|_| has_more).map(|job| Cursor::of(job).text());
        Ok(DeadPage { jobs, next })
    }

    /// Dead jobs of one shard, at most `limit`, and whether there may be more.
    async fn dead_of(
        &self,
        shard: Shard,
        tenant: &TenantId,
        filter: &DeadFilter,
        mut from: Cursor,
        limit: usize,
    ) -> Result<(Vec<DeadJob>, bool)> {
        type Page = (bool, u64, String, Vec<(Vec<u8>, u64, Value)>);
        let mut jobs = Vec::new();
        loop {
            let call = self
                .call(&scripts::DEAD_PAGE, shard)
                .argument(tenant.as_str())
                .argument(filter.session.as_ref().map(|session| member(tenant, session)).unwrap_or_default())
                .argument(filter.reason.as_deref().unwrap_or_default())
                .argument(from.ms)
                .argument(from.digits())
                .argument(limit - jobs.len())
                .argument(LOOK_BATCH);
            let answer = self.inner.line.run("dead", Lead::Aside, Repeat::Once, &[call]).await?;
            let (has_more, ms, uuid, found): Page = answer::only(answer)?;
            for (uuid, ms, record) in found {
                jobs.push(dead_job(job_of(shard, &uuid)?, ms, Record::read(record)?));
            }
            if !has_more || jobs.len() >= limit {
                return Ok((jobs, has_more));
            }
            from = Cursor::read(Some(&format!("{ms}-{uuid}")))?;
        }
    }
}

fn dead_job(id: JobId, at_ms: u64, record: Record) -> DeadJob {
    DeadJob {
        id,
        session: record.session,
        subject: record.subject,
        generation: record.generation,
        lane: record.lane,
        batch: record.batch,
        reason: record.error.unwrap_or_default(),
        at_ms,
        attempts: record.attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        let cursor = Cursor { ms: 1_700_000_000_000, uuid: Some(Uuid::from_u128(7)) };
        assert_eq!(Cursor::read(Some(&cursor.text())).unwrap(), cursor);
        assert!(Cursor::read(None).unwrap() < cursor);
        for bad in ["", "1", "-", "1-2", "x-00000000000000000000000000000007", "0"] {
            assert!(Cursor::read(Some(bad)).is_err(), "{bad:?}");
        }
    }
}
