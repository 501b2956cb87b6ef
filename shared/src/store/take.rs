//! Verbs of the workers on jobs they want or hold: take, extend, give back, leave.

use std::time::Duration;

use redis::Value;
use uuid::Uuid;

use super::batch::{by_shard, in_order};
use super::bell::RING_WAITING;
use super::keys::{GROUP, uuid_text};
use super::line::{Lead, Repeat};
use super::rotor::{ByLane, Quota};
use super::scripts::{self, ScriptCall};
use super::{Store, answer};
use crate::job::{Attempt, JobId};
use crate::lane::{LANES, Lane};
use crate::{Error, Result, wire};

/// How long a job of a newer schema is put aside, for a newer worker to find it when it is back.
const NEWER_PAUSE: Duration = Duration::from_secs(5);
/// Most jobs of one take: Redis serves nobody else while a script claims, and 500 take about 3 ms.
const TAKE_MAX: usize = 500;
/// Rounds of one take: more than one only where other workers were faster.
const TAKE_ROUNDS: usize = 3;

/// A worker's name, unique per process start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorkerName(pub String);

impl WorkerName {
    /// A new name; it tells nothing of the machine.
    #[must_use]
    pub fn unique() -> Self {
        Self(format!("w-{}", uuid::Uuid::now_v7().simple()))
    }
}

/// The right to settle: a job and the fence under which it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The job.
    pub job: JobId,
    /// Its lane, part of its stream's key.
    pub lane: Lane,
    /// The fence.
    pub attempt: u32,
}

/// A job as the script hands it out: number of its stream in the call, UUID, attempt, envelope.
type Taken = (usize, String, u32, Vec<u8>);

impl Store {
    /// Takes up to `want` jobs (500 at most), lanes by weight and shards in turn, and leases them to
    /// `worker`.
    ///
    /// A job of a newer schema goes back for some seconds without counting the try; one that cannot be
    /// read at all is given up with `envelope_invalid`.
    ///
    /// # Errors
    /// When Redis fails; jobs taken by an answer that got lost come back after their lease.
    pub async fn take(&self, worker: &WorkerName, want: usize) -> Result<Vec<Attempt>> {
        let mut attempts = Vec::new();
        for _ in 0..TAKE_ROUNDS {
            let quotas = self.plan(want.min(TAKE_MAX)).await?;
            if quotas.is_empty() {
                break;
            }
            for (claim, envelope) in self.claim(worker, &quotas).await? {
                attempts.extend(self.open(worker, claim, &envelope).await);
            }
            if !attempts.is_empty() {
                break;
            }
        }
        Ok(attempts)
    }

    /// Asks every shard what waits, and decides what to take.
    async fn plan(&self, want: usize) -> Result<Vec<Quota>> {
        let inner = &self.inner;
        if want == 0 {
            return Ok(Vec::new());
        }
        let calls: Vec<_> =
            inner.shards.all().map(|shard| scripts::WAITING.call().keys(inner.keys.streams(shard))).collect();
        let answers = inner.line.run_each("waiting", Lead::Shared, Repeat::Once, &calls).await;
        let waiting = answered(inner.shards.all().zip(answers))?.into_iter().map(|(shard, counts)| {
            let counts: Vec<u64> = answer::one(counts)?;
            let lanes: ByLane = counts.try_into().map_err(|_| answer::unexpected("a count of lanes"))?;
            Ok((shard, lanes))
        });
        let waiting = waiting.collect::<Result<_>>()?;
        let mut rotor = inner.rotor.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(rotor.plan(waiting, want))
    }

    /// Claims what was planned, most urgent lanes first.
    async fn claim(&self, worker: &WorkerName, quotas: &[Quota]) -> Result<Vec<(Claim, Vec<u8>)>> {
        let calls: Vec<_> = quotas.iter().map(|quota| self.take_call(worker, quota)).collect();
        let answers = self.inner.line.run_each("take", Lead::Shared, Repeat::Never, &calls).await;
        let mut claims = Vec::new();
        for (quota, value) in answered(quotas.iter().zip(answers))? {
            let lanes: Vec<Lane> = lanes_of(quota).map(|(lane, _)| lane).collect();
            let taken: Vec<Value> = answer::one(value)?;
            for taken in taken {
                let (stream, uuid, attempt, envelope): Taken = answer::one(taken)?;
                let lane = stream.checked_sub(1).and_then(|index| lanes.get(index)).copied();
                let lane = lane.ok_or_else(|| answer::unexpected("a stream's number"))?;
                let uuid = Uuid::try_parse(&uuid).map_err(|_| answer::unexpected("a job's name"))?;
                claims.push((Claim { job: JobId { shard: quota.shard, uuid }, lane, attempt }, envelope));
            }
        }
        claims.sort_by_key(|(claim, _)| claim.lane);
        Ok(claims)
    }

