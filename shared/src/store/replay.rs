//! Verbs that change dead jobs: replay, drop.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dead::{DeadFilter, PAGE_MAX};
use super::line::{Lead, Repeat};
use super::record::state_of;
use super::scripts::{self, Script, ScriptCall};
use super::{Store, answer};
use crate::job::{JobId, State};
use crate::lane::Shard;
use crate::name::TenantId;
use crate::{Error, Result};

/// Most jobs that one call of a script replays or drops: to replay one, the events of its last millisecond are
/// searched.
const CHANGE_BATCH: usize = 50;
/// Most pages of one call of a verb on many jobs; the caller goes on from where it ended.
const PAGES_MAX: usize = 10;

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

/// What a verb on many dead jobs does with each.
#[derive(Clone, Copy, Debug)]
enum Change {
    Replay,
    Drop,
}

impl Store {
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
        self.in_bulk(tenant, filter, after, Change::Replay).await
    }

    /// Drops the dead jobs that `filter` means, up to 10,000 in one call.
    ///
    /// # Errors
    /// As [`Store::dead`].
    pub async fn drop_all(&self, tenant: &TenantId, filter: &DeadFilter, after: Option<&str>) -> Result<Bulk> {
        self.in_bulk(tenant, filter, after, Change::Drop).await
    }

    async fn in_bulk(
        &self,
        tenant: &TenantId,
        filter: &DeadFilter,
        after: Option<&str>,
        change: Change,
    ) -> Result<Bulk> {
        let mut bulk = Bulk { next: after.map(str::to_owned), ..Bulk::default() };
        for _ in 0..PAGES_MAX {
            let page = self.dead(tenant, filter, bulk.next.as_deref(), PAGE_MAX).await?;
            let jobs: Vec<JobId> = page.jobs.iter().map(|job| job.id).collect();
            let changed = match change {
                Change::Replay => self.replay(tenant, &jobs).await?.iter().filter(|answer| answer.is_ok()).count(),
                Change::Drop => self.drop_dead(tenant, &jobs).await?.iter().filter(|answer| answer.is_ok()).count(),
            };
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
                let answer = self.inner.line.run(verb, Lead::Sure, Repeat::Once, &[call]).await?;
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
