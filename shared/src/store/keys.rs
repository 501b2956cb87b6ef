//! Every key of the queue in Redis: its name, type and life.
//!
//! All keys of a shard share the hash tag `{number}`, so that a script may touch any of them in a cluster.
//! Scripts that learn a job, tenant or session only from Redis itself build the same names from
//! [`Keys::base`]; their headers say so.

use uuid::Uuid;

use crate::job::JobId;
use crate::lane::{LANES, Lane, Shard};
use crate::name::{SessionId, TenantId};

/// Consumer group of every lane stream.
pub(super) const GROUP: &str = "workers";

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

    /// Stream: the job waits in it or is in a worker's hands; an entry holds only the job's UUID.
    /// Never expires; bounded by the lane's limit.
    pub(super) fn stream(&self, lane: Lane, shard: Shard) -> String {
        format!("{}stream:{lane}", self.base(shard))
    }

    /// Streams of all lanes in the order of [`LANES`].
    pub(super) fn streams(&self, shard: Shard) -> impl Iterator<Item = String> {
        LANES.iter().map(move |row| self.stream(row.lane, shard))
    }

    /// Sorted set: UUIDs of jobs put aside, by the millisecond at which they are due. Never expires;
    /// counts towards the lane's limit.
    pub(super) fn delayed(&self, lane: Lane, shard: Shard) -> String {
        format!("{}delayed:{lane}", self.base(shard))
    }

    /// What the key of every job of the shard begins with.
    pub(super) fn job_base(&self, shard: Shard) -> String {
        format!("{}job:", self.base(shard))
    }

    /// Hash: envelope, state, attempts, worker, entry, claimed_at_ms, whose, error, result. Expires when
    /// settled, after [`super::Limits::result_ttl`].
    pub(super) fn job(&self, id: &JobId) -> String {
        format!("{}{}", self.job_base(id.shard), uuid_text(&id.uuid))
    }

    /// Hash: state, spec, created_at_ms, and the counters accepted, done, dead. Kept until the session is
    /// erased.
    pub(super) fn session(&self, shard: Shard, tenant: &TenantId, session: &SessionId) -> String {
        format!("{}session:{tenant}:{session}", self.base(shard))
    }

    /// Set: names of the tenant's sessions that live in the shard. Kept with them.
    pub(super) fn sessions(&self, shard: Shard, tenant: &TenantId) -> String {
        format!("{}sessions:{tenant}", self.base(shard))
    }

    /// Hash: newest generation by subject, one field for each subject above generation 0. Kept with the
    /// session.
    pub(super) fn generations(&self, shard: Shard, tenant: &TenantId, session: &SessionId) -> String {
        format!("{}generations:{tenant}:{session}", self.base(shard))
    }

    /// Stream: settled jobs of the tenant in this shard. Bounded by [`super::Limits::events`] and, in
    /// sweeps, by [`super::Limits::result_ttl`].
    pub(super) fn results(&self, shard: Shard, tenant: &TenantId) -> String {
        format!("{}results:{tenant}", self.base(shard))
    }

    /// Set: tenants with a results stream in this shard. Members leave with their stream.
    pub(super) fn tenants(&self, shard: Shard) -> String {
        format!("{}tenants", self.base(shard))
    }

    /// Channel: rings of new and settled jobs, see [`super::bell`].
    pub(super) fn bell(&self) -> String {
        format!("{}:bell", self.prefix)
    }
}

/// A job's UUID as it stands in keys and streams: 32 hex digits.
pub(super) fn uuid_text(uuid: &Uuid) -> String {
    uuid.simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_shard_has_its_hash_tag() {
        let keys = Keys::new("gp");
        let tenant = TenantId::new("t").unwrap();
        let session = SessionId::new("s").unwrap();
        let id = JobId { shard: Shard(7), uuid: Uuid::nil() };
        let named = [
            (keys.stream(Lane::Bulk, Shard(7)), "gp:{7}:stream:bulk"),
            (keys.delayed(Lane::Onsite, Shard(7)), "gp:{7}:delayed:onsite"),
            (keys.job(&id), "gp:{7}:job:00000000000000000000000000000000"),
            (keys.session(Shard(7), &tenant, &session), "gp:{7}:session:t:s"),
            (keys.sessions(Shard(7), &tenant), "gp:{7}:sessions:t"),
            (keys.generations(Shard(7), &tenant, &session), "gp:{7}:generations:t:s"),
            (keys.results(Shard(7), &tenant), "gp:{7}:results:t"),
            (keys.tenants(Shard(7)), "gp:{7}:tenants"),
        ];
        for (key, expected) in named {
            assert_eq!(key, expected);
        }
        assert_eq!(keys.streams(Shard(255)).count(), LANES.len());
    }
}
