//! Every key of the queue in Redis: its name, type and life.
//!
//! All keys of a shard begin with the same base and so carry the hash tag `{number}`: a script may touch any
//! of them in a cluster. Scripts build the names themselves; here stand those that Rust needs, and this is
//! the list of all. A *member* is `tenant:session`.
//!
//! | key behind the base | type | holds | life |
//! |---|---|---|---|
//! | the job's UUID, 16 bytes | string | the job's record, see `lua/house.lua` | until settled, then as its event; a dead one [`super::Limits::dead_ttl`] |
//! | `q:LANE:MEMBER` | stream | waiting jobs of a session in a lane, an entry for those that came together; `MEMBER!` those that came back | until empty |
//! | `begun` | hash | by `LANE:MEMBER` the entry of that stream that is taken in part, and how far | until it is through |
//! | `ring:LANE` | sorted set | members with waiting jobs, by microsecond of last service | until empty |
//! | `turn:LANE` | sorted set | when members without waiting jobs were served last | swept |
//! | `later:LANE` | sorted set | jobs put aside, by millisecond when due | until empty |
//! | `odd` | hash | `LANE:MEMBER` of streams in which not every job just waits for its first claim | as the stream |
//! | `lease` | sorted set | living claims, UUID and fence, by millisecond when the lease ends: what stands here runs, whatever its record says | until empty |
//! | `open` | hash | jobs not settled: `lN` by lane, `rN` running by lane, `t:TENANT` | until all are nought |
//! | `session:MEMBER` | hash | state, spec, created_at_ms, counters; by `standard:SPEC` what it changes or changed of a standard, `standards` of them | the session's |
//! | `sessions:TENANT` | set | names of sessions in the shard | the sessions' |
//! | `generations:MEMBER` | hash | newest generation by subject, above 0 only | the session's |
//! | `faces:MEMBER` | hash | the gallery: entries by number, see `lua/gallery.lua` | until they leave |
//! | `facelists:MEMBER` | hash | numbers by photo (`p`) and subject (`s`), and when a photo was removed (`x`) | the session's |
//! | `facesgone:MEMBER` | sorted set | numbers that left, by version; the last 1,000 | the session's |
//! | `gallery:MEMBER` | hash | `version`, `floor`, `born` in microseconds, `model` of the newest face | the session's |
//! | `doubles:MEMBER` | hash | pairs of entries that are too like | entries: [`super::Limits::doubles`], until one leaves |
//! | `searches:MEMBER` | hash | tries to find somebody by UUID of the job, JSON | entries: [`super::Limits::searches`], [`super::Limits::search_ttl`] |
//! | `searched:MEMBER` | sorted set | the same by millisecond | as `searches` |
//! | `batch:MEMBER:BATCH` | hash | total, done, dead, cancelled, sealed, told | [`super::Limits::result_ttl`] once complete, [`super::Limits::dead_ttl`] after its last job when never sealed |
//! | `out:TENANT` | stream | settled jobs (`j`, those of a session that were settled together; dead ones `x`), complete batches (`b`), see `lua/event.lua` | entries: [`super::Limits::events`], [`super::Limits::result_ttl`] |
//! | `told` | hash | by tenant the events that its stream told so far | stays |
//! | `held:TENANT:READER` | sorted set | events a reader has in hand, by millisecond when they are handed out again | [`super::Limits::result_ttl`] after the reader's last turn |
//! | `tries:TENANT:READER` | hash | how often each of them was handed out | as `held` |
//! | `tenants` | set | tenants with a results stream | stays |
//! | `dead:TENANT` | sorted set | dead jobs by millisecond | entries: [`super::Limits::dead`], [`super::Limits::dead_ttl`] |
//! | `paused` | hash | `l:LANE`, `t:TENANT`, `s:MEMBER`, each with its millisecond | until resumed |
//! | `retain` | sorted set | members by the millisecond from which they may be erased | the sessions' |
//!
//! A tenant's rates have the hash tag `{r:TENANT}`: `rate`, a string with the microsecond at which its jobs have
//! been paid for, until then; `search` and `search:SESSION:SUBJECT` the same for its searches and for those of one
//! subject.
//!
//! The list of workers has the hash tag `{w}`:
//!
//! | key behind it | type | holds | life |
//! |---|---|---|---|
//! | `workers` | hash | what each worker told of itself, JSON | a minute of silence |
//! | `seen` | sorted set | workers by millisecond of their last sign of life | a minute of silence |
//! | `drain` | set | workers that are told to drain | a day |
//!
//! A *reader* is `g:GROUP` or `h:WEBHOOK`; its place in `out:TENANT` is a consumer group of that name.
//!
//! Webhooks belong to a tenant, not to a shard:
//!
//! | key | type | holds | life |
//! |---|---|---|---|
//! | `PREFIX:{h:TENANT}:hooks` | hash | settings by name, their state as `NAME:WORD` | until deleted |
//! | `PREFIX:{h}:tenants` | set | tenants that ever had a webhook | stays |

use crate::job::JobId;
use crate::lane::Shard;
use crate::name::{BatchId, SessionId, SubjectId, TenantId};

