//! Settings of webhooks: as typed, then as used.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use gradphoto_shared::{Error, Result};

use super::hosts::{HostRule, Hosts};
use super::secret::MasterKey;

/// Pauses between tries in seconds: those that Standard Webhooks gives as its example up to ten hours, then
/// six, so that all tries lie within the day for which a result is kept.
const SCHEDULE_S: [f64; 7] = [5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 21_600.0];
/// Jitter shortens a pause, so that endpoints that came back are not met by all at once, to this share at
/// most; it never makes one longer, or the last would end after the event's time.
pub(crate) const JITTER_LEAST: f64 = 0.9;

/// Whom the dispatcher may tell of results, and how.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Webhooks")]
pub(crate) struct WebhookArgs {
    /// File with the key from which the webhooks' secrets are made: 32 random bytes or more, the same for
    /// every dispatcher. Without it there are no webhooks; another one is another secret for each of them.
    #[arg(long = "webhook-key-file", env = "GRADPHOTO_WEBHOOK_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Hosts that webhooks may name, with commas: HOST, HOST:PORT, *.DOMAIN, *.DOMAIN:PORT. None at first.
    #[arg(long = "webhook-hosts", env = "GRADPHOTO_WEBHOOK_HOSTS", value_name = "HOST", value_delimiter = ',')]
    hosts: Vec<HostRule>,
    /// Let those hosts' names lead to private addresses too. Whoever owns such a name can then reach this
    /// network's own services.
    #[arg(long = "webhook-private", env = "GRADPHOTO_WEBHOOK_PRIVATE")]
    private: bool,
    /// Seconds between tries, with commas. The default spans a day.
    #[arg(
        long = "webhook-retry",
        env = "GRADPHOTO_WEBHOOK_RETRY",
        value_name = "SECONDS",
        value_delimiter = ',',
        default_values_t = SCHEDULE_S,
        hide = true
    )]
    retry: Vec<f64>,
    /// Seconds that a receiver may take to answer: what Standard Webhooks advises, 15 to 30.
    #[arg(
        long = "webhook-timeout",
        env = "GRADPHOTO_WEBHOOK_TIMEOUT",
        value_name = "SECONDS",
        default_value_t = 15.0,
        hide = true
    )]
    timeout: f64,
}

/// Settings of webhooks, checked.
#[derive(Clone, Debug)]
pub(crate) struct WebhookConfig {
    pub(super) key: Option<MasterKey>,
    pub(super) hosts: Hosts,
    /// Pauses between tries; one at least.
    pub(super) schedule: Vec<Duration>,
    pub(super) timeout: Duration,
}

impl WebhookArgs {
    /// Checks what was typed and reads the key.
    ///
    /// # Errors
    /// [`Error::Config`] naming what is wrong, [`Error::Io`] when the key cannot be read.
    pub(crate) fn check(&self) -> Result<WebhookConfig> {
        let seconds = |name: &str, seconds: f64| {
            let lawful = Duration::try_from_secs_f64(seconds).ok().filter(|pause| !pause.is_zero());
            lawful.ok_or_else(|| Error::Config(format!("{name} must be seconds above 0")))
        };
        Ok(WebhookConfig {
            key: self.key_file.as_deref().map(read).transpose()?,
            hosts: Hosts::new(self.hosts.clone(), self.private),
            schedule: self.retry.iter().map(|pause| seconds("--webhook-retry", *pause)).collect::<Result<_>>()?,
            timeout: seconds("--webhook-timeout", self.timeout)?,
        })
    }
}

fn read(file: &Path) -> Result<MasterKey> {
    let failed = |cause| Error::io(format!("read the webhooks' key in {}", file.display()), cause);
    let bytes = fs::read(file).map_err(failed)?;
    MasterKey::new(bytes.trim_ascii_end()).ok_or_else(|| {
        let file = file.display();
        Error::Config(format!("{file} holds less than 32 bytes, make one with `head -c 32 /dev/urandom > {file}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_tries_end_within_a_day() {
        let day = 24.0 * 60.0 * 60.0;
        let sum: f64 = SCHEDULE_S.iter().sum();
        assert!((0.9 * day..day).contains(&sum), "{sum} seconds");
    }
}
