//! Webhooks: endpoints of a tenant, their state, and the events that each has in hand. Their secrets are kept
//! nowhere: a dispatcher derives them from its own key and [`Hook::version`].

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bell::Bell;
use super::event::Event;
use super::keys::member;
use super::line::{Lead, Repeat};
use super::reader::{READERS_MAX, Reader, Wish};
use super::settle::milliseconds;
use super::{Store, answer, scripts};
use crate::lane::Shard;
use crate::name::{HookId, SessionId, TenantId};
use crate::{Error, Result};

/// What a webhook may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// A job was answered.
    Done,
    /// A job was given up.
    Dead,
    /// A job was cancelled.
    Cancelled,
    /// A batch is complete.
    Batch,
}

impl HookEvent {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Done, Self::Dead, Self::Cancelled, Self::Batch];

    /// As `lua/reader_take.lua` takes it.
    fn letter(self) -> char {
        match self {
            Self::Done => 'd',
            Self::Dead => 'x',
            Self::Cancelled => 'c',
            Self::Batch => 'b',
        }
    }
}

/// What a tenant says of a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HookSettings {
    /// Where to tell.
    pub url: String,
    /// What to tell of; everything where it is absent.
    #[serde(default = "everything")]
    pub events: Vec<HookEvent>,
    /// Tell of this session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

fn everything() -> Vec<HookEvent> {
    HookEvent::ALL.to_vec()
}

