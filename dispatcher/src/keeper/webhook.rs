//! Webhooks are told: for each endpoint with something to tell a courier, which goes home when nothing is left.
//!
//! What a courier has in hand is leased: when a dispatcher dies, or Redis is away when an answer comes, another
//! courier tells it again, under the same id. Of several dispatchers each has its own couriers; no event is in
//! two hands.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gradphoto_shared::name::{HookId, TenantId};
use gradphoto_shared::seal::Seals;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::{Bell, Delivery, Hook, Store};
use gradphoto_shared::{Result, metrics};
use rand::RngExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Beat;
use crate::webhook::{Failure, Message, Webhooks};

/// Longest pause between looks for something to tell; the bell makes it shorter.
const LOOK_PAUSE: Duration = Duration::from_secs(1);
/// Shortest: on a busy installation the bell rings all the time.
const BREATH: Duration = Duration::from_millis(100);
/// Messages to one endpoint at a time: enough for 100 a second at 40 ms each, few for a small receiver.
const PER_HOOK: usize = 4;
/// Messages of one dispatcher at a time; each costs a connection.
const AT_ONCE: usize = 256;
/// Tries to note in Redis what came of a message; after them its lease ends and it is told again.
const NOTE_TRIES: u32 = 5;

/// Tells webhooks until `shutdown`; messages under way are finished.
pub(crate) async fn keep(store: Store, webhooks: Arc<Webhooks>, seals: Seals, shutdown: Shutdown) {
    let bell = tokio::sync::Mutex::new(store.settled_bell());
    let office = Arc::new(Office {
        store,
        webhooks,
        seals,
        shutdown: shutdown.clone(),
        away: Mutex::default(),
        slots: Arc::new(Semaphore::new(AT_ONCE)),
    });
    let couriers = Mutex::new(JoinSet::new());
    let beat = Beat { name: "webhook", pause: BREATH };
    beat.keep(shutdown, || round(&office, &couriers, &bell)).await;
    let mut couriers = couriers.into_inner().unwrap_or_else(PoisonError::into_inner);
    while couriers.join_next().await.is_some() {}
}

async fn round(office: &Arc<Office>, couriers: &Mutex<JoinSet<()>>, bell: &tokio::sync::Mutex<Bell>) -> Result<()> {
    for (tenant, name) in office.look().await? {
        let mut couriers = couriers.lock().unwrap_or_else(PoisonError::into_inner);
        while couriers.try_join_next().is_some() {}
        if office.leave(&tenant, &name) {
            couriers.spawn(Arc::clone(office).courier(tenant, name));
        }
    }
    bell.lock().await.rung(LOOK_PAUSE).await;
    Ok(())
}

/// A message in a courier's hand, with the slot it is sent in.
type InHand = (OwnedSemaphorePermit, Hook, Delivery);

/// What couriers share.
struct Office {
    store: Store,
    webhooks: Arc<Webhooks>,
    seals: Seals,
    shutdown: Shutdown,
    /// Endpoints that a courier of this process is at.
    away: Mutex<HashSet<(TenantId, HookId)>>,
    slots: Arc<Semaphore>,
}

impl Office {
    /// Endpoints with something to tell.
    async fn look(&self) -> Result<Vec<(TenantId, HookId)>> {
        let tenants = self.store.hook_tenants().await?;
        let hooks = self.store.hooks_of(&tenants).await?;
        let of = |(tenant, hooks): (&TenantId, &Vec<Hook>)| {
            (tenant.clone(), hooks.iter().map(|hook| hook.name.clone()).collect::<Vec<_>>())
        };
        let asked: Vec<_> = tenants.iter().zip(&hooks).map(of).filter(|(_, names)| !names.is_empty()).collect();
        let hooks: Vec<_> = hooks.iter().filter(|hooks| !hooks.is_empty()).collect();
        if asked.is_empty() {
            metrics::webhooks(0, 0);
            return Ok(Vec::new());
        }
        let tallies = self.store.hook_tallies(&asked).await?;
        let (mut pending, mut parked, mut due) = (0, 0, Vec::new());
        for (((tenant, _), hooks), tallies) in asked.iter().zip(hooks).zip(tallies) {
            for (hook, tally) in hooks.iter().zip(tallies) {
                pending += tally.pending;
                parked += u64::from(hook.parked_at_ms.is_some());
                if tally.is_due && hook.parked_at_ms.is_none() {
                    due.push((tenant.clone(), hook.name.clone()));
                }
            }
        }
        metrics::webhooks(pending, parked);
        Ok(due)
    }