/// Names keys of one installation.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    /// Takes the installation's prefix: letters and digits.
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// What every key of the shard begins with.
    pub(super) fn base(&self, shard: Shard) -> String {
        format!("{}:{{{}}}:", self.prefix, shard.0)
    }

    /// Records of jobs of a shard.
    pub(super) fn records(&self, shard: Shard) -> RecordKeys {
        let key = self.base(shard).into_bytes();
        RecordKeys { base: key.len(), key }
    }

    /// The key by which every script is routed.
    pub(super) fn open(&self, shard: Shard) -> String {
        format!("{}open", self.base(shard))
    }

    /// Hash of a session.
    pub(super) fn session(&self, shard: Shard, tenant: &TenantId, session: &SessionId) -> String {
        format!("{}session:{}", self.base(shard), member(tenant, session))
    }

    /// Set of a tenant's sessions.
    pub(super) fn sessions(&self, shard: Shard, tenant: &TenantId) -> String {
        format!("{}sessions:{tenant}", self.base(shard))
    }

    /// Hash of the newest generations of a session's subjects.
    pub(super) fn generations(&self, shard: Shard, tenant: &TenantId, session: &SessionId) -> String {
        format!("{}generations:{}", self.base(shard), member(tenant, session))
    }

    /// Hash of a batch.
    pub(super) fn batch(&self, shard: Shard, tenant: &TenantId, session: &SessionId, batch: &BatchId) -> String {
        format!("{}batch:{}:{batch}", self.base(shard), member(tenant, session))
    }

    /// Sorted set of sessions that are kept until a moment.
    pub(super) fn retain(&self, shard: Shard) -> String {
        format!("{}retain", self.base(shard))
    }

    /// Moment at which a tenant's jobs have been paid for.
    pub(super) fn rate(&self, tenant: &TenantId) -> String {
        format!("{}:{{r:{tenant}}}:rate", self.prefix)
    }

    /// Moment at which a tenant's searches, or those of one subject, have been paid for.
    pub(super) fn search_rate(&self, tenant: &TenantId, of: Option<(&SessionId, &SubjectId)>) -> String {
        let whose = of.map(|(session, subject)| format!(":{session}:{subject}")).unwrap_or_default();
        format!("{}:{{r:{tenant}}}:search{whose}", self.prefix)
    }

    /// What every key of the list of workers begins with.
    pub(super) fn workers_base(&self) -> String {
        format!("{}:{{w}}:", self.prefix)
    }

    /// Hash of workers.
    pub(super) fn workers(&self) -> String {
        format!("{}workers", self.workers_base())
    }

    /// Hash of a tenant's webhooks.
    pub(super) fn hooks(&self, tenant: &TenantId) -> String {
        format!("{}:{{h:{tenant}}}:hooks", self.prefix)
    }

    /// Set of the tenants that have webhooks.
    pub(super) fn hook_tenants(&self) -> String {
        format!("{}:{{h}}:tenants", self.prefix)
    }

    /// Channel that tells workers of jobs, cancellations and drains, see [`super::bell`].
    pub(super) fn work_bell(&self) -> String {
        format!("{}:work", self.prefix)
    }

    /// Channel that tells readers of settled jobs, see [`super::bell`].
    pub(super) fn done_bell(&self) -> String {
        format!("{}:done", self.prefix)
    }
}

/// Names the records of a shard's jobs one after the other.
pub(super) struct RecordKeys {
    key: Vec<u8>,
    /// Length of what all begin with.
    base: usize,
}

impl RecordKeys {
    /// The record of a job.
    pub(super) fn of(&mut self, job: &JobId) -> &[u8] {
        self.key.truncate(self.base);
        self.key.extend_from_slice(job.uuid.as_bytes());
        &self.key
    }
}

/// A session of a tenant as one word; none of the names can hold a colon.
pub(super) fn member(tenant: &TenantId, session: &SessionId) -> String {
    format!("{tenant}:{session}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_shard_has_its_hash_tag() {
        let keys = Keys::new("gp");
        let tenant = TenantId::new("t").unwrap();
        let session = SessionId::new("s").unwrap();
        let named = [
            (keys.open(Shard(7)), "gp:{7}:open"),
            (keys.session(Shard(7), &tenant, &session), "gp:{7}:session:t:s"),
            (keys.sessions(Shard(7), &tenant), "gp:{7}:sessions:t"),
            (keys.batch(Shard(7), &tenant, &session, &BatchId::new("b").unwrap()), "gp:{7}:batch:t:s:b"),
            (keys.generations(Shard(7), &tenant, &session), "gp:{7}:generations:t:s"),
            (keys.retain(Shard(7)), "gp:{7}:retain"),
            (keys.rate(&tenant), "gp:{r:t}:rate"),
            (keys.search_rate(&tenant, None), "gp:{r:t}:search"),
            (keys.search_rate(&tenant, Some((&session, &SubjectId::new("a").unwrap()))), "gp:{r:t}:search:s:a"),
            (keys.workers(), "gp:{w}:workers"),
        ];
        for (key, expected) in named {
            assert_eq!(key, expected);
        }
    }
}