    fn take_call(&self, worker: &WorkerName, quota: &Quota) -> ScriptCall {
        let keys = &self.inner.keys;
        scripts::TAKE
            .call()
            .keys(lanes_of(quota).map(|(lane, _)| keys.stream(lane, quota.shard)))
            .argument(GROUP)
            .argument(&worker.0)
            .argument(keys.job_base(quota.shard))
            .arguments(lanes_of(quota).map(|(_, jobs)| jobs))
    }

    /// Reads an envelope. What cannot be done here leaves the worker's hands at once; should Redis fail
    /// meanwhile, the lease brings it back.
    async fn open(&self, worker: &WorkerName, claim: Claim, envelope: &[u8]) -> Option<Attempt> {
        let id = claim.job;
        let cause = match wire::decode(&String::from_utf8_lossy(envelope)) {
            Ok(job) if job.id == id && job.lane == claim.lane => return Some(Attempt { job, number: claim.attempt }),
            Ok(_) => answer::unexpected("another job's envelope"),
            Err(cause) => cause,
        };
        tracing::warn!(job = %id, code = cause.code(), %cause, "job cannot be read");
        let left = match cause {
            Error::SchemaNewer { .. } => self.put_aside(worker, &claim, cause.code(), NEWER_PAUSE).await,
            cause => self.bury(worker, &claim, cause.code()).await,
        };
        if let Err(cause) = left {
            tracing::warn!(job = %id, code = cause.code(), %cause, "job stays until its lease ends");
        }
        None
    }

    /// Renews the leases of `held`; answers those that are lost.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn extend(&self, worker: &WorkerName, held: &[Claim]) -> Result<Vec<Claim>> {
        let groups = by_shard(held, |claim| claim);
        let calls: Vec<_> = groups
            .iter()
            .map(|group| {
                let call = scripts::EXTEND.call().keys(self.claim_keys(group.iter().map(|index| &held[*index])));
                let attempts = group.iter().map(|index| held[*index].attempt);
                call.argument(GROUP).argument(&worker.0).arguments(attempts)
            })
            .collect();
        let answer = self.inner.line.run("extend", Lead::Shared, Repeat::Once, &calls).await?;
        let renewed = in_order(held.len(), &groups, answer)?;
        Ok(held.iter().zip(renewed).filter(|(_, renewed)| !renewed).map(|(claim, _)| *claim).collect())
    }

    /// Returns jobs untouched, for a drain or a newer schema: they wait again and the try does not count.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn give_back(&self, worker: &WorkerName, claims: &[Claim]) -> Result<()> {
        let groups = by_shard(claims, |claim| claim);
        let calls: Vec<_> = groups
            .iter()
            .map(|group| {
                let mut call = scripts::GIVE_BACK
                    .call()
                    .keys(self.claim_keys(group.iter().map(|index| &claims[*index])))
                    .argument(GROUP)
                    .argument(&worker.0)
                    .argument(self.inner.keys.bell())
                    .argument(RING_WAITING);
                for index in group {
                    call = call.argument(uuid_text(&claims[*index].job.uuid)).argument(claims[*index].attempt);
                }
                call
            })
            .collect();
        self.inner.line.run("give_back", Lead::Shared, Repeat::Once, &calls).await?;
        Ok(())
    }

    /// Forgets the worker, if it holds nothing.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn leave(&self, worker: &WorkerName) -> Result<()> {
        let inner = &self.inner;
        let calls: Vec<_> = inner
            .shards
            .all()
            .map(|shard| scripts::LEAVE.call().keys(inner.keys.streams(shard)).argument(GROUP).argument(&worker.0))
            .collect();
        inner.line.run("leave", Lead::Shared, Repeat::Once, &calls).await?;
        Ok(())
    }

    /// Job hash and lane stream of each claim in turn.
    pub(super) fn claim_keys<'a>(&'a self, claims: impl Iterator<Item = &'a Claim>) -> impl Iterator<Item = String> {
        let keys = &self.inner.keys;
        claims.flat_map(|claim| [keys.job(&claim.job), keys.stream(claim.lane, claim.job.shard)])
    }
}

/// The shards that answered: where one server of a cluster is away, the others are served.
///
/// # Errors
/// The first error, when no shard answered.
fn answered<T>(shards: impl Iterator<Item = (T, Result<Value>)>) -> Result<Vec<(T, Value)>> {
    let (mut answered, mut failed) = (Vec::new(), None);
    for (shard, answer) in shards {
        match answer {
            Ok(value) => answered.push((shard, value)),
            Err(cause) => failed = failed.or(Some(cause)),
        }
    }
    match failed {
        Some(cause) if answered.is_empty() => Err(cause),
        _ => Ok(answered),
    }
}

/// The lanes that a quota names, with their counts.
fn lanes_of(quota: &Quota) -> impl Iterator<Item = (Lane, u64)> {
    LANES.iter().zip(quota.lanes).filter(|(_, jobs)| *jobs > 0).map(|(row, jobs)| (row.lane, jobs))
}
