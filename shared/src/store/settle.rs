//! Verbs of the workers that end a claim: finish, retry, bury.

use std::time::Duration;

use super::batch::{by_shard, in_order};
use super::line::{Lead, Repeat};
use super::scripts;
use super::take::{Claim, claim_arguments};
use super::{Store, answer};
use crate::Result;
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
    /// photo by now is settled as cancelled with `superseded`.
    ///
    /// # Errors
    /// When Redis fails; may then be called again.
    pub async fn finish(&self, finished: &[Finished]) -> Result<Vec<bool>> {
        let groups = by_shard(finished, |finished| &finished.claim);
        let calls: Vec<_> = groups
            .iter()
            .map(|group| {
                let call = self.call(&scripts::FINISH, finished[group[0]].claim.job.shard);
                group.iter().map(|index| &finished[*index]).fold(call, |call, finished| {
                    let result =
                        serde_json::to_string(&finished.result).expect("a result is plain data with text keys");
                    claim_arguments(call, &finished.claim).argument(result)
                })
            })
            .collect();
        let answer = self.inner.line.run("finish", Lead::Shared, Repeat::Once, &calls).await?;
        in_order(finished.len(), &groups, answer)
    }

    /// Puts a job aside for another try after `pause`; `false` when the claim is not the living one.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn retry(&self, claim: &Claim, code: &str, pause: Duration) -> Result<bool> {
        self.delay(claim, code, pause, true).await
    }

    /// As [`Store::retry`], but the try does not count.
    ///
    /// # Errors
    /// When Redis fails.
    pub(super) async fn put_aside(&self, claim: &Claim, code: &str, pause: Duration) -> Result<bool> {
        self.delay(claim, code, pause, false).await
    }

    async fn delay(&self, claim: &Claim, code: &str, pause: Duration, counts: bool) -> Result<bool> {
        let call = claim_arguments(self.call(&scripts::RETRY, claim.job.shard), claim)
            .argument(code)
            .argument(milliseconds(pause))
            .argument(u8::from(counts));
        answer::only(self.inner.line.run("retry", Lead::Shared, Repeat::Once, &[call]).await?)
    }

    /// Gives a job up; `false` when the claim is not the living one.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn bury(&self, claim: &Claim, code: &str) -> Result<bool> {
        let call = claim_arguments(self.call(&scripts::BURY, claim.job.shard), claim).argument(code);
        answer::only(self.inner.line.run("bury", Lead::Shared, Repeat::Once, &[call]).await?)
    }
}

/// A duration as scripts take it; longer than any life where it does not fit.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    // Lua counts in doubles, which are exact up to here.
    const EXACT_MAX: u64 = 1 << 53;
    u64::try_from(duration.as_millis()).unwrap_or(EXACT_MAX).min(EXACT_MAX)
}
