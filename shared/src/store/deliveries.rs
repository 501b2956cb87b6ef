//! Events on their way to webhooks.

use std::time::Duration;

use super::Store;
use super::bell::Bell;
use super::event::Event;
use super::hook::Hook;
use super::keys::member;
use super::reader::{Held, Reader, Standing, Wish};
use crate::Result;
use crate::lane::Shard;
use crate::name::{HookId, TenantId};

/// An event to be told to a webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The shard that told of it.
    pub shard: Shard,
    /// How often it was tried, this time included.
    pub tries: u32,
    /// The event.
    pub event: Event,
}

/// What a webhook has before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookTally {
    /// Events that it was not told of yet; other sessions' and other kinds' among those nobody looked at.
    pub pending: u64,
    /// Whether there is something to tell now.
    pub is_due: bool,
}

impl Store {
    /// Rings when something may be told to a webhook.
    #[must_use]
    pub fn settled_bell(&self) -> Bell {
        self.inner.tower.settled()
    }

    /// What each of some webhooks has before it.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn hook_tallies(&self, hooks: &[(TenantId, Vec<HookId>)]) -> Result<Vec<Vec<HookTally>>> {
        let asked: Vec<_> =
            hooks.iter().map(|(tenant, names)| (tenant, names.iter().map(reader_of).collect::<Vec<_>>())).collect();
        let standings = self.standings("hook_tallies", &asked).await?;
        // Those that were asked for stand in front, in order.
        let tally = |standing: Standing| HookTally {
            pending: standing.held + standing.lag,
            is_due: standing.due + standing.lag > 0,
        };
        let of = |(one, names): (Vec<_>, &Vec<String>)| one.into_iter().take(names.len()).map(tally).collect();
        Ok(standings.into_iter().zip(asked.iter().map(|(_, names)| names)).map(of).collect())
    }

    /// Events to tell a webhook, at most `most`, and how many were gone before they were told. What is not
    /// told within `lease` is handed out again.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn take_deliveries(
        &self,
        tenant: &TenantId,
        hook: &Hook,
        most: usize,
        lease: Duration,
    ) -> Result<(Vec<Delivery>, u64)> {
        let letters: String = hook.settings.events.iter().map(|kind| kind.letter()).collect();
        let member = hook.settings.session.as_ref().map(|session| member(tenant, session)).unwrap_or_default();
        let wish = Wish { most, visible_after: lease, member: &member, letters: &letters };
        let reader = Reader { tenant, name: &reader_of(&hook.name) };
        let (held, gone) = self.reader_take("take_deliveries", reader, wish).await?;
        let delivery = |held: Held| Delivery { shard: held.shard, tries: held.tries, event: held.event };
        Ok((held.into_iter().map(delivery).collect(), gone))
    }

    /// Notes that a webhook was told.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn delivered(&self, tenant: &TenantId, name: &HookId, delivery: &Delivery) -> Result<()> {
        let entry = (delivery.shard, delivery.event.cursor().to_owned());
        self.reader_ack("delivered", Reader { tenant, name: &reader_of(name) }, &[entry]).await.map(drop)
    }

    /// Tries an event again after `pause`.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn put_delivery_off(
        &self,
        tenant: &TenantId,
        name: &HookId,
        delivery: &Delivery,
        pause: Duration,
    ) -> Result<()> {
        let entry = (delivery.shard, delivery.event.cursor());
        self.reader_delay("put_delivery_off", Reader { tenant, name: &reader_of(name) }, entry, pause).await.map(drop)
    }
}

/// The reader of a webhook.
pub(super) fn reader_of(name: &HookId) -> String {
    format!("h:{name}")
}
