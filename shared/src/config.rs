//! Settings that both programs take. Only files of this name read the environment, through clap.

use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fmt, fs};

use clap::Args;

use crate::Result;
use crate::lane::Shards;
use crate::store::Limits;

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
    /// Address: redis://HOST:PORT/0 or redis+unix:///SOCKET for one server,
    /// redis-sentinel://HOST:PORT,HOST:PORT/NAME for the primary that sentinels know by that name,
    /// redis-cluster://HOST:PORT,HOST:PORT for a cluster by some of its nodes. With rediss instead of redis
    /// all is encrypted; USER:PASSWORD@ may stand before the first host.
    #[arg(
        id = "redis",
        long = "redis",
        value_name = "URL",
        env = "GRADPHOTO_REDIS",
        default_value = "redis://127.0.0.1:6379/0",
        hide_env_values = true
    )]
    pub url: Secret,
    /// File whose first line is the password, so that it stands in no list of processes.
    #[arg(long = "redis-password-file", env = "GRADPHOTO_REDIS_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// File with the password of the sentinels, where they have one.
    #[arg(long = "redis-sentinel-password-file", env = "GRADPHOTO_REDIS_SENTINEL_PASSWORD_FILE", value_name = "FILE")]
    pub sentinel_password_file: Option<PathBuf>,
    /// PEM file of the authority that signed the servers' certificates. [default: those of the system]
    #[arg(long = "redis-ca", env = "GRADPHOTO_REDIS_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// PEM file of this process's own certificate, where the servers ask for one.
    #[arg(
        id = "redis_certificate",
        long = "redis-certificate",
        env = "GRADPHOTO_REDIS_CERTIFICATE",
        value_name = "FILE",
        requires = "redis_key"
    )]
    pub certificate: Option<PathBuf>,
    /// PEM file of the key to that certificate.
    #[arg(
        id = "redis_key",
        long = "redis-key",
        env = "GRADPHOTO_REDIS_KEY",
        value_name = "FILE",
        requires = "redis_certificate"
    )]
    pub key: Option<PathBuf>,
    /// Replicas that must hold a submitted job before it is answered. With 0 a failover may lose the jobs
    /// of its last moment; with 1 or more submit waits about a millisecond longer, and is refused while too
    /// few replicas are there.
    #[arg(long = "redis-replicas", env = "GRADPHOTO_REDIS_REPLICAS", default_value_t = 0)]
    pub replicas: u32,
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
    /// Who this process is, and whom it believes.
    pub access: RedisAccess,
}

/// Who a process is to Redis, whom it believes, and when it believes a write to be safe.
#[derive(Clone, Debug, Default)]
pub struct RedisAccess {
    /// Password of the servers, where it does not stand in the address.
    pub password: Option<Secret>,
    /// Password of the sentinels.
    pub sentinel_password: Option<Secret>,
    /// Authority of the servers' certificates, PEM; those of the system where it is absent.
    pub ca: Option<Vec<u8>>,
    /// Own certificate and its key, PEM.
    pub certificate: Option<(Vec<u8>, Secret)>,
    /// Replicas that must hold a submitted job.
    pub replicas: u32,
}

impl RedisArgs {
    /// Checks what was typed, and reads the files it names.
    ///
    /// # Errors
    /// [`crate::Error::Config`] naming the setting, [`crate::Error::Io`] naming the file.
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
            access: self.access()?,
        })
    }

    fn access(&self) -> Result<RedisAccess> {
        let password = |file: &Option<PathBuf>| {
            let line = |text: String| Secret::new(text.lines().next().unwrap_or_default());
            file.as_ref().map(|file| text_of(file).map(line)).transpose()
        };
        let certificate = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some((text_of(certificate)?.into_bytes(), Secret::new(text_of(key)?))),
            _ => None,
        };
        Ok(RedisAccess {
            password: password(&self.password_file)?,
            sentinel_password: password(&self.sentinel_password_file)?,
            ca: self.ca.as_deref().map(text_of).transpose()?.map(String::into_bytes),
            certificate,
            replicas: self.replicas,
        })
    }
}

fn text_of(file: &Path) -> Result<String> {
    fs::read_to_string(file).map_err(|cause| crate::Error::io(format!("read {}", file.display()), cause))
}

