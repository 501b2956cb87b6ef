//! Webhooks: endpoints of a tenant and their state. Their secrets are kept nowhere: a dispatcher derives them from
//! its own key and [`Hook::version`].

use std::collections::HashMap;
use std::time::Duration;

use super::deliveries::reader_of;
use super::hook::{Hook, HookSettings};
use super::line::{Lead, Repeat};
use super::reader::{READERS_MAX, Reader};
use super::settle::milliseconds;
use super::{Store, answer, scripts};
use crate::name::{HookId, TenantId};
use crate::{Error, Result};

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
        self.inner.line.send("put_hook", Lead::Shared, Repeat::Once, &known).await?;
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
        let answer = self.inner.line.send("hooks", Lead::Shared, Repeat::Once, &pipeline).await?;
        let of = |fields: HashMap<String, String>| {
            let names = fields.keys().filter_map(|field| HookId::new(field.as_str()).ok());
            // One that a newer release made must not keep the others from being told.
            let readable = |name: HookId| {
                let hook = Hook::read(&name, |field| fields.get(field).cloned());
                hook.inspect_err(|error| tracing::debug!(code = error.code(), "webhook cannot be read")).ok()
            };
            let mut hooks: Vec<_> = names.filter_map(readable).collect();
            hooks.sort_by(|one, other| one.name.cmp(&other.name));
            hooks
        };
        Ok(answer::each(answer)?.into_iter().map(of).collect())
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
        let fields = Hook::WORDS.iter().map(|word| format!("{name}:{word}"));
        let mut pipeline = redis::pipe();
        let command = pipeline.cmd("HDEL").arg(self.inner.keys.hooks(tenant)).arg(name.as_str());
        fields.for_each(|field| {
            command.arg(field);
        });
        self.inner.line.send("drop_hook", Lead::Shared, Repeat::Once, &pipeline).await?;
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
        let answer = self.inner.line.send("hook_tenants", Lead::Shared, Repeat::Once, &pipeline).await?;
        answer::only::<Vec<String>>(answer)?.into_iter().map(TenantId::new).collect()
    }
}
