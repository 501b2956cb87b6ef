//! Webhooks: who may be told, how a message is signed, and one try to tell. When to try again is the keeper's
//! business. Headers and signatures follow Standard Webhooks 1.0.

mod config;
mod hosts;
mod message;
mod post;
mod secret;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gradphoto_shared::name::TenantId;
use gradphoto_shared::store::Hook;
use reqwest::Url;

pub(crate) use config::{JITTER_LEAST, WebhookArgs, WebhookConfig};
pub(crate) use hosts::Refusal;
pub(crate) use message::Message;
pub(crate) use post::Failure;
pub(crate) use secret::SigningSecret;

use post::Post;

/// How long a message bears the signature of the secret before, too, after a new one was made: a day to bring
/// the new one to every receiver.
const OVERLAP: Duration = Duration::from_secs(24 * 60 * 60);

/// Everything that telling takes.
#[derive(Debug)]
pub(crate) struct Webhooks {
    config: WebhookConfig,
    post: Post,
}

impl Webhooks {
    /// Prepares the client.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Config`] when no client can be made.
    pub(crate) fn new(config: WebhookConfig) -> gradphoto_shared::Result<Self> {
        let post = Post::new(&config)?;
        Ok(Self { config, post })
    }

    /// Whether there is a key to sign with.
    pub(crate) fn is_on(&self) -> bool {
        self.config.key.is_some()
    }

    /// How long one try may take, answer and all.
    pub(crate) fn timeout(&self) -> Duration {
        self.config.timeout
    }

    /// How long to wait after try number `tries`, without jitter; the last pause for all further ones.
    pub(crate) fn pause(&self, tries: u32) -> Duration {
        let schedule = &self.config.schedule;
        let index = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX).min(schedule.len() - 1);
        schedule[index]
    }

    /// How long everything must fail before an endpoint is parked: as long as one event's tries take at least.
    pub(crate) fn park_after(&self) -> Duration {
        self.config.schedule.iter().sum::<Duration>().mul_f64(JITTER_LEAST)
    }

    /// Checks an address that a tenant typed.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub(crate) fn check(&self, url: &str) -> Result<Url, Refusal> {
        self.config.hosts.check(url)
    }

    /// The secrets of a webhook, newest first; none without a key. One that was replaced counts for a day.
    pub(crate) fn secrets(&self, tenant: &TenantId, hook: &Hook) -> Vec<SigningSecret> {
        let Some(key) = &self.config.key else { return Vec::new() };
        let overlap = u64::try_from(OVERLAP.as_millis()).unwrap_or(u64::MAX);
        let before = hook.before.filter(|(_, replaced_ms)| replaced_ms.saturating_add(overlap) > now_ms());
        let versions = std::iter::once(hook.version).chain(before.map(|(version, _)| version));
        versions.map(|version| key.secret(tenant, &hook.name, version)).collect()
    }

    /// Tells a webhook, once.
    ///
    /// # Errors
    /// A [`Failure`] unless it answers 2xx in time.
    pub(crate) async fn tell(&self, tenant: &TenantId, hook: &Hook, message: &Message) -> Result<(), Failure> {
        let url = self.check(&hook.settings.url).map_err(|refusal| Failure::passing(refusal.code()))?;
        self.post.send(url, message, &self.secrets(tenant, hook)).await
    }
}

/// Milliseconds since 1970 UTC.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
