//! How jobs are called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::lane::Shard;
use crate::name::{SessionId, TenantId};
use crate::{Error, Result};

/// A job's name: its shard, so that one look-up finds it, and a UUID.
///
/// Written `2a-0192f0c8e1b97c3a8d5e4f6071829304`: two hex digits of shard, a dash, 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId {
    /// The shard that holds everything of the job.
    pub shard: Shard,
    /// UUID: version 7, or version 8 where an idempotency key decides it.
    pub uuid: Uuid,
}

impl JobId {
    /// A new name in `shard`.
    #[must_use]
    pub fn new(shard: Shard) -> Self {
        Self { shard, uuid: Uuid::now_v7() }
    }

    /// The name in `shard` that a caller's idempotency key stands for: the same for the same tenant, session
    /// and key, so that the queue finds the first job when the call is repeated. UUID version 8.
    #[must_use]
    pub fn keyed(shard: Shard, tenant: &TenantId, session: &SessionId, key: &str) -> Self {
        let words = [tenant.as_str(), session.as_str(), key];
        let digest =
            words.iter().fold(Sha256::new(), |hash, word| hash.chain_update(word).chain_update([0])).finalize();
        let bytes = digest.first_chunk().expect("a SHA-256 has more than 16 bytes");
        Self { shard, uuid: uuid::Builder::from_custom_bytes(*bytes).into_uuid() }
    }

    /// Whether the name comes from an idempotency key.
    #[must_use]
    pub fn is_keyed(&self) -> bool {
        self.uuid.get_version_num() == 8
    }
}

impl PartialSchema for JobId {
    fn schema() -> RefOr<Schema> {
        let says = "A job's name: its shard in two hex digits, a dash, and a UUID (version 7) in 32.";
        let pattern = "^[0-9a-f]{2}-[0-9a-f]{32}$";
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern)).description(Some(says)).into()
    }
}

impl ToSchema for JobId {}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}-{}", self.shard.0, self.uuid.simple())
    }
}

impl FromStr for JobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || Error::InvalidName { what: "job" };
        let (shard, uuid) = text.split_once('-').ok_or_else(invalid)?;
        if shard.len() != 2 || uuid.len() != 32 {
            return Err(invalid());
        }
        let shard = u8::from_str_radix(shard, 16).map_err(|_| invalid())?;
        let uuid = Uuid::try_parse(uuid).map_err(|_| invalid())?;
        Ok(Self { shard: Shard(shard), uuid })
    }
}

impl TryFrom<String> for JobId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> Self {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_id_reads_as_it_is_written() {
        let id = JobId::new(Shard(0x2a));
        let text = id.to_string();
        assert!(text.starts_with("2a-"), "{text}");
        assert_eq!(text.parse::<JobId>().expect("own text"), id);
        for bad in
            ["", "2a", "2a-", "zz-0192f0c8e1b97c3a8d5e4f6071829304", "2a-0192", "02a-192f0c8e1b97c3a8d5e4f6071829304"]
        {
            assert!(bad.parse::<JobId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_key_stands_for_one_job_of_one_session() {
        let keyed = |session: &str, key: &str| {
            let names = (TenantId::new("t").expect("lawful"), SessionId::new(session).expect("lawful"));
            JobId::keyed(Shard(1), &names.0, &names.1, key)
        };
        assert_eq!(keyed("s", "k"), keyed("s", "k"));
        assert!(keyed("s", "k").is_keyed() && !JobId::new(Shard(1)).is_keyed());
        assert_ne!(keyed("s", "k"), keyed("s", "l"));
        assert_ne!(keyed("s", "k"), keyed("sk", ""));
    }
}
