//! Settings that both programs take. Only files of this name read the environment, through clap.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::Result;
use crate::lane::Shards;

/// Text that prints as dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Where logs go and how much they say.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Logs")]
pub struct LogArgs {
    /// What to log: a level, or levels per part as in `info,gradphoto_worker=debug`.
    #[arg(long, env = "GRADPHOTO_LOG", default_value = "info", global = true)]
    pub log: String,
    /// Write logs as JSON lines also on a terminal.
    #[arg(long, env = "GRADPHOTO_LOG_JSON", global = true)]
    pub log_json: bool,
}

/// Where Redis is.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Redis")]
pub struct RedisArgs {
    /// Address, for example redis://127.0.0.1:6379/0 or rediss://user:password@host/0.
    #[arg(
        id = "redis",
        long = "redis",
        value_name = "URL",
        env = "GRADPHOTO_REDIS",
        default_value = "redis://127.0.0.1:6379/0",
        hide_env_values = true
    )]
    pub url: Secret,
    /// First word of every key, so that several installations can share one Redis.
    #[arg(long = "redis-prefix", env = "GRADPHOTO_REDIS_PREFIX", default_value = "gp")]
    pub prefix: String,
    /// Shards of the queue; the same on every process, never changed while jobs wait.
    #[arg(long, env = "GRADPHOTO_SHARDS", default_value_t = 16)]
    pub shards: u16,
    /// Seconds after which a command that Redis has not answered counts as failed. Too low turns a busy
    /// Redis into an outage; too high makes a dead one look slow.
    #[arg(long = "redis-timeout", env = "GRADPHOTO_REDIS_TIMEOUT", default_value_t = 5.0)]
    pub timeout_s: f64,
}

/// How to reach Redis, checked.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// Address.
    pub url: Secret,
    /// First word of every key.
    pub prefix: String,
    /// Shards of the queue.
    pub shards: Shards,
    /// Time to wait for an answer.
    pub timeout: Duration,
}

impl RedisArgs {
    /// Checks what was typed.
    ///
    /// # Errors
    /// [`crate::Error::Config`] naming the setting.
    pub fn check(&self) -> Result<RedisConfig> {
        let prefix_is_plain = !self.prefix.is_empty() && self.prefix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !prefix_is_plain {
            return Err(crate::Error::Config("redis prefix must be letters and digits".into()));
        }
        let timeout = Duration::try_from_secs_f64(self.timeout_s)
            .ok()
            .filter(|timeout| *timeout >= Duration::from_millis(100))
            .ok_or_else(|| crate::Error::Config("redis timeout must be at least 0.1 seconds".into()))?;
        Ok(RedisConfig {
            url: self.url.clone(),
            prefix: self.prefix.clone(),
            shards: Shards::new(self.shards)?,
            timeout,
        })
    }
}

/// Where photo bytes lie.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Object store")]
pub struct BlobArgs {
    /// Object store: a folder, or s3://BUCKET[/PREFIX]. [default: the folder `blobs` in the home folder]
    #[arg(id = "store", long = "store", value_name = "URL", env = "GRADPHOTO_STORE")]
    pub url: Option<String>,
    /// Endpoint of an S3-compatible store, for example http://127.0.0.1:9000.
    #[arg(long = "s3-endpoint", env = "GRADPHOTO_S3_ENDPOINT")]
    pub s3_endpoint: Option<String>,
    /// Region of the bucket.
    #[arg(long = "s3-region", env = "GRADPHOTO_S3_REGION", default_value = "us-east-1")]
    pub s3_region: String,
    /// Access key id.
    #[arg(long = "s3-key-id", env = "GRADPHOTO_S3_KEY_ID", hide_env_values = true)]
    pub s3_key_id: Option<Secret>,
    /// Secret access key.
    #[arg(long = "s3-secret", env = "GRADPHOTO_S3_SECRET", hide_env_values = true)]
    pub s3_secret: Option<Secret>,
}

/// Where gradphoto keeps what it fetched and made.
#[derive(Args, Clone, Debug)]
pub struct HomeArgs {
    /// Folder for models, the runtime library and the local object store.
    #[arg(long = "home", env = "GRADPHOTO_HOME", default_value = "var", global = true)]
    pub home: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_dots() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret} {secret:?}"), "•••• ••••");
        assert_eq!(secret.reveal(), "hunter2");
    }
}