/// A webhook and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name.
    pub name: HookId,
    /// What the tenant said.
    pub settings: HookSettings,
    /// Counts secrets.
    pub version: u64,
    /// The secret before, and when it was replaced, in milliseconds since 1970 UTC.
    pub before: Option<(u64, u64)>,
    /// When it was parked, in milliseconds since 1970 UTC: nothing is sent until it is resumed.
    pub parked_at_ms: Option<u64>,
    /// Code of the last failure, where one came after the last success.
    pub error: Option<String>,
    /// Failures since the last success.
    pub failures: u64,
}

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
    /// Makes a webhook known, or changes one, which then is not parked any more; `true` when it is new. A new
    /// one is told of what happens from now on.
    ///
    /// # Errors
    /// [`Error::TooManyReaders`] for one too many.
    pub async fn put_hook(&self, tenant: &TenantId, name: &HookId, settings: &HookSettings) -> Result<bool> {
        match self.hook(tenant, name).await {
            Ok(_) => {}
            Err(Error::UnknownHook) => {
                self.reader_begin("put_hook", Reader { tenant, name: &reader_of(name) }).await?;
            }
            Err(error) => return Err(error),
        }
        let mut known = redis::pipe();
        known.cmd("SADD").arg(self.inner.keys.hook_tenants()).arg(tenant.as_str());
        self.inner.line.send("put_hook", Lead::Shared, Repeat::Once, &mut known).await?;
        let settings = serde_json::to_string(settings).expect("settings are plain data");
        let call = scripts::HOOK_PUT.call(self.inner.keys.hooks(tenant)).argument(name.as_str());
        let call = call.argument(settings).argument(READERS_MAX);
        let answer = self.inner.line.run("put_hook", Lead::Shared, Repeat::Once, &[call]).await?;
        match answer::only::<u8>(answer)? {
            0 => Err(Error::TooManyReaders),
            word => Ok(word == 2),
        }
    }

    /// The tenant's webhooks, by name.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn hooks(&self, tenant: &TenantId) -> Result<Vec<Hook>> {
        Ok(self.hooks_of(std::slice::from_ref(tenant)).await?.into_iter().flatten().collect())
    }

    /// The webhooks of each of some tenants, by name.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn hooks_of(&self, tenants: &[TenantId]) -> Result<Vec<Vec<Hook>>> {
        if tenants.is_empty() {
            return Ok(Vec::new());
        }
        let mut pipeline = redis::pipe();
        for tenant in tenants {
            pipeline.cmd("HGETALL").arg(self.inner.keys.hooks(tenant));
        }
        let answer = self.inner.line.send("hooks", Lead::Shared, Repeat::Once, &mut pipeline).await?;
        let of = |fields: HashMap<String, String>| {
            let names = fields.keys().filter_map(|field| HookId::new(field.as_str()).ok());
            let mut hooks: Vec<_> =
                names.map(|name| read(&name, |field| fields.get(field).cloned())).collect::<Result<_>>()?;
            hooks.sort_by(|one: &Hook, other| one.name.cmp(&other.name));
            Ok(hooks)
        };
        answer::each(answer)?.into_iter().map(of).collect()
    }

    /// Rings when something may be told to a webhook.
    #[must_use]
    pub fn settled_bell(&self) -> Bell {
        self.inner.tower.settled()
    }

    /// A webhook.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn hook(&self, tenant: &TenantId, name: &HookId) -> Result<Hook> {
        let hooks = self.hooks(tenant).await?;
        hooks.into_iter().find(|hook| hook.name == *name).ok_or(Error::UnknownHook)
    }

    /// Forgets a webhook and what it has in hand.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn drop_hook(&self, tenant: &TenantId, name: &HookId) -> Result<()> {
        self.hook(tenant, name).await?;
        let fields = WORDS.iter().map(|word| format!("{name}:{word}"));
        let mut pipeline = redis::pipe();
        let command = pipeline.cmd("HDEL").arg(self.inner.keys.hooks(tenant)).arg(name.as_str());
        fields.for_each(|field| {
            command.arg(field);
        });
        self.inner.line.send("drop_hook", Lead::Shared, Repeat::Once, &mut pipeline).await?;
        self.reader_drop("drop_hook", Reader { tenant, name: &reader_of(name) }).await.map(drop)
    }

    /// Sends again to a webhook that was parked, beginning with what was put off.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn resume_hook(&self, tenant: &TenantId, name: &HookId) -> Result<()> {
        self.mark_hook(tenant, name, "resumed", "", Duration::ZERO).await?;
        self.reader_wake("resume_hook", Reader { tenant, name: &reader_of(name) }).await
    }

    /// Gives a webhook a new secret.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn rotate_hook(&self, tenant: &TenantId, name: &HookId) -> Result<()> {
        self.mark_hook(tenant, name, "rotated", "", Duration::ZERO).await.map(drop)
    }

    /// Sends nothing more to a webhook until it is resumed; `true` when it was not parked before.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn park_hook(&self, tenant: &TenantId, name: &HookId, code: &str) -> Result<bool> {
        self.mark_hook(tenant, name, "parked", code, Duration::ZERO).await
    }

    /// Notes a failure; `true` when that parked it, as everything failed for `park_after`.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn hook_failed(
        &self,
        tenant: &TenantId,
        name: &HookId,
        code: &str,
        park_after: Duration,
    ) -> Result<bool> {
        self.mark_hook(tenant, name, "failed", code, park_after).await
    }

    /// Notes that a webhook that failed takes events again.
    ///
    /// # Errors
    /// [`Error::UnknownHook`].
    pub async fn hook_recovered(&self, tenant: &TenantId, name: &HookId) -> Result<()> {
        self.mark_hook(tenant, name, "delivered", "", Duration::ZERO).await.map(drop)
    }

    async fn mark_hook(
        &self,
        tenant: &TenantId,
        name: &HookId,
        word: &str,
        code: &str,
        park_after: Duration,
    ) -> Result<bool> {
        let call = scripts::HOOK_MARK.call(self.inner.keys.hooks(tenant)).argument(name.as_str());
        let call = call.argument(word).argument(code).argument(milliseconds(park_after));
        let answer = self.inner.line.run("mark_hook", Lead::Shared, Repeat::Once, &[call]).await?;
        answer::only::<Option<bool>>(answer)?.ok_or(Error::UnknownHook)
    }

    /// Tenants that have webhooks, or had.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn hook_tenants(&self) -> Result<Vec<TenantId>> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SMEMBERS").arg(self.inner.keys.hook_tenants());
        let answer = self.inner.line.send("hook_tenants", Lead::Shared, Repeat::Once, &mut pipeline).await?;
        answer::only::<Vec<String>>(answer)?.into_iter().map(TenantId::new).collect()
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
        let tally = |standing: super::reader::Standing| HookTally {
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
        let delivery = |held: super::reader::Held| Delivery { shard: held.shard, tries: held.tries, event: held.event };
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

/// Fields of a webhook behind its name and a colon.
const WORDS: [&str; 7] = ["version", "before", "rotated", "parked", "since", "failures", "code"];

fn reader_of(name: &HookId) -> String {
    format!("h:{name}")
}

fn read(name: &HookId, field: impl Fn(&str) -> Option<String>) -> Result<Hook> {
    let number = |word: &str| field(&format!("{name}:{word}")).and_then(|text| text.parse::<u64>().ok());
    let settings = field(name.as_str()).ok_or_else(|| answer::unexpected("a webhook"))?;
    Ok(Hook {
        name: name.clone(),
        settings: serde_json::from_str(&settings).map_err(Error::Envelope)?,
        version: number("version").unwrap_or_default(),
        before: number("before").zip(number("rotated")),
        parked_at_ms: number("parked"),
        error: field(&format!("{name}:code")),
        failures: number("failures").unwrap_or_default(),
    })
}