/// What keeps Redis from growing without end; the same on every process, because the one that settles a job
/// decides how long its answer is kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Queue")]
pub struct QueueArgs {
    /// Jobs that one lane of one shard may hold; beyond it callers are told to come back. Each costs about
    /// 1 KB of Redis; too low makes a large session wait at the door. [default: 200000]
    #[arg(long, env = "GRADPHOTO_LANE_JOBS", value_name = "COUNT")]
    pub lane_jobs: Option<NonZeroU64>,
    /// Jobs that one tenant may hold in one shard. [default: 200000]
    #[arg(long, env = "GRADPHOTO_TENANT_JOBS", value_name = "COUNT")]
    pub tenant_jobs: Option<NonZeroU64>,
    /// Jobs that one session may hold. [default: 100000]
    #[arg(long, env = "GRADPHOTO_SESSION_JOBS", value_name = "COUNT")]
    pub session_jobs: Option<NonZeroU64>,
    /// Seconds to keep an answered job, its event and its idempotency key. Too short and a main system that
    /// was away misses answers; long costs about 300 bytes of Redis for each job. [default: 86400]
    #[arg(long, env = "GRADPHOTO_RESULT_TTL", value_name = "SECONDS")]
    pub result_ttl: Option<NonZeroU64>,
    /// Seconds to keep a dead job, to be looked into and replayed. [default: 604800]
    #[arg(long, env = "GRADPHOTO_DEAD_TTL", value_name = "SECONDS")]
    pub dead_ttl: Option<NonZeroU64>,
}

impl QueueArgs {
    /// The limits, with a lease of `lease`.
    #[must_use]
    pub fn limits(&self, lease: Duration) -> Limits {
        let usual = Limits::default();
        let seconds = |typed: Option<NonZeroU64>| typed.map(|seconds| Duration::from_secs(seconds.get()));
        Limits {
            lane_jobs: self.lane_jobs.map_or(usual.lane_jobs, NonZeroU64::get),
            tenant_jobs: self.tenant_jobs.map_or(usual.tenant_jobs, NonZeroU64::get),
            session_jobs: self.session_jobs.map_or(usual.session_jobs, NonZeroU64::get),
            result_ttl: seconds(self.result_ttl).unwrap_or(usual.result_ttl),
            dead_ttl: seconds(self.dead_ttl).unwrap_or(usual.dead_ttl),
            lease,
            ..usual
        }
    }
}

/// Reads `50M`, `2048K`, `1G` or plain bytes; K, M and G count 1,024.
///
/// # Errors
/// A sentence for people, for anything else and for nought.
pub fn bytes(text: &str) -> Result<u64, String> {
    let (number, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let size = number.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift)).filter(|size| *size > 0);
    size.ok_or_else(|| "a size is a number of bytes, or one with K, M or G behind it".to_owned())
}

/// Reads an address to listen on. A name may stand for several addresses, so it is none.
///
/// # Errors
/// A sentence for people, for anything else.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let says = "an address is an IP address and a port, for example 127.0.0.1:8080 or 0.0.0.0:8080";
    text.parse().map_err(|_| says.to_owned())
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
    #[test]
    fn a_password_is_the_first_line_of_its_file_and_a_missing_file_is_named() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            redis: RedisArgs,
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "hunter2\n\n").unwrap();
        let read = |path: &Path| {
            let path = path.to_str().unwrap();
            <Line as clap::Parser>::parse_from(["program", "--redis-password-file", path]).redis.check()
        };
        assert_eq!(read(file.path()).unwrap().access.password.unwrap().reveal(), "hunter2");
        assert!(read(Path::new("/nowhere/password")).unwrap_err().to_string().contains("/nowhere/password"));
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        for (text, size) in [("1", 1), ("50M", 50 << 20), ("2k", 2048), ("1G", 1 << 30)] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
        for text in ["", "M", "0", "-1", "1.5M", "99999999999G", "50 M"] {
            assert!(bytes(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn limits_are_the_usual_ones_but_for_what_is_typed() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            queue: QueueArgs,
        }
        let lease = Duration::from_secs(7);
        let limits =
            |words: &[&str]| <Line as clap::Parser>::parse_from([&["program"], words].concat()).queue.limits(lease);
        assert_eq!(limits(&[]), Limits { lease, ..Limits::default() });
        let typed = ["--tenant-jobs", "5", "--session-jobs", "4", "--result-ttl", "60", "--dead-ttl", "90"];
        let (result_ttl, dead_ttl) = (Duration::from_secs(60), Duration::from_secs(90));
        let expected = Limits { tenant_jobs: 5, session_jobs: 4, result_ttl, dead_ttl, lease, ..Limits::default() };
        assert_eq!(limits(&typed), expected);
    }
}
