//! Verbs of the dispatcher's API on jobs: submit, look, cancel.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesOrdered;
use redis::Value;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::keys::member;
use super::line::{Lead, Repeat};
use super::order::Order;
use super::record::{self, Record, state_of};
use super::scripts::{self, ScriptCall};
use super::{Store, answer};
use crate::job::{Job, JobId, State};
use crate::lane::{Lane, Shard};
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::outcome::JobResult;
use crate::session::SessionState;
use crate::{Error, Result, wire};

/// Most jobs in one call of the script: Redis serves nobody else meanwhile, so it stays near 2 ms.
const SUBMIT_BATCH: usize = 200;
/// Calls of the script in one round trip.
const SUBMIT_CALLS: usize = 5;
/// Round trips under way at once: the next is written while Redis works on the last.
const SUBMIT_AHEAD: usize = 2;
/// Longest pause between two looks of a waiting caller, for rings that were missed.
pub(super) const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// A job and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct JobView {
    /// The job's name.
    pub id: JobId,
    /// The session it belongs to.
    pub session: SessionId,
    /// The student, where the photo is assigned to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Counts replacements of the subject's photo.
    pub generation: u32,
    /// How urgent.
    pub lane: Lane,
    /// The batch it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Where it stands.
    pub state: State,
    /// When it was accepted, once settled when it was settled; milliseconds since 1970 UTC.
    pub at_ms: u64,
    /// Tries begun so far.
    pub attempts: u32,
    /// The answer, once `done`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JobResult>,
    /// Code of the last error, where a try failed or the job was given up or cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What was asked for; absent once the job is answered or cancelled, and where a newer build wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
}

