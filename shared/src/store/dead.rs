//! Verbs on dead jobs: list, replay, drop.

use std::collections::BTreeMap;

use redis::Value;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::keys::member;
use super::line::{Lead, Repeat};
use super::record::{Record, job_of, state_of};
use super::scripts::{self, Script, ScriptCall};
use super::{Store, answer};
use crate::job::{JobId, State};
use crate::lane::{Lane, Shard};
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::{Error, Result};

/// Most dead jobs that one call of a script looks at: a millisecond or two, in which Redis serves nobody else.
const LOOK_BATCH: usize = 500;
/// Most jobs that one call of a script replays or drops: to replay one, the events of its last millisecond are
/// searched.
const CHANGE_BATCH: usize = 50;
/// Most jobs of one page.
const PAGE_MAX: usize = 1_000;
/// Most pages of one call of a verb on many jobs; the caller goes on from where it ended.
const PAGES_MAX: usize = 10;

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

/// What a verb on many dead jobs did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Bulk {
    /// Jobs that were replayed or dropped.
    pub changed: u64,
    /// Jobs that stay dead: superseded, or their lane is full.
    pub refused: u64,
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

    /// Brings dead jobs back into their lanes: tries count anew, and a deadline that has passed holds no more.
    /// Answers each job's state now; one that was replayed before is where it is.
    ///
    /// # Errors
    /// When Redis fails; for one job [`Error::UnknownJob`] (of another tenant too), [`Error::Superseded`],
    /// [`Error::LaneFull`], [`Error::NotDead`].
    pub async fn replay(&self, tenant: &TenantId, jobs: &[JobId]) -> Result<Vec<Result<State>>> {
        let limits = &self.inner.limits;
        let first = |call: ScriptCall| call.argument(tenant.as_str()).argument(limits.lane_jobs);
        let words = self.each_of("replay", &scripts::REPLAY, jobs, first).await?;
        let answer = |word: String| match word.as_str() {
            "unknown" => Ok(Err(Error::UnknownJob)),
            "superseded" => Ok(Err(Error::Superseded)),
            "lane_full" => Ok(Err(Error::LaneFull { retry_after: limits.retry_after })),
            letter => match state_of(letter)? {
                state @ (State::Done | State::Cancelled) => Ok(Err(Error::NotDead { state: state.name() })),
                state => Ok(Ok(state)),
            },
        };
        words.into_iter().map(answer).collect()
    }

    /// Forgets dead jobs for good; counters keep them.
    ///
    /// # Errors
    /// When Redis fails; for one job [`Error::UnknownJob`] (of another tenant too), [`Error::NotDead`].
    pub async fn drop_dead(&self, tenant: &TenantId, jobs: &[JobId]) -> Result<Vec<Result<()>>> {
        let words = self.each_of("drop", &scripts::DROP, jobs, |call| call.argument(tenant.as_str())).await?;
        let answer = |word: String| match word.as_str() {
            "unknown" => Ok(Err(Error::UnknownJob)),
            letter => match state_of(letter)? {
                State::Dead => Ok(Ok(())),
                state => Ok(Err(Error::NotDead { state: state.name() })),
            },
        };
        words.into_iter().map(answer).collect()
    }

    /// Replays the dead jobs that `filter` means, up to 10,000 in one call.
    ///
    /// # Errors
    /// As [`Store::dead`].
    pub async fn replay_all(&self, tenant: &TenantId, filter: &DeadFilter, after: Option<&str>) -> Result<Bulk> {
        self.in_bulk(tenant, filter, after, async |jobs: &[JobId]| {
            let answers = self.replay(tenant, jobs).await?;
            Ok(answers.iter().filter(|answer| answer.is_ok()).count())
        })
        .await
    }

    /// Drops the dead jobs that `filter` means, up to 10,000 in one call.
    ///
    /// # Errors
    /// As [`Store::dead`].
    pub async fn drop_all(&self, tenant: &TenantId, filter: &DeadFilter, after: Option<&str>) -> Result<Bulk> {
        self.in_bulk(tenant, filter, after, async |jobs: &[JobId]| {
            let answers = self.drop_dead(tenant, jobs).await?;
            Ok(answers.iter().filter(|answer| answer.is_ok()).count())
        })
        .await
    }

    async fn in_bulk(
        &self,
        tenant: &TenantId,
        filter: &DeadFilter,
        after: Option<&str>,
        change: impl AsyncFn(&[JobId]) -> Result<usize>,
    ) -> Result<Bulk> {
        let mut bulk = Bulk { next: after.map(str::to_owned), ..Bulk::default() };
        for _ in 0..PAGES_MAX {
            let page = self.dead(tenant, filter, bulk.next.as_deref(), PAGE_MAX).await?;
            let jobs: Vec<JobId> = page.jobs.iter().map(|job| job.id).collect();
            let changed = change(&jobs).await?;
            bulk.changed += changed as u64;
            bulk.refused += (jobs.len() - changed) as u64;
            bulk.next = page.next;
            if bulk.next.is_none() {
                break;
            }
        }
        Ok(bulk)
    }

    /// Runs a script over jobs of any shards; answers its word for each, in the order given.
    async fn each_of(
        &self,
        verb: &'static str,
        script: &'static Script,
        jobs: &[JobId],
        first: impl Fn(ScriptCall) -> ScriptCall,
    ) -> Result<Vec<String>> {
        let mut shards: BTreeMap<Shard, Vec<usize>> = BTreeMap::new();
        for (index, job) in jobs.iter().enumerate() {
            shards.entry(job.shard).or_default().push(index);
        }
        let mut words = vec![String::new(); jobs.len()];
        for (shard, places) in &shards {
            for part in places.chunks(CHANGE_BATCH) {
                let uuids = part.iter().map(|index| jobs[*index].uuid.as_bytes().as_slice());
                let call = first(self.call(script, *shard)).arguments(uuids);
                let answer = self.inner.line.run(verb, Lead::Shared, Repeat::Once, &[call]).await?;
                let answers: Vec<String> = answer::only(answer)?;
                if answers.len() != part.len() {
                    return Err(answer::unexpected("a count of answers"));
                }
                part.iter().zip(answers).for_each(|(index, word)| words[*index] = word);
            }
        }
        Ok(words)
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
