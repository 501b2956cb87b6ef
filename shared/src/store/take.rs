//! Verbs of the workers: take, extend, finish, retry, bury, give back.

use std::time::Duration;

use super::Store;
use crate::Result;
use crate::job::{Attempt, JobId};
use crate::lane::Lane;
use crate::outcome::JobResult;

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

/// A job done and its answer.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The right to settle.
    pub claim: Claim,
    /// The answer.
    pub result: JobResult,
}

impl Store {
    /// Takes up to `want` jobs, lanes by weight and shards in turn, and leases them to `worker`.
    ///
    /// # Errors
    /// When Redis fails; jobs taken by an answer that got lost come back after their lease.
    pub async fn take(&self, _worker: &WorkerName, _want: usize) -> Result<Vec<Attempt>> {
        unimplemented!()
    }

    /// Renews the leases of `held`; answers those that are lost.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn extend(&self, _worker: &WorkerName, _held: &[Claim]) -> Result<Vec<Claim>> {
        unimplemented!()
    }

    /// Settles jobs as done; answers for each whether this claim was the living one.
    ///
    /// # Errors
    /// When Redis fails; may then be called again.
    pub async fn finish(&self, _worker: &WorkerName, _finished: &[Finished]) -> Result<Vec<bool>> {
        unimplemented!()
    }

    /// Puts a job aside for another try after `pause`; `false` when the claim is not the living one.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn retry(&self, _worker: &WorkerName, _claim: &Claim, _code: &str, _pause: Duration) -> Result<bool> {
        unimplemented!()
    }

    /// Gives a job up; `false` when the claim is not the living one.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn bury(&self, _worker: &WorkerName, _claim: &Claim, _code: &str) -> Result<bool> {
        unimplemented!()
    }

    /// Returns jobs untouched, for a drain or a newer schema: they wait again and the try does not count.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn give_back(&self, _worker: &WorkerName, _claims: &[Claim]) -> Result<()> {
        unimplemented!()
    }

    /// Forgets the worker, if it holds nothing.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn leave(&self, _worker: &WorkerName) -> Result<()> {
        unimplemented!()
    }
}
