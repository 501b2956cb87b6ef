//! A job's record as scripts show it.

use std::io::Write;

use redis::Value;
use uuid::Uuid;

use super::answer;
use super::keys::member;
use crate::job::{Job, JobId, State};
use crate::lane::{LANES, Lane, Shard};
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::outcome::JobResult;
use crate::{Error, Result, wire};

/// Everything that Redis knows of a job; `lua/house.lua` lays it out.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) state: State,
    pub(super) attempts: u32,
    pub(super) lane: Lane,
    pub(super) tenant: TenantId,
    pub(super) session: SessionId,
    pub(super) generation: u32,
    pub(super) subject: Option<SubjectId>,
    /// When it was accepted, once settled when it was settled; milliseconds since 1970 UTC.
    pub(super) at_ms: u64,
    pub(super) batch: Option<BatchId>,
    pub(super) error: Option<String>,
    /// The result's JSON once done, nothing once cancelled, else the envelope.
    pub(super) body: String,
}

/// Places of the record's array.
const PLACES: usize = 14;

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// [`Error::RedisAnswer`] when it is none.
    pub(super) fn read(value: Value) -> Result<Self> {
        let places: Vec<Value> = answer::one(value)?;
        let places: [Value; PLACES] = places.try_into().map_err(|_| answer::unexpected("a record"))?;
        let [state, _, tries, _, lane, at, _, generation, member, subject, batch, error, _, body] = places;
        let (tenant, session) = member_of(&answer::one::<String>(member)?)?;
        Ok(Self {
            state: state_of(&answer::one::<String>(state)?)?,
            attempts: answer::one(tries)?,
            lane: lane_of(answer::one(lane)?)?,
            tenant,
            session,
            generation: answer::one(generation)?,
            subject: some(subject)?.map(SubjectId::new).transpose()?,
            at_ms: answer::one(at)?,
            batch: some(batch)?.map(BatchId::new).transpose()?,
            error: some(error)?,
            body: answer::one(body)?,
        })
    }

    /// The answer, once done.
    ///
    /// # Errors
    /// [`Error::Envelope`] when it cannot be read.
    pub(super) fn result(&self) -> Result<Option<JobResult>> {
        let is_done = self.state == State::Done;
        is_done.then(|| serde_json::from_str(&self.body)).transpose().map_err(Error::Envelope)
    }

    /// What was asked for, as long as it is known: a job that was answered or cancelled keeps no envelope. One
    /// that this build cannot read hides nothing else of the job.
    pub(super) fn job(&self) -> Option<Job> {
        let is_kept = !matches!(self.state, State::Done | State::Cancelled);
        is_kept.then(|| wire::decode(&self.body).ok()).flatten()
    }
}

/// A record as it lies in Redis, read where it stands. That of a running job is as its claim found it.
pub(super) struct Folded<'a> {
    state: &'a [u8],
    /// The last claim that was written.
    fence: u32,
    /// Tries begun before a claim that lives.
    tries: u32,
    pub(super) lane: Lane,
    generation: &'a [u8],
    /// Session as `tenant:session`, subject, batch, error, fingerprint.
    names: [&'a [u8]; 5],
    /// All of these.
    head: &'a [u8],
    body: &'a [u8],
}

/// Where the names begin, from 1; `lua/house.lua` lays out the rest.
const NAMES_AT: usize = 58;

impl<'a> Folded<'a> {
    /// Reads digits and names.
    ///
    /// # Errors
    /// [`Error::RedisAnswer`] when it is no record.
    pub(super) fn read(record: &'a [u8]) -> Result<Self> {
        let number = |first: usize, last: usize| -> Option<u32> {
            std::str::from_utf8(record.get(first - 1..last)?).ok()?.parse().ok()
        };
        let read = || {
            let body_at = NAMES_AT - 1 + usize::try_from(number(54, 57)?).ok()?;
            let mut names = record.get(NAMES_AT - 1..body_at)?.split(|byte| *byte == b'\n');
            Some(Self {
                state: record.get(..1)?,
                fence: number(2, 9)?,
                tries: number(10, 13)?,
                lane: lane_of(number(16, 16)? as usize).ok()?,
                generation: record.get(42..52)?,
                names: [names.next()?, names.next()?, names.next()?, names.next()?, names.next()?],
                head: record.get(..body_at)?,
                body: record.get(body_at..)?,
            })
        };
        read().ok_or_else(|| answer::unexpected("a record"))
    }

    /// Whether it is still as the claim with this fence found it: the job was not moved since.
    pub(super) fn is_found_by(&self, fence: u32) -> bool {
        self.state == State::Waiting.letter().as_bytes() && self.fence + 1 == fence
    }

