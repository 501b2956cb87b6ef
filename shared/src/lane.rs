//! Lanes and shards, and the one routing decision: which stream a job waits in.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::name::{SessionId, TenantId};
use crate::{Error, Result};

/// How urgent a job is, people first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Somebody looks at a screen and waits: search, code, a retake.
    Interactive,
    /// Students stand in a queue before the photographer.
    Onsite,
    /// Uploads from phones; nobody waits in the room.
    Online,
    /// Thousands at once: imports, reprints, runs over a whole session again.
    Bulk,
}

/// One line of the lane table.
#[derive(Clone, Copy, Debug)]
pub struct LaneRow {
    /// The lane.
    pub lane: Lane,
    /// Its name in keys, metrics and the API.
    pub name: &'static str,
    /// Its share of takes while every lane has work; at least 1, so that none starves.
    pub weight: u32,
    /// Whether somebody stands there and waits: such jobs get places of their own in a worker, so that they
    /// wait for no batch in hand.
    pub is_urgent: bool,
}

/// Every lane, most urgent first.
///
/// The weights halve the share from lane to lane: one in fifteen takes stays for `bulk` even when all
/// others are full.
pub const LANES: [LaneRow; 4] = [
    LaneRow { lane: Lane::Interactive, name: "interactive", weight: 8, is_urgent: true },
    LaneRow { lane: Lane::Onsite, name: "onsite", weight: 4, is_urgent: true },
    LaneRow { lane: Lane::Online, name: "online", weight: 2, is_urgent: false },
    LaneRow { lane: Lane::Bulk, name: "bulk", weight: 1, is_urgent: false },
];

impl Lane {
    /// Its name in keys, metrics and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Its line of the table.
    #[must_use]
    pub fn row(self) -> &'static LaneRow {
        &LANES[self as usize]
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Lane {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let row = LANES.iter().find(|row| row.name == text);
        row.map(|row| row.lane).ok_or(Error::InvalidName { what: "lane" })
    }
}

/// A fairness bucket: every key of a shard carries its number as hash tag, so scripts stay atomic in a
/// cluster, and a session that floods fills its own shard only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shard(pub u8);

/// Number of shards of an installation; 1 to 256. A deployment never changes it while jobs wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards(u16);

impl Shards {
    /// Shards of a new installation (16: enough to keep 16 sessions apart, few enough to poll).
    pub const DEFAULT: Self = Self(16);

    /// Takes a count of shards.
    ///
    /// # Errors
    /// [`Error::Config`] outside 1 to 256.
    pub fn new(count: u16) -> Result<Self> {
        if (1..=256).contains(&count) {
            Ok(Self(count))
        } else {
            Err(Error::Config(format!("shards must be 1 to 256, not {count}")))
        }
    }

    /// Every shard in order.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        (0..self.0).map(|number| Shard(u8::try_from(number).expect("a count is at most 256, so a number fits")))
    }

    /// The shard of a session, the same on every machine and in every version.
    #[must_use]
    pub fn of(self, tenant: &TenantId, session: &SessionId) -> Shard {
        let digest =
            Sha256::new().chain_update(tenant.as_str()).chain_update("/").chain_update(session.as_str()).finalize();
        let number = u16::from_be_bytes([digest[0], digest[1]]) % self.0;
        Shard(u8::try_from(number).expect("a remainder of at most 256 fits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (index, row) in LANES.iter().enumerate() {
            assert_eq!(row.lane as usize, index);
            assert_eq!(row.name.parse::<Lane>().expect("a name of the table"), row.lane);
            assert!(row.weight >= 1, "{} would starve", row.name);
        }
    }

    #[test]
    fn sessions_spread_over_shards_and_stay_put() {
        let tenant = TenantId::new("t").expect("lawful");
        let shard = |n: u32| Shards::DEFAULT.of(&tenant, &SessionId::new(format!("s{n}")).expect("lawful"));
        let used: std::collections::BTreeSet<_> = (0..500).map(shard).collect();
        assert_eq!(used.len(), 16);
        assert_eq!(shard(7), shard(7));
    }
}
