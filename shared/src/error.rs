//! One error for all of gradphoto. Each says by [`Error::code`] what it is and by [`Error::class`]
//! what happens next.
//!
//! A poor photo is not an error: see [`crate::outcome`]. Messages never hold photo bytes, names, codes'
//! texts or keys of the object store.

use std::time::Duration;

use crate::spec::Spec;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What the holder of an error does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Try again later: something around the work is away.
    Retry,
    /// Give the job up: it would fail again in the same way.
    Bury,
    /// Tell the caller: the request itself must change.
    Caller,
}

/// Everything that can keep work from being done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis cannot be reached or did not answer in time.
    #[error("redis is away: {0}")]
    RedisAway(#[source] redis::RedisError),
    /// Redis answered something that the protocol of our scripts does not hold.
    #[error("redis answered unexpectedly: {0}")]
    RedisAnswer(String),
    /// Redis has no memory left for more (`maxmemory` with `noeviction`).
    #[error("redis is out of memory")]
    RedisFull,
    /// The object store cannot be reached or refused.
    #[error("object store is away: {0}")]
    BlobAway(#[source] object_store::Error),
    /// The photo that a job names does not exist.
    #[error("photo is not in the object store")]
    BlobMissing,
    /// A stored photo is larger than this process accepts.
    #[error("photo has {bytes} bytes, more than the limit of {limit}")]
    BlobTooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A stored job cannot be read.
    #[error("envelope cannot be read: {0}")]
    Envelope(#[source] serde_json::Error),
    /// A job was written by a newer release.
    #[error("envelope has schema {found}, this build knows up to {known}")]
    SchemaNewer {
        /// The version found.
        found: u16,
        /// The newest known here.
        known: u16,
    },
    /// A name has characters, a length or a shape that names must not have.
    #[error("invalid {what}")]
    InvalidName {
        /// What the name stands for.
        what: &'static str,
    },
    /// No session of that name.
    #[error("no such session")]
    UnknownSession,
    /// The session takes no jobs at present.
    #[error("session is {state}, not open")]
    SessionNotOpen {
        /// Its state.
        state: &'static str,
    },
    /// A session of that name exists with other settings.
    #[error("session exists with other settings")]
    SessionExists,
    /// A session cannot go that way.
    #[error("session cannot go from {from} to {to}")]
    SessionMove {
        /// Its state.
        from: &'static str,
        /// The state asked for.
        to: &'static str,
    },
    /// No job of that name, or its result's time is over.
    #[error("no such job")]
    UnknownJob,
    /// A newer photo of the same subject was submitted before.
    #[error("a newer generation of the subject's photo is known")]
    Superseded,
    /// The lane holds as many jobs as it may.
    #[error("lane is full, try again in {retry_after:?}")]
    LaneFull {
        /// When to try again.
        retry_after: Duration,
    },
    /// The tenant has as many jobs in the queue as it may.
    #[error("tenant has too many jobs in the queue, try again in {retry_after:?}")]
    TenantFull {
        /// When to try again.
        retry_after: Duration,
    },
    /// The session has as many jobs in the queue as it may.
    #[error("session has too many jobs in the queue, try again in {retry_after:?}")]
    SessionFull {
        /// When to try again.
        retry_after: Duration,
    },
    /// An idempotency key was used for another job before.
    #[error("idempotency key was used for another job; use a new key for new work")]
    KeyReused,
    /// The batch takes no more jobs.
    #[error("batch is sealed and takes no more jobs")]
    BatchSealed,
    /// No batch of that name, or its time is over.
    #[error("no such batch")]
    UnknownBatch,
    /// The tenant submits faster than it may.
    #[error("jobs come faster than the tenant's rate, try again in {retry_after:?}")]
    RateLimited {
        /// When the same jobs may come.
        retry_after: Duration,
    },
    /// Only dead jobs can be replayed or dropped.
    #[error("job is {state}, not dead")]
    NotDead {
        /// Its state.
        state: &'static str,
    },
    /// A session that takes jobs is not erased by mistake.
    #[error("session is open; close it first, or erase it by force")]
    SessionOpen,
    /// No webhook of that name.
    #[error("no such webhook")]
    UnknownHook,
    /// The tenant has as many consumer groups or webhooks as it may.
    #[error("tenant has as many consumer groups or webhooks as it may, delete one first")]
    TooManyReaders,
    /// The job's time for one try is over.
    #[error("try took longer than its time limit")]
    TimedOut,
    /// The job's deadline passed before it was begun.
    #[error("deadline passed before the job was begun")]
    Expired,
    /// No worker of that name, or it kept silent for too long.
    #[error("no such worker")]
    UnknownWorker,
    /// No document standard of that name.
    #[error("no such spec; possible values: {}", Spec::names())]
    UnknownSpec,
    /// A document standard contradicts itself.
    #[error("spec is invalid: {0}")]
    InvalidSpec(String),
    /// A model or the runtime failed.
    #[error("model failed: {0}")]
    Model(String),
    /// A model's file is absent or is not what its manifest says.
    #[error("model pack is unusable: {0}")]
    Pack(String),
    /// A photo that others are compared with shows no face that can be: the file, and why.
    #[error("reference_unusable: {0}")]
    ReferenceUnusable(String),
    /// A device that was asked for is not there.
    #[error("device is missing: {0}")]
    DeviceMissing(String),
    /// A setting is wrong.
    #[error("{0}")]
    Config(String),
    /// A file or socket of this machine failed.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A stage broke: our own bug, kept from harming other jobs.
    #[error("stage {stage} broke")]
    Broken {
        /// The stage.
        stage: &'static str,
    },
}

impl Error {
    /// The code under which a cancelled job is settled.
    pub const CANCELLED: &str = "cancelled";

    /// A failed action on this machine, for example `read /etc/hosts`.
    pub fn io(action: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { action: action.into(), source }
    }

    /// A stable word for the API, logs and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RedisAway(_) => "redis_away",
            Self::RedisAnswer(_) => "redis_answer",
            Self::RedisFull => "redis_full",
            Self::BlobAway(_) => "store_away",
            Self::BlobMissing => "photo_missing",
            Self::BlobTooLarge { .. } => "photo_too_large",
            Self::Envelope(_) => "envelope_invalid",
            Self::SchemaNewer { .. } => "schema_newer",
            Self::InvalidName { .. } => "invalid_name",
            Self::UnknownSession => "unknown_session",
            Self::SessionNotOpen { .. } => "session_not_open",
            Self::SessionExists => "session_exists",
            Self::SessionMove { .. } => "session_move",
            Self::UnknownJob => "unknown_job",
            Self::Superseded => "superseded",
            Self::LaneFull { .. } => "lane_full",
            Self::TenantFull { .. } => "tenant_full",
            Self::SessionFull { .. } => "session_full",
            Self::KeyReused => "key_reused",
            Self::BatchSealed => "batch_sealed",
            Self::UnknownBatch => "unknown_batch",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotDead { .. } => "not_dead",
            Self::SessionOpen => "session_open",
            Self::UnknownHook => "unknown_webhook",
            Self::TooManyReaders => "too_many_readers",
            Self::TimedOut => "timed_out",
            Self::Expired => "expired",
            Self::UnknownWorker => "unknown_worker",
            Self::UnknownSpec => "unknown_spec",
            Self::InvalidSpec(_) => "spec_invalid",
            Self::Model(_) => "model_failed",
            Self::Pack(_) => "pack_unusable",
            Self::ReferenceUnusable(_) => "reference_unusable",
            Self::DeviceMissing(_) => "device_missing",
            Self::Config(_) => "config",
            Self::Io { .. } => "io",
            Self::Broken { .. } => "broken",
        }
    }

    /// What happens next.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::RedisAway(_)
            | Self::RedisFull
            | Self::BlobAway(_)
            | Self::Model(_)
            | Self::Io { .. }
            | Self::TimedOut
            | Self::LaneFull { .. }
            | Self::TenantFull { .. }
            | Self::SessionFull { .. }
            | Self::RateLimited { .. } => Class::Retry,
            Self::RedisAnswer(_)
            | Self::BlobMissing
            | Self::BlobTooLarge { .. }
            | Self::Envelope(_)
            | Self::SchemaNewer { .. }
            | Self::Expired
            | Self::UnknownSpec
            | Self::Broken { .. } => Class::Bury,
            Self::InvalidName { .. }
            | Self::UnknownSession
            | Self::SessionNotOpen { .. }
            | Self::SessionExists
            | Self::SessionMove { .. }
            | Self::UnknownJob
            | Self::UnknownWorker
            | Self::Superseded
            | Self::KeyReused
            | Self::BatchSealed
            | Self::UnknownBatch
            | Self::NotDead { .. }
            | Self::SessionOpen
            | Self::UnknownHook
            | Self::TooManyReaders
            | Self::InvalidSpec(_)
            | Self::Pack(_)
            | Self::ReferenceUnusable(_)
            | Self::DeviceMissing(_)
            | Self::Config(_) => Class::Caller,
        }
    }
}
