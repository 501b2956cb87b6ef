//! Consumer groups: readers of all results of a tenant who share the work. Each event goes to one of them, and
//! to another when it is not acknowledged in time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use utoipa::ToSchema;

use super::Store;
use super::event::Event;
use super::reader::{Reader, Standing, Wish};
use super::results::{RING_PAUSE, checked};
use super::send::LOOK_PAUSE;
use crate::lane::Shard;
use crate::name::{GroupId, TenantId};
use crate::{Error, Result};

/// Letters of every state that is told of, `b` for batches.
const EVERYTHING: &str = "dxcb";

/// Acknowledges one event: the shard and the entry. Written as `SHARD-PLACE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Receipt {
    shard: Shard,
    entry: String,
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.shard.0, self.entry)
    }
}

impl FromStr for Receipt {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unlawful = Error::InvalidName { what: "receipt" };
        let Some((shard, entry)) = text.split_once('-') else { return Err(unlawful) };
        match (shard.parse(), checked(entry)) {
            (Ok(shard), Ok(entry)) => Ok(Self { shard: Shard(shard), entry }),
            _ => Err(unlawful),
        }
    }
}

impl TryFrom<String> for Receipt {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Receipt> for String {
    fn from(receipt: Receipt) -> Self {
        receipt.to_string()
    }
}

/// An event in a consumer's hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupEvent {
    /// Acknowledges it.
    #[schema(value_type = String)]
    pub receipt: Receipt,
    /// How often it was handed out, this time included.
    pub deliveries: u32,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// How a consumer group stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GroupView {
    /// Its name.
    pub group: GroupId,
    /// Events in consumers' hands that were not acknowledged.
    pub pending: u64,
    /// Events that nobody of the group was handed yet.
    pub lag: u64,
}

impl Store {
    /// Hands at most `limit` events of a tenant to a consumer of `group`, which begins with the oldest kept
    /// one when it reads first; waits for the first, at most `patience`. What is not acknowledged within
    /// `visible_after` is handed out again.
    ///
    /// # Errors
    /// [`Error::TooManyReaders`] for a new group too many.
    pub async fn read_group(
        &self,
        tenant: &TenantId,
        group: &GroupId,
        limit: usize,
        visible_after: Duration,
        patience: Duration,
    ) -> Result<Vec<GroupEvent>> {
        let deadline = Instant::now() + patience;
        let name = name_of(group);
        let reader = Reader { tenant, name: &name };
        let wish = Wish { most: limit, visible_after, member: "", letters: EVERYTHING };
        let mut bell = self.inner.tower.settled();
        loop {
            let (held, _) = self.reader_take("read_group", reader, wish).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if !held.is_empty() || left.is_zero() {
                let event = |held: super::reader::Held| GroupEvent {
                    receipt: Receipt { shard: held.shard, entry: held.event.cursor().to_owned() },
                    deliveries: held.tries,
                    event: held.event,
                };
                return Ok(held.into_iter().map(event).collect());
            }
            bell.rung(left.min(LOOK_PAUSE)).await;
            sleep(left.min(RING_PAUSE)).await;
        }
    }

    /// Acknowledges events; answers how many of them the group had in hand.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for a receipt of a shard that does not exist.
    pub async fn acknowledge(&self, tenant: &TenantId, group: &GroupId, receipts: &[Receipt]) -> Result<u64> {
        if receipts.is_empty() {
            return Ok(0);
        }
        if receipts.iter().any(|receipt| self.inner.shards.all().all(|shard| shard != receipt.shard)) {
            return Err(Error::InvalidName { what: "receipt" });
        }
        let entries: Vec<_> = receipts.iter().map(|receipt| (receipt.shard, receipt.entry.clone())).collect();
        self.reader_ack("ack_group", Reader { tenant, name: &name_of(group) }, &entries).await
    }

    /// The tenant's consumer groups, by name.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn groups(&self, tenant: &TenantId) -> Result<Vec<GroupView>> {
        let standings = self.standings("groups", &[(tenant, Vec::new())]).await?;
        let view = |standing: Standing| {
            let group = GroupId::new(standing.name.strip_prefix("g:")?).ok()?;
            // What an entry brought beyond what was asked for nobody was handed yet.
            let unseen = standing.held.saturating_sub(standing.given);
            Some(GroupView { group, pending: standing.given, lag: standing.lag + unseen })
        };
        let mut groups: Vec<_> = standings.into_iter().flatten().filter_map(view).collect();
        groups.sort_by(|one, other| one.group.cmp(&other.group));
        Ok(groups)
    }

    /// Forgets a group and its place; `false` where there was none.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn drop_group(&self, tenant: &TenantId, group: &GroupId) -> Result<bool> {
        self.reader_drop("drop_group", Reader { tenant, name: &name_of(group) }).await
    }
}

fn name_of(group: &GroupId) -> String {
    format!("g:{group}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_a_shard_and_an_entry() {
        let receipt: Receipt = "3-1526919030474-5".parse().expect("lawful");
        assert_eq!(receipt, Receipt { shard: Shard(3), entry: "1526919030474-5".into() });
        assert_eq!(receipt.to_string(), "3-1526919030474-5");
        for text in ["", "3", "x-1-0", "256-1-0", "3-", "3-a-b", "3-1-2-3"] {
            assert!(text.parse::<Receipt>().is_err(), "{text:?}");
        }
    }
}