    /// Whether a courier may go: none is there yet.
    fn leave(&self, tenant: &TenantId, name: &HookId) -> bool {
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        away.insert((tenant.clone(), name.clone()))
    }

    /// Tells one endpoint until nothing is left to tell.
    async fn courier(self: Arc<Self>, tenant: TenantId, name: HookId) {
        if let Err(error) = self.tell_all(&tenant, &name).await {
            tracing::debug!(code = error.code(), "courier comes home early, the next look sends another");
        }
        self.away.lock().unwrap_or_else(PoisonError::into_inner).remove(&(tenant, name));
    }

    async fn tell_all(self: &Arc<Self>, tenant: &TenantId, name: &HookId) -> Result<()> {
        let mut under_way = JoinSet::new();
        loop {
            let free = PER_HOOK - under_way.len();
            let taken = self.take(tenant, name, free).await;
            if under_way.is_empty() && !matches!(&taken, Ok(taken) if !taken.is_empty()) {
                return taken.map(drop);
            }
            // An error is met again once the messages under way have ended.
            for (slot, hook, delivery) in taken.unwrap_or_default() {
                under_way.spawn(Arc::clone(self).deliver(slot, tenant.clone(), hook, delivery));
            }
            let ended = under_way.join_next();
            if free == 0 {
                ended.await;
            } else {
                let _ = tokio::time::timeout(LOOK_PAUSE, ended).await;
            }
            while under_way.try_join_next().is_some() {}
        }
    }

    /// Takes messages in hand, with the settings of this moment; none from a webhook that was parked or
    /// deleted meanwhile, nor when told to stop.
    async fn take(&self, tenant: &TenantId, name: &HookId, most: usize) -> Result<Vec<InHand>> {
        // Before the lease begins: who has no slot takes nothing.
        let slot = |_| Arc::clone(&self.slots).try_acquire_owned().ok();
        let slots: Vec<_> = (0..most).map_while(slot).collect();
        if slots.is_empty() || self.shutdown.is_cancelled() {
            return Ok(Vec::new());
        }
        let hook = self.store.hook(tenant, name).await?;
        if hook.parked_at_ms.is_some() {
            return Ok(Vec::new());
        }
        // The lease holds the try and what it takes to note the answer.
        let lease = self.webhooks.timeout() * 2 + LOOK_PAUSE;
        let (taken, gone) = self.store.take_deliveries(tenant, &hook, slots.len(), lease).await?;
        if gone > 0 {
            tracing::warn!(webhook = %name, events = gone, "events were gone before the webhook took them");
            metrics::webhook_told("expired", gone);
        }
        Ok(slots.into_iter().zip(taken).map(|(slot, delivery)| (slot, hook.clone(), delivery)).collect())
    }

    async fn deliver(self: Arc<Self>, _slot: OwnedSemaphorePermit, tenant: TenantId, hook: Hook, delivery: Delivery) {
        let mut event = delivery.event.clone();
        if let Err(error) = self.seals.open_event(&tenant, &mut event).await {
            // Told again once its lease ends.
            tracing::debug!(code = error.code(), "text of a code cannot be opened yet");
            return;
        }
        let message = Message::of(&tenant, &event);
        let told = self.webhooks.tell(&tenant, &hook, &message).await;
        for _ in 0..NOTE_TRIES {
            match self.note(&tenant, &hook, &delivery, &told).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(code = error.code(), "answer of a webhook is not noted yet"),
            }
            sleep(LOOK_PAUSE).await;
        }
    }

    async fn note(
        &self,
        tenant: &TenantId,
        hook: &Hook,
        delivery: &Delivery,
        told: &std::result::Result<(), Failure>,
    ) -> Result<()> {
        let Err(failure) = told else {
            self.store.delivered(tenant, &hook.name, delivery).await?;
            metrics::webhook_told("delivered", 1);
            return if hook.error.is_some() { self.store.hook_recovered(tenant, &hook.name).await } else { Ok(()) };
        };
        let pause = self.webhooks.pause(delivery.tries);
        let pause = pause.mul_f64(rand::rng().random_range(crate::webhook::JITTER_LEAST..=1.0));
        self.store.put_delivery_off(tenant, &hook.name, delivery, pause).await?;
        let is_parked = if failure.is_gone {
            self.store.park_hook(tenant, &hook.name, &failure.code).await?
        } else {
            self.store.hook_failed(tenant, &hook.name, &failure.code, self.webhooks.park_after()).await?
        };
        metrics::webhook_told(if failure.is_gone { "gone" } else { "failed" }, 1);
        if is_parked {
            tracing::warn!(%tenant, webhook = %hook.name, code = %failure.code, "webhook is parked until resumed");
        }
        Ok(())
    }
}
