//! Verbs of the workers that end a claim: finish, retry, bury.

use std::time::Duration;

use super::batch::{by_shard, in_order};
use super::bell::ring_settled;
use super::keys::{GROUP, uuid_text};
use super::line::{Lead, Repeat};
use super::scripts::{self, ScriptCall};
use super::take::{Claim, WorkerName};
use super::{Store, answer};
use crate::Result;
use crate::lane::Shard;
use crate::outcome::JobResult;

/// A job done and its answer.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The right to settle.
    pub claim: Claim,
    /// The answer.
    pub result: JobResult,
}

impl Store {
    /// Settles jobs as done; answers for each whether this claim was the living one. Repeated with the
    /// same claims it answers the same and tells nobody a second time. A job whose subject has a newer
    /// photo by now is settled as dead with `superseded`.
    ///
    /// # Errors
    /// When Redis fails; may then be called again.
    pub async fn finish(&self, worker: &WorkerName, finished: &[Finished]) -> Result<Vec<bool>> {
        let groups = by_shard(finished, |finished| &finished.claim);
        let calls: Vec<_> = groups
            .iter()
            .map(|group| {
                let group: Vec<_> = group.iter().map(|index| &finished[*index]).collect();
                self.finish_call(worker, &group)
            })
            .collect();
        let answer = self.inner.line.run("finish", Lead::Shared, Repeat::Once, &calls).await?;
        in_order(finished.len(), &groups, answer)
    }

    fn finish_call(&self, worker: &WorkerName, finished: &[&Finished]) -> ScriptCall {
        let shard = finished[0].claim.job.shard;
        let call = scripts::FINISH.call().keys(self.claim_keys(finished.iter().map(|finished| &finished.claim)));
        finished.iter().fold(self.settle_arguments(call, worker, shard), |call, finished| {
            let result = serde_json::to_string(&finished.result).expect("a result is plain data with text keys");
            call.argument(uuid_text(&finished.claim.job.uuid)).argument(finished.claim.attempt).argument(result)
        })
    }

    /// Puts a job aside for another try after `pause`; `false` when the claim is not the living one.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn retry(&self, worker: &WorkerName, claim: &Claim, code: &str, pause: Duration) -> Result<bool> {
        self.delay(worker, claim, code, pause, true).await
    }

    /// As [`Store::retry`], but the try does not count.
    ///
    /// # Errors
    /// When Redis fails.
    pub(super) async fn put_aside(
        &self,
        worker: &WorkerName,
        claim: &Claim,
        code: &str,
        pause: Duration,
    ) -> Result<bool> {
        self.delay(worker, claim, code, pause, false).await
    }

    async fn delay(
        &self,
        worker: &WorkerName,
        claim: &Claim,
        code: &str,
        pause: Duration,
        counts: bool,
    ) -> Result<bool> {
        let inner = &self.inner;
        let call = scripts::RETRY
            .call()
            .keys(self.claim_keys(std::iter::once(claim)))
            .key(inner.keys.delayed(claim.lane, claim.job.shard))
            .argument(GROUP)
            .argument(&worker.0)
            .argument(uuid_text(&claim.job.uuid))
            .argument(claim.attempt)
            .argument(code)
            .argument(milliseconds(pause))
            .argument(u8::from(counts));
        answer::only(inner.line.run("retry", Lead::Shared, Repeat::Once, &[call]).await?)
    }

    /// Gives a job up; `false` when the claim is not the living one.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn bury(&self, worker: &WorkerName, claim: &Claim, code: &str) -> Result<bool> {
        let call = scripts::BURY.call().keys(self.claim_keys(std::iter::once(claim)));
        let call = self
            .settle_arguments(call, worker, claim.job.shard)
            .argument(uuid_text(&claim.job.uuid))
            .argument(claim.attempt)
            .argument(code);
        answer::only(self.inner.line.run("bury", Lead::Shared, Repeat::Once, &[call]).await?)
    }

    /// What the settling scripts of workers want first.
    fn settle_arguments(&self, call: ScriptCall, worker: &WorkerName, shard: Shard) -> ScriptCall {
        let inner = &self.inner;
        call.argument(GROUP)
            .argument(&worker.0)
            .argument(inner.keys.base(shard))
            .argument(milliseconds(inner.limits.result_ttl))
            .argument(inner.limits.events)
            .argument(inner.keys.bell())
            .argument(ring_settled(shard))
    }
}

/// A duration as scripts take it; longer than any life where it does not fit.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    // Lua counts in doubles, which are exact up to here.
    const EXACT_MAX: u64 = 1 << 53;
    u64::try_from(duration.as_millis()).unwrap_or(EXACT_MAX).min(EXACT_MAX)
}
