//! Verbs of the workers that end a claim: finish, retry, bury.

use std::time::Duration;

use super::batch::{by_shard, in_order};
use super::line::{Lead, Repeat};
use super::record::Folded;
use super::scripts::{self, ScriptCall};
use super::take::{Claim, claim_arguments, claim_name};
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
    /// photo by now is settled as cancelled with `superseded`.
    ///
    /// # Errors
    /// When Redis fails; may then be called again.
    pub async fn finish(&self, finished: &[Finished]) -> Result<Vec<bool>> {
        let groups = by_shard(finished, |finished| finished.claim);
        let mut heads = self.heads(finished).await?;
        let mut settled = vec![false; finished.len()];
        let (mut calls, mut called) = (Vec::new(), Vec::new());
        for group in groups {
            let mut living = Vec::with_capacity(group.len());
            let heads: Vec<_> = group.into_iter().map(|index| (index, heads[index].take())).collect();
            for (index, head) in &heads {
                let Some(record) = head.as_deref().map(Folded::read).transpose()? else { continue };
                let fence = finished[*index].claim.fence;
                if record.is_found_by(fence) {
                    living.push((*index, record));
                } else {
                    settled[*index] = record.is_settled_by(fence);
                }
            }
            living.sort_by_key(|(_, record)| record.group());
            if let Some((first, _)) = living.first() {
                calls.push(self.finish_call(finished[*first].claim.job.shard, finished, &living));
                called.push(living.iter().map(|(index, _)| *index).collect::<Vec<_>>());
            }
        }
        let answer = self.inner.line.run("finish", Lead::Shared, Repeat::Once, &calls).await?;
        in_order(&mut settled, &called, answer)?;
        Ok(settled)
    }

    /// The records as far as they are known or there, in order; what is not remembered is read.
    async fn heads(&self, finished: &[Finished]) -> Result<Vec<Option<Box<[u8]>>>> {
        let mut heads: Vec<_> = finished.iter().map(|finished| self.inner.heads.take(&finished.claim)).collect();
        let unknown: Vec<_> = (0..heads.len()).filter(|index| heads[*index].is_none()).collect();
        let groups = by_shard(&unknown, |index| finished[*index].claim);
        let jobs = |group: &Vec<usize>| group.iter().map(|place| finished[unknown[*place]].claim.job).collect();
        let jobs: Vec<Vec<_>> = groups.iter().map(jobs).collect();
        for (group, records) in groups.iter().zip(self.records("finish", &jobs).await) {
            for (place, record) in group.iter().zip(records?) {
                heads[unknown[*place]] = record.map(Vec::into_boxed_slice);
            }
        }
        Ok(heads)
    }

    /// A call for claims of one shard that lived when their records were read; sorted by group.
    fn finish_call(&self, shard: Shard, finished: &[Finished], living: &[(usize, Folded<'_>)]) -> ScriptCall {
        let at_ms = self.inner.clock.now_ms();
        let groups: Vec<_> = living.chunk_by(|(_, one), (_, next)| one.group() == next.group()).collect();
        let mut call = self.call(&scripts::FINISH, shard).argument(groups.len());
        for group in groups {
            let (member, lane, batch) = group[0].1.group();
            let uuids: Vec<u8> =
                group.iter().flat_map(|(index, _)| *finished[*index].claim.job.uuid.as_bytes()).collect();
            call = call.argument(member).argument(lane).argument(batch).argument(uuids);
        }
        let call = living.iter().fold(call, |call, (index, _)| call.argument(claim_name(&finished[*index].claim)));
        let (mut keys, mut done) = (self.inner.keys.records(shard), Vec::new());
        living.iter().fold(call, |call, (index, record)| {
            let Finished { claim, result } = &finished[*index];
            done.clear();
            record.write_done(&mut done, at_ms, result);
            call.argument(keys.of(&claim.job)).argument(done.as_slice())
        })
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
