//! Verbs of the workers on jobs they want or hold: take, extend, give back.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::{by_shard, in_order};
use super::board::{Board, Quota};
use super::line::{Lead, Repeat};
use super::record::{Folded, job_of};
use super::scripts::{self, ScriptCall};
use super::settle::milliseconds;
use super::{Store, answer};
use crate::job::{Attempt, Job, JobId};
use crate::lane::{LANES, Lane, Shard};
use crate::{Error, Result};

/// How long a job of a newer schema is put aside, for a newer worker to find it when it is back.
const NEWER_PAUSE: Duration = Duration::from_secs(5);
/// Most jobs of one take: Redis serves nobody else while a script claims, and 500 take about 3 ms.
const TAKE_MAX: usize = 500;
/// Rounds of one take: more than one where streams held less than their share.
const TAKE_ROUNDS: usize = 4;
/// Sessions of a lane and shard that one look names.
const LOOK_SESSIONS: usize = 64;

/// The right to settle: a job and the fence under which it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Claim {
    /// The job.
    pub job: JobId,
    /// Its lane.
    pub lane: Lane,
    /// The fence.
    pub fence: u32,
}

/// What one call of the script answers: Redis' clock in microseconds, which streams are empty now, claims.
type Served = (u64, Vec<bool>, Vec<u8>);

/// A job that was claimed: the claim, which try it is, what its envelope says.
type Taken = (Claim, u32, Result<Job>);

/// Bytes of a claim as the lease names it: UUID and fence.
const CLAIM_BYTES: usize = 24;

impl Store {
    /// Takes up to `want` jobs (500 at most) on lease: lanes by weight, tenants and sessions in turn.
    ///
    /// A job of a newer schema goes back for some seconds without counting the try; one that cannot be
    /// read at all is given up with `envelope_invalid`.
    ///
    /// # Errors
    /// When Redis fails; jobs taken by an answer that got lost come back after their lease.
    pub async fn take(&self, want: usize) -> Result<Vec<Attempt>> {
        self.take_from(want, false).await
    }

    /// As [`Store::take`], from the lanes only in which people wait.
    ///
    /// # Errors
    /// As [`Store::take`].
    pub async fn take_urgent(&self, want: usize) -> Result<Vec<Attempt>> {
        self.take_from(want, true).await
    }

    async fn take_from(&self, want: usize, urgent: bool) -> Result<Vec<Attempt>> {
        let mut attempts = Vec::new();
        let mut left = want.min(TAKE_MAX);
        let mut looked = false;
        for _ in 0..TAKE_ROUNDS {
            let quotas = self.plan(left, urgent, &mut looked).await?;
            if quotas.is_empty() {
                break;
            }
            let taken = self.claim(quotas).await?;
            left -= taken.len();
            for (claim, tries, job) in taken {
                attempts.extend(self.open(claim, tries, job).await);
            }
        }
        attempts.sort_by_key(|attempt| attempt.job.lane);
        Ok(attempts)
    }

    /// Decides what to take from what is known; looks at all shards where too little is known.
    async fn plan(&self, want: usize, urgent: bool, looked: &mut bool) -> Result<Vec<Quota>> {
        if want == 0 {
            return Ok(Vec::new());
        }
        // Who hears the bell knows of new sessions at once; who does not has to look each time.
        let is_deaf = !self.inner.tower.hears_of_work();
        if !*looked && (is_deaf || self.board().is_stale()) {
            self.look_around().await?;
            *looked = true;
        }
        Ok(self.board().plan(want, urgent))
    }

    /// Asks every shard which sessions have waiting jobs.
    async fn look_around(&self) -> Result<()> {
        let inner = &self.inner;
        let news = self.board().news();
        let shards: Vec<Shard> = inner.shards.all().collect();
        let calls: Vec<_> =
            shards.iter().map(|shard| self.call(&scripts::LOOK, *shard).argument(LOOK_SESSIONS)).collect();
        let answers = inner.line.run_each("look_around", Lead::Shared, Repeat::Once, &calls).await;
        let mut found = Vec::new();
        for (shard, value) in answered(shards.into_iter().zip(answers))? {
            let lanes: Vec<Vec<(String, f64)>> = answer::one(value)?;
            for (row, sessions) in LANES.iter().zip(lanes) {
                found.extend(sessions.into_iter().map(|(name, served)| (row.lane, (shard, name), served as u64)));
            }
        }
        self.board().looked(found, news);
        Ok(())
    }

    /// Claims what was planned, most urgent lanes first.
    async fn claim(&self, quotas: Vec<Quota>) -> Result<Vec<Taken>> {
        let mut shards: BTreeMap<Shard, Vec<Quota>> = BTreeMap::new();
        for quota in quotas {
            shards.entry(quota.place.0).or_default().push(quota);
        }
        let calls: Vec<_> = shards.iter().map(|(shard, quotas)| self.take_call(*shard, quotas)).collect();
        let answers = self.inner.line.run_each("take", Lead::Shared, Repeat::Never, &calls).await;
        let mut claimed = Vec::new();
        for ((shard, quotas), value) in answered(shards.iter().zip(answers))? {
            let (now_us, empty, claims): Served = answer::one(value)?;
            self.inner.clock.told(now_us);
            for (quota, empty) in quotas.iter().zip(empty) {
                self.board().served(quota, now_us, empty);
            }
            let claims = claims.chunks_exact(CLAIM_BYTES).map(|claim| claim_of(*shard, claim));
            claimed.push(claims.collect::<Result<Vec<_>>>()?);
        }
        claimed.retain(|claims| !claims.is_empty());
        self.read_claimed(claimed).await
    }