    /// Whether the claim with this fence was the last one, and the job is settled.
    pub(super) fn is_settled_by(&self, fence: u32) -> bool {
        let is_settled = |state: &State| state.is_settled() && state.letter().as_bytes() == self.state;
        self.fence == fence && State::ALL.iter().any(is_settled)
    }

    /// Which try a claim that found it is.
    pub(super) fn next_try(&self) -> u32 {
        self.tries + 1
    }

    /// Digits and names, a record without its body.
    pub(super) fn head(&self) -> &'a [u8] {
        self.head
    }

    /// What was asked for, of a job that is not settled.
    ///
    /// # Errors
    /// As [`wire::decode`].
    pub(super) fn job(&self) -> Result<Job> {
        match std::str::from_utf8(self.body) {
            Ok(envelope) => wire::decode(envelope),
            Err(_) => wire::decode(&String::from_utf8_lossy(self.body)),
        }
    }

    /// What it is counted under: session as `tenant:session`, lane number from 1, batch or nothing.
    pub(super) fn group(&self) -> (&'a [u8], usize, &'a [u8]) {
        (self.names[0], self.lane as usize + 1, self.names[2])
    }

    /// Writes to `record` the record of the job once the claim that found it is done, at `at_ms` with `result`.
    pub(super) fn write_done(&self, record: &mut Vec<u8>, at_ms: u64, result: &JobResult) {
        let [member, subject, batch, _, fingerprint] = self.names;
        let names = [member, subject, batch, b"", fingerprint];
        let written = write!(
            record,
            "{state}{fence:08}{tries:04}00{lane}{at_ms:013}{deadline:013}{generation}{named}{length:04}",
            state = State::Done.letter(),
            fence = self.fence + 1,
            tries = self.tries + 1,
            lane = self.lane as usize + 1,
            deadline = 0,
            generation = std::str::from_utf8(self.generation).unwrap_or("0000000000"),
            named = u8::from(!batch.is_empty()),
            length = names.iter().map(|name| name.len() + 1).sum::<usize>(),
        );
        written.expect("memory takes text");
        for name in names {
            record.extend_from_slice(name);
            record.push(b'\n');
        }
        serde_json::to_writer(record, result).expect("a result is plain data with text keys");
    }
}

/// The record of a job that nobody tried yet, waiting. `fingerprint` tells repeats of a key apart.
pub(super) fn fold(job: &Job, fingerprint: &str) -> String {
    let batch = job.batch.as_ref().map_or("", |batch| batch.as_str());
    let subject = job.subject.as_ref().map_or("", |subject| subject.as_str());
    let names = format!("{}\n{subject}\n{batch}\n\n{fingerprint}\n", member(&job.tenant, &job.session));
    format!(
        "{state}{claims:014}{lane}{at:013}{deadline:013}{generation:010}{named}{length:04}{names}{envelope}",
        state = State::Waiting.letter(),
        claims = 0,
        lane = job.lane as usize + 1,
        at = job.accepted_at_ms,
        deadline = job.deadline_ms.unwrap_or_default(),
        generation = job.generation,
        named = u8::from(!batch.is_empty()),
        length = names.len(),
        envelope = wire::encode(job),
    )
}

/// A job of `shard` by the 16 bytes of its UUID.
///
/// # Errors
/// [`Error::RedisAnswer`] for another count of bytes.
pub(super) fn job_of(shard: Shard, uuid: &[u8]) -> Result<JobId> {
    let uuid = Uuid::from_slice(uuid).map_err(|_| answer::unexpected("a job's name"))?;
    Ok(JobId { shard, uuid })
}

/// The lane by its number, from 1.
///
/// # Errors
/// [`Error::RedisAnswer`] where there is none.
pub(super) fn lane_of(number: usize) -> Result<Lane> {
    let row = number.checked_sub(1).and_then(|index| LANES.get(index));
    row.map(|row| row.lane).ok_or_else(|| answer::unexpected("a lane's number"))
}

/// Tenant and session of a member.
///
/// # Errors
/// [`Error::RedisAnswer`], [`Error::InvalidName`] when it is none.
pub(super) fn member_of(member: &str) -> Result<(TenantId, SessionId)> {
    let (tenant, session) = member.split_once(':').ok_or_else(|| answer::unexpected("a session's name"))?;
    Ok((TenantId::new(tenant)?, SessionId::new(session)?))
}

/// The state by its letter.
///
/// # Errors
/// [`Error::RedisAnswer`] where there is none.
pub(super) fn state_of(letter: &str) -> Result<State, Error> {
    State::ALL.into_iter().find(|state| state.letter() == letter).ok_or_else(|| answer::unexpected("a job's state"))
}

fn some(value: Value) -> Result<Option<String>> {
    let text: String = answer::one(value)?;
    Ok((!text.is_empty()).then_some(text))
}
