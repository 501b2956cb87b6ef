//! Verbs on workers: who is there, and who is told to drain.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::line::{Lead, Repeat};
use super::order::Order;
use super::scripts::{self, Script, ScriptCall};
use super::settle::milliseconds;
use super::{Store, answer};
use crate::{Error, Result};

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

/// Silence after which a worker is forgotten: a dozen signs of life that did not come.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long an order to drain stands: a worker that is cut off from Redis for a night still hears it.
const DRAIN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a worker takes jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerPhase {
    /// Jobs are taken.
    Ready,
    /// What was begun is finished, nothing new is taken.
    Draining,
}

/// What a worker tells of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerState {
    /// Whether it takes jobs.
    pub phase: WorkerPhase,
    /// When it started, by its own clock, in milliseconds since 1970 UTC.
    pub started_ms: u64,
    /// Compute threads.
    pub threads: usize,
    /// Jobs in hand: being worked on, fetched or waiting to be told to the queue.
    pub in_hand: usize,
    /// Version of its build.
    pub version: String,
    /// Name and version of its model pack.
    pub pack: String,
    /// Where its models run, as it was told.
    pub device: String,
}

/// A worker as the queue knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorkerView {
    /// Its name, new at every start.
    pub name: String,
    /// Milliseconds since its last sign of life; one comes every few seconds.
    pub silent_ms: u64,
    /// Whether it was told to drain from outside.
    pub is_told_to_drain: bool,
    /// What it told of itself then.
    #[serde(flatten)]
    pub state: WorkerState,
}

/// What the script answers: name, state and milliseconds of silence of each; who is told to drain.
type Listed = (Vec<(String, String, u64)>, Vec<String>);

impl Store {
    /// Tells that a worker lives and how it stands; answers whether it is to drain. Workers that kept silent
    /// for a minute are forgotten on this occasion.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn beat(&self, worker: &WorkerName, state: &WorkerState) -> Result<bool> {
        let state = serde_json::to_string(state).expect("a state is plain data with text keys");
        let call = self.call_workers(&scripts::WORKER_BEAT).argument(milliseconds(SILENCE_MAX));
        let call = call.argument(&worker.0).argument(state);
        answer::only(self.inner.line.run("beat", Lead::Shared, Repeat::Once, &[call]).await?)
    }

    /// Every worker that gave a sign of life within the last minute, oldest first.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn workers(&self) -> Result<Vec<WorkerView>> {
        let call = self.call_workers(&scripts::WORKER_LIST).argument(milliseconds(SILENCE_MAX));
        let answer = self.inner.line.run("workers", Lead::Shared, Repeat::Once, &[call]).await?;
        let (workers, told): Listed = answer::only(answer)?;
        let told: BTreeSet<_> = told.into_iter().collect();
        let view = |(name, state, silent_ms): (String, String, u64)| {
            let state = serde_json::from_str(&state).map_err(Error::Envelope)?;
            Ok(WorkerView { is_told_to_drain: told.contains(&name), name, silent_ms, state })
        };
        let mut views: Vec<_> = workers.into_iter().map(view).collect::<Result<_>>()?;
        views.sort_by(|one, other| (one.state.started_ms, &one.name).cmp(&(other.state.started_ms, &other.name)));
        Ok(views)
    }

    /// Tells a worker to take no more jobs, finish those in hand and end.
    ///
    /// # Errors
    /// [`Error::UnknownWorker`], and when Redis fails.
    pub async fn drain_worker(&self, worker: &WorkerName) -> Result<()> {
        let call = self
            .call_workers(&scripts::WORKER_DRAIN)
            .argument(milliseconds(DRAIN_LIFE))
            .argument(&worker.0)
            .argument(self.inner.keys.work_bell())
            .argument(Order::Drain(worker.clone()).to_string());
        let answer = self.inner.line.run("drain_worker", Lead::Shared, Repeat::Once, &[call]).await?;
        let is_known: bool = answer::only(answer)?;
        if is_known { Ok(()) } else { Err(Error::UnknownWorker) }
    }

    /// Takes a worker that ends off the list.
    ///
    /// # Errors
    /// When Redis fails; it is forgotten by itself then.
    pub async fn forget_worker(&self, worker: &WorkerName) -> Result<()> {
        let call = self.call_workers(&scripts::WORKER_FORGET).argument(&worker.0);
        self.inner.line.run("forget_worker", Lead::Shared, Repeat::Once, &[call]).await?;
        Ok(())
    }

    /// A call of a script on the list of workers.
    fn call_workers(&self, script: &'static Script) -> ScriptCall {
        let keys = &self.inner.keys;
        script.call(keys.workers()).argument(keys.workers_base())
    }
}