    /// Reads the records of jobs that were claimed, shard by shard. One that was cancelled meanwhile is left out.
    async fn read_claimed(&self, claimed: Vec<Vec<(JobId, u32)>>) -> Result<Vec<Taken>> {
        let groups: Vec<Vec<JobId>> =
            claimed.iter().map(|claims| claims.iter().map(|(job, _)| *job).collect()).collect();
        let records = self.records("take", &groups).await;
        let mut taken = Vec::new();
        for (claims, records) in answered(claimed.into_iter().zip(records))? {
            for ((job, fence), record) in claims.into_iter().zip(records) {
                let Some(raw) = record else { continue };
                let record = Folded::read(&raw)?;
                if record.is_found_by(fence) {
                    let claim = Claim { job, lane: record.lane, fence };
                    self.inner.heads.keep(claim, record.head());
                    taken.push((claim, record.next_try(), record.job()));
                }
            }
        }
        Ok(taken)
    }

    fn take_call(&self, shard: Shard, quotas: &[Quota]) -> ScriptCall {
        let call = self.call(&scripts::TAKE, shard).argument(milliseconds(self.inner.limits.lease));
        quotas.iter().fold(call, |call, quota| {
            call.argument(quota.lane as usize + 1).argument(&quota.place.1).argument(quota.jobs)
        })
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.inner.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at what an envelope says. What cannot be done here leaves the worker's hands at once; should Redis fail
    /// meanwhile, the lease brings it back.
    async fn open(&self, claim: Claim, tries: u32, job: Result<Job>) -> Option<Attempt> {
        let id = claim.job;
        let cause = match job {
            Ok(job) if job.id == id && job.lane == claim.lane => {
                return Some(Attempt { job, fence: claim.fence, number: tries });
            }
            Ok(_) => answer::unexpected("another job's envelope"),
            Err(cause) => cause,
        };
        tracing::warn!(job = %id, code = cause.code(), %cause, "job cannot be read");
        let left = match cause {
            Error::SchemaNewer { .. } => self.put_aside(&claim, cause.code(), NEWER_PAUSE).await,
            cause => self.bury(&claim, cause.code()).await,
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
    pub async fn extend(&self, held: &[Claim]) -> Result<Vec<Claim>> {
        let groups = by_shard(held, |claim| *claim);
        let lease = milliseconds(self.inner.limits.lease);
        let calls: Vec<_> = groups
            .iter()
            .map(|group| {
                let call = self.call(&scripts::EXTEND, held[group[0]].job.shard).argument(lease);
                group.iter().fold(call, |call, index| call.argument(claim_name(&held[*index])))
            })
            .collect();
        let answer = self.inner.line.run("extend", Lead::Shared, Repeat::Once, &calls).await?;
        let mut renewed = vec![false; held.len()];
        in_order(&mut renewed, &groups, answer)?;
        Ok(held.iter().zip(renewed).filter(|(_, renewed)| !renewed).map(|(claim, _)| *claim).collect())
    }

    /// Returns jobs untouched, for a drain: they wait again, before others, and the try does not count.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn give_back(&self, claims: &[Claim]) -> Result<()> {
        let groups = by_shard(claims, |claim| *claim);
        let calls: Vec<_> = groups
            .iter()
            .map(|group| {
                let call = self.call(&scripts::GIVE_BACK, claims[group[0]].job.shard);
                group.iter().fold(call, |call, index| claim_arguments(call, &claims[*index]))
            })
            .collect();
        self.inner.line.run("give_back", Lead::Shared, Repeat::Once, &calls).await?;
        Ok(())
    }
}

/// A claim as scripts take it.
pub(super) fn claim_arguments(call: ScriptCall, claim: &Claim) -> ScriptCall {
    call.argument(claim.job.uuid.as_bytes().as_slice()).argument(format!("{:08}", claim.fence))
}

/// A claim as the lease names it.
pub(super) fn claim_name(claim: &Claim) -> Vec<u8> {
    [claim.job.uuid.as_bytes().as_slice(), format!("{:08}", claim.fence).as_bytes()].concat()
}

/// A job and its fence, by what the lease names the claim.
fn claim_of(shard: Shard, name: &[u8]) -> Result<(JobId, u32)> {
    let (uuid, fence) = name.split_at(CLAIM_BYTES - 8);
    let fence = std::str::from_utf8(fence).ok().and_then(|fence| fence.parse().ok());
    Ok((job_of(shard, uuid)?, fence.ok_or_else(|| answer::unexpected("a fence"))?))
}

/// The shards that answered: where one server of a cluster is away, the others are served.
///
/// # Errors
/// The first error, when no shard answered.
fn answered<T, A>(shards: impl Iterator<Item = (T, Result<A>)>) -> Result<Vec<(T, A)>> {
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
