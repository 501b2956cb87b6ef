//! Verbs of the dispatcher's API on jobs: submit, look.

use std::time::Duration;

use redis::Value;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::bell::RING_WAITING;
use super::keys::uuid_text;
use super::line::{Lead, Repeat};
use super::scripts::{self, ScriptCall};
use super::{Store, answer};
use crate::job::{Job, JobId, State};
use crate::lane::{LANES, Shard};
use crate::name::TenantId;
use crate::outcome::JobResult;
use crate::session::SessionState;
use crate::{Error, Result, wire};

/// Most jobs in one call of the script: Redis serves nobody else meanwhile, so it stays near 2 ms.
const SUBMIT_BATCH: usize = 200;
/// Calls of the script in one round trip.
const SUBMIT_CALLS: usize = 10;
/// Longest pause between two looks of a waiting caller, for rings that were missed.
pub(super) const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// A job and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// What was asked for.
    pub job: Job,
    /// Where it stands.
    pub state: State,
    /// Tries begun so far.
    pub attempts: u32,
    /// The answer, once `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Code of the last error, where a try failed or the job was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Store {
    /// Puts jobs of one session into the queue, atomically for each; answers in the order given. A job
    /// that is in the queue already counts as accepted, so a call whose answer was lost may be repeated.
    ///
    /// # Errors
    /// As a whole when Redis fails or the session is unknown or not open; for one job
    /// [`crate::Error::LaneFull`] or [`crate::Error::Superseded`]. [`crate::Error::InvalidName`] when the
    /// jobs are of several sessions or a job's id names another shard than its session's.
    pub async fn submit(&self, jobs: &[Job]) -> Result<Vec<Result<()>>> {
        let inner = &self.inner;
        let Some(first) = jobs.first() else { return Ok(Vec::new()) };
        if jobs.iter().any(|job| job.tenant != first.tenant || job.session != first.session) {
            return Err(Error::InvalidName { what: "session" });
        }
        let shard = inner.shards.of(&first.tenant, &first.session);
        if jobs.iter().any(|job| job.id.shard != shard) {
            return Err(Error::InvalidName { what: "job" });
        }
        let mut answers = Vec::with_capacity(jobs.len());
        for part in jobs.chunks(SUBMIT_BATCH * SUBMIT_CALLS) {
            let calls: Vec<_> = part.chunks(SUBMIT_BATCH).map(|batch| self.submit_call(shard, batch)).collect();
            let values = inner.line.run("submit", Lead::Sure, Repeat::Once, &calls).await?;
            for (batch, value) in part.chunks(SUBMIT_BATCH).zip(values) {
                match self.submit_answer(value, batch.len())? {
                    Ok(batch) => answers.extend(batch),
                    Err(refusal) if answers.is_empty() => return Err(refusal()),
                    // Closed while the call was under way: what went in before stays in.
                    Err(refusal) => answers.extend(batch.iter().map(|_| Err(refusal()))),
                }
            }
        }
        Ok(answers)
    }

    fn submit_call(&self, shard: Shard, jobs: &[Job]) -> ScriptCall {
        let keys = &self.inner.keys;
        let first = &jobs[0];
        let mut call = scripts::SUBMIT
            .call()
            .key(keys.session(shard, &first.tenant, &first.session))
            .key(keys.generations(shard, &first.tenant, &first.session))
            .keys(keys.streams(shard))
            .keys(LANES.iter().map(|row| keys.delayed(row.lane, shard)))
            .argument(self.inner.limits.lane_jobs)
            .argument(keys.bell())
            .argument(RING_WAITING);
        for job in jobs {
            call = call
                .key(keys.job(&job.id))
                .argument(job.lane as usize + 1)
                .argument(uuid_text(&job.id.uuid))
                .argument(whose(job))
                .argument(job.subject.as_ref().map_or("", |subject| subject.as_str()))
                .argument(job.generation)
                .argument(wire::encode(job));
        }
        call
    }

    /// Reads what one call of the script answered: an answer for each job, or the refusal of them all.
    fn submit_answer(&self, value: Value, jobs: usize) -> Result<Result<Vec<Result<()>>, impl Fn() -> Error>> {
        let words: Vec<String> = answer::one(value)?;
        let refused = match words.first().map(String::as_str) {
            Some("ok") if words.len() == jobs + 1 => None,
            Some("unknown") => Some(None),
            Some("not_open") if words.len() == 2 => Some(Some(words[1].parse::<SessionState>()?.name())),
            _ => return Err(answer::unexpected("an answer to submit")),
        };
        if let Some(state) = refused {
            return Ok(Err(move || state.map_or(Error::UnknownSession, |state| Error::SessionNotOpen { state })));
        }
        let retry_after = self.inner.limits.retry_after;
        let answers = words[1..].iter().map(|word| match word.as_str() {
            "accepted" => Ok(Ok(())),
            "superseded" => Ok(Err(Error::Superseded)),
            "full" => Ok(Err(Error::LaneFull { retry_after })),
            _ => Err(answer::unexpected("an answer to submit")),
        });
        Ok(Ok(answers.collect::<Result<_>>()?))
    }

    /// A job and where it stands.
    ///
    /// # Errors
    /// [`crate::Error::UnknownJob`] for another tenant's job too.
    pub async fn look(&self, tenant: &TenantId, id: &JobId) -> Result<JobView> {
        let inner = &self.inner;
        let mut pipeline = redis::pipe();
        let fields = ["envelope", "state", "attempts", "result", "error"];
        pipeline.cmd("HMGET").arg(inner.keys.job(id)).arg(&fields);
        let answer = inner.line.send("look", Lead::Shared, Repeat::Once, &pipeline).await?;
        type Fields = (Option<String>, Option<String>, Option<u32>, Option<String>, Option<String>);
        let (envelope, state, attempts, result, error): Fields = answer::only(answer)?;
        let (Some(envelope), Some(state)) = (envelope, state) else { return Err(Error::UnknownJob) };
        let job = wire::decode(&envelope)?;
        if job.tenant != *tenant {
            return Err(Error::UnknownJob);
        }
        let state = state.parse().map_err(|_| answer::unexpected("a job's state"))?;
        let result = result.as_deref().map(serde_json::from_str).transpose().map_err(Error::Envelope)?;
        Ok(JobView { job, state, attempts: attempts.unwrap_or_default(), result, error })
    }

    /// Like [`Store::look`], but waits until the job is settled, at most `patience`.
    ///
    /// # Errors
    /// As [`Store::look`].
    pub async fn look_settled(&self, tenant: &TenantId, id: &JobId, patience: Duration) -> Result<JobView> {
        let deadline = Instant::now() + patience;
        // Before the first look, so that no ring falls between look and wait.
        let mut bell = self.inner.tower.settled_in(id.shard);
        loop {
            let view = self.look(tenant, id).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if view.state.is_settled() || left.is_zero() {
                return Ok(view);
            }
            bell.rung(left.min(LOOK_PAUSE)).await;
        }
    }
}

/// Whose photo it is, as the settling scripts read it: none of the names can hold a colon.
fn whose(job: &Job) -> String {
    let subject = job.subject.as_ref().map_or("", |subject| subject.as_str());
    format!("{}:{}:{}:{subject}", job.tenant, job.session, job.generation)
}