impl Store {
    /// Puts jobs of one session into the queue, atomically for each; answers in the order given. A job
    /// that is in the queue already counts as accepted, so a call whose answer was lost may be repeated.
    ///
    /// # Errors
    /// As a whole when Redis fails or the session is unknown or not open; for one job
    /// [`crate::Error::LaneFull`], [`crate::Error::TenantFull`], [`crate::Error::SessionFull`],
    /// [`crate::Error::Superseded`], [`crate::Error::KeyReused`] or [`crate::Error::BatchSealed`].
    /// [`crate::Error::InvalidName`] when the jobs are of several sessions or a job's id names another shard
    /// than its session's.
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
        let parts = alike(jobs);
        let mut answers: Vec<_> = jobs.iter().map(|_| None).collect();
        let mut none_went_in = true;
        let mut to_send = parts.chunks(SUBMIT_CALLS);
        let mut under_way = FuturesOrdered::new();
        loop {
            while under_way.len() < SUBMIT_AHEAD
                && let Some(parts) = to_send.next()
            {
                under_way.push_back(self.submit_parts(shard, jobs, parts));
            }
            let Some(answered) = under_way.next().await else { break };
            let (parts, values) = answered?;
            for (part, value) in parts.iter().zip(values) {
                let of_part = match self.submit_answer(value, part.places.len())? {
                    Ok(of_part) => of_part,
                    Err(refusal) if none_went_in => return Err(refusal()),
                    // Closed while the call was under way: what went in before stays in.
                    Err(refusal) => part.places.iter().map(|_| Err(refusal())).collect(),
                };
                none_went_in = false;
                part.places.iter().zip(of_part).for_each(|(place, answer)| answers[*place] = Some(answer));
            }
        }
        let answers: Option<Vec<_>> = answers.into_iter().collect();
        answers.ok_or_else(|| answer::unexpected("an answer to submit"))
    }

    async fn submit_parts<'a>(
        &self,
        shard: Shard,
        jobs: &[Job],
        parts: &'a [Part],
    ) -> Result<(&'a [Part], Vec<Value>)> {
        let calls: Vec<_> = parts.iter().map(|part| self.submit_call(shard, jobs, part)).collect();
        let values = self.inner.line.run("submit", Lead::Sure, Repeat::Once, &calls).await?;
        Ok((parts, values))
    }

    fn submit_call(&self, shard: Shard, jobs: &[Job], Part { places, is_plain }: &Part) -> ScriptCall {
        let limits = &self.inner.limits;
        let first = &jobs[places[0]];
        let uuids: Vec<u8> = places.iter().flat_map(|place| *jobs[*place].id.uuid.as_bytes()).collect();
        let call = self
            .call(&scripts::SUBMIT, shard)
            .argument(member(&first.tenant, &first.session))
            .argument(limits.lane_jobs)
            .argument(limits.tenant_jobs)
            .argument(limits.session_jobs)
            .argument(first.lane as usize + 1)
            .argument(first.batch.as_ref().map_or("", |batch| batch.as_str()))
            .argument(uuids);
        let mut keys = self.inner.keys.records(shard);
        let call = places
            .iter()
            .map(|place| &jobs[*place])
            .fold(call, |call, job| call.argument(keys.of(&job.id)).argument(record::fold(job, &fingerprint(job))));
        let starts = places.iter().map(|place| jobs[*place].not_before_ms.unwrap_or_default());
        if *is_plain { call } else { call.arguments(starts) }
    }

    /// Reads what one call of the script answered: an answer for each job, or the refusal of them all.
    fn submit_answer(&self, value: Value, jobs: usize) -> Result<Result<Vec<Result<()>>, impl Fn() -> Error>> {
        let words: Vec<String> = answer::one(value)?;
        let refused = match words.first().map(String::as_str) {
            Some("ok") if words.len() == 1 => return Ok(Ok((0..jobs).map(|_| Ok(())).collect())),
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
            "key_reused" => Ok(Err(Error::KeyReused)),
            "batch_sealed" => Ok(Err(Error::BatchSealed)),
            "lane_full" => Ok(Err(Error::LaneFull { retry_after })),
            "tenant_full" => Ok(Err(Error::TenantFull { retry_after })),
            "session_full" => Ok(Err(Error::SessionFull { retry_after })),
            _ => Err(answer::unexpected("an answer to submit")),
        });
        Ok(Ok(answers.collect::<Result<_>>()?))
    }

    /// A job and where it stands.
    ///
    /// # Errors
    /// [`crate::Error::UnknownJob`] for another tenant's job too.
    pub async fn look(&self, tenant: &TenantId, id: &JobId) -> Result<JobView> {
        let call = self.call(&scripts::SHOW, id.shard).argument(id.uuid.as_bytes().as_slice());
        let answer = self.inner.line.run("look", Lead::Shared, Repeat::Once, &[call]).await?;
        let record = match answer::only(answer)? {
            Value::Nil => return Err(Error::UnknownJob),
            value => Record::read(value)?,
        };
        if record.tenant != *tenant {
            return Err(Error::UnknownJob);
        }
        Ok(JobView {
            id: *id,
            result: record.result()?,
            job: record.job(),
            session: record.session,
            subject: record.subject,
            generation: record.generation,
            lane: record.lane,
            batch: record.batch,
            state: record.state,
            at_ms: record.at_ms,
            attempts: record.attempts,
            error: record.error,
        })
    }

    /// Cancels a job wherever it stands; one that is running is dropped by its worker at the next stage. Answers
    /// the job's state now: `cancelled`, or what it was settled as before.
    ///
    /// # Errors
    /// [`crate::Error::UnknownJob`] for another tenant's job too.
    pub async fn cancel(&self, tenant: &TenantId, id: &JobId) -> Result<State> {
        let call = self
            .call(&scripts::CANCEL, id.shard)
            .argument(id.uuid.as_bytes().as_slice())
            .argument(tenant.as_str())
            .argument(Error::CANCELLED)
            .argument(Order::Cancel(*id).to_string());
        let answer = self.inner.line.run("cancel", Lead::Sure, Repeat::Once, &[call]).await?;
        let letter: Option<String> = answer::only(answer)?;
        state_of(&letter.ok_or(Error::UnknownJob)?)
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

/// Jobs of one lane and batch, which go into one call of the script.
struct Part {
    /// Where they stand, in order.
    places: Vec<usize>,
    /// Whether each stands once, waits from now on and replaces no other: the script then need not look at each.
    is_plain: bool,
}

fn alike(jobs: &[Job]) -> Vec<Part> {
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    let mut seen = HashSet::with_capacity(jobs.len());
    for (place, job) in jobs.iter().enumerate() {
        let is_plain = seen.insert(job.id.uuid) && job.not_before_ms.is_none() && job.generation == 0;
        groups.entry((!is_plain, job.lane, &job.batch)).or_default().push(place);
    }
    let groups = groups.into_iter().map(|((is_special, ..), places)| (!is_special, places));
    let part = |is_plain, places: &[usize]| Part { places: places.to_vec(), is_plain };
    groups
        .flat_map(|(is_plain, places)| {
            places.chunks(SUBMIT_BATCH).map(|places| part(is_plain, places)).collect::<Vec<_>>()
        })
        .collect()
}

/// Tells two jobs under one idempotency key apart: 8 bytes, enough as nobody gains by a forged repeat of his
/// own. Nothing where no key could meet twice.
fn fingerprint(job: &Job) -> String {
    if !job.id.is_keyed() {
        return String::new();
    }
    // The session's standard may have changed in between: that is nothing the caller said.
    let repeated = Job { accepted_at_ms: 0, spec: String::new(), ..job.clone() };
    let digest = Sha256::digest(wire::encode(&repeated));
    u64::from_be_bytes(*digest.first_chunk().expect("a SHA-256 has more than 8 bytes")).to_string()
}
