//! Settings of the dispatcher: as typed, then as used.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser};
use gradphoto_shared::blob::Blobs;
use gradphoto_shared::config::{BlobArgs, QueueArgs, RedisArgs, RedisConfig, Secret, address, bytes};
use gradphoto_shared::name::TenantId;
use gradphoto_shared::store::{Limits, Rate};
use gradphoto_shared::{Error, Result};

use crate::admit::SearchRates;
use crate::keeper::KeeperConfig;
use crate::keys::Access;
use crate::webhook::{WebhookArgs, WebhookConfig};

/// The tenant of a server without keys.
const OPEN_TENANT: &str = "dev";

/// Where API keys are kept.
#[derive(Args, Clone, Debug)]
pub(crate) struct KeysArgs {
    /// File of API keys: lines of `TENANT SHA256 [operator|reviewer|student]`. Read at start.
    #[arg(long, env = "GRADPHOTO_KEYS", value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
}

/// How many seconds of a tenant's rate may come at once, where nothing else is said: a page of uploads.
const BURST_SECONDS: f64 = 10.0;
/// Least room for bursts, where nothing else is said: as many jobs as one request takes.
const BURST_MIN: f64 = 1_000.0;

/// What `dispatcher serve` takes.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "GRADPHOTO_LISTEN", default_value = "127.0.0.1:8080", value_name = "IP:PORT", value_parser = address)]
    listen: SocketAddr,
    #[command(flatten)]
    keys: KeysArgs,
    /// Serve everybody without keys, as tenant `dev`; on loopback addresses only.
    #[arg(long)]
    open: bool,
    /// Most bytes of one photo; K, M and G count 1,024. Phones make 3 to 15 MB; more costs memory and the
    /// worker's time. The same as the workers'.
    #[arg(long, env = "GRADPHOTO_PHOTO_BYTES_MAX", default_value = "50M", value_name = "SIZE", value_parser = bytes)]
    photo_bytes_max: u64,
    /// MiB of memory for uploads in flight; uploads beyond it wait. At least one photo must fit.
    #[arg(long, env = "GRADPHOTO_UPLOAD_MIB", default_value_t = 512, value_name = "MIB")]
    upload_mib: u32,
    /// Seconds that a request may take. Too low cuts uploads over slow lines off; long polls have their own.
    #[arg(long, env = "GRADPHOTO_REQUEST_TIMEOUT", default_value_t = 120, value_name = "SECONDS")]
    request_timeout: u64,
    /// Seconds that requests in flight get to finish when the server stops.
    #[arg(
        long,
        env = "GRADPHOTO_DRAIN",
        allow_negative_numbers = true,
        default_value_t = 20.0,
        value_name = "SECONDS"
    )]
    drain: f64,
    /// Seconds a worker may stay silent before its jobs go to others; three times the workers' renewal at
    /// least. Too low does jobs twice; too high lets a dead worker's jobs wait.
    #[arg(long, env = "GRADPHOTO_LEASE", default_value_t = 30.0, value_name = "SECONDS")]
    lease: f64,
    /// Workers that may die on a job before it is given up.
    #[arg(long, env = "GRADPHOTO_MAX_DEATHS", default_value_t = 3, value_name = "COUNT")]
    max_deaths: u32,
    /// Jobs that each tenant may submit in a second, in the long run. Without it nobody is slowed: the limits
    /// on jobs held already keep one tenant from filling the queue, and who pays for it decides this number.
    #[arg(long, env = "GRADPHOTO_TENANT_RATE", value_name = "JOBS_PER_SECOND")]
    tenant_rate: Option<f64>,
    /// Jobs that a tenant may submit at once after a pause. [default: ten seconds' worth, 1000 at least]
    #[arg(long, env = "GRADPHOTO_TENANT_BURST", value_name = "JOBS", requires = "tenant_rate")]
    tenant_burst: Option<NonZeroU32>,
    /// Searches that one subject may ask for in a minute, in the long run, and twice as many at once. Too low
    /// lets a student wait who tries again in better light; too high lets a thief try faces.
    #[arg(long, env = "GRADPHOTO_SEARCH_RATE", default_value_t = 12.0, value_name = "SEARCHES_PER_MINUTE")]
    search_rate: f64,
    /// Searches that each tenant may ask for in a second, in the long run, and ten times as many at once.
    #[arg(long, env = "GRADPHOTO_TENANT_SEARCH_RATE", default_value_t = 50.0, value_name = "SEARCHES_PER_SECOND")]
    tenant_search_rate: f64,
    #[command(flatten)]
    queue: QueueArgs,
    #[command(flatten)]
    webhooks: WebhookArgs,
    #[command(flatten)]
    redis: RedisArgs,
    #[command(flatten)]
    store: BlobArgs,
}

/// How the server runs, checked.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    pub(crate) access: Access,
    pub(crate) photo_bytes_max: u64,
    pub(crate) upload_kib: u32,
    pub(crate) request_timeout: Duration,
    pub(crate) drain: Duration,
    pub(crate) keeper: KeeperConfig,
    pub(crate) limits: Limits,
    pub(crate) rate: Option<Rate>,
    pub(crate) searches: SearchRates,
    pub(crate) webhooks: WebhookConfig,
    pub(crate) redis: RedisConfig,
    pub(crate) blobs: Blobs,
}

/// The words after `dispatcher serve`.
#[derive(Parser)]
#[command(name = "dispatcher serve")]
struct ServeWords {
    #[command(flatten)]
    args: ServeArgs,
}

impl ServeConfig {
    /// Settings as if `words` were typed after `dispatcher serve`, for servers inside another program.
    ///
    /// # Errors
    /// As [`ServeArgs::check`]; [`Error::Config`] for words that are none.
    pub fn from_words(words: &[&str], home: &Path) -> Result<Self> {
        let words = std::iter::once("dispatcher serve").chain(words.iter().copied());
        let typed = ServeWords::try_parse_from(words).map_err(|cause| Error::Config(cause.to_string()))?;
        typed.args.check(home)
    }
}

impl ServeArgs {
    /// Checks what was typed, reads the keys and opens the object store.
    ///
    /// # Errors
    /// [`Error::Config`] naming what is wrong, [`Error::Io`] where a file or folder cannot be used.
    pub fn check(&self, home: &Path) -> Result<ServeConfig> {
        let upload_kib = self.upload_mib.saturating_mul(1024);
        if self.photo_bytes_max == 0 || u64::from(upload_kib) * 1024 < self.photo_bytes_max {
            return Err(Error::Config("--upload-mib must hold one photo of --photo-bytes-max".into()));
        }
        if self.lease < 1.0 || self.max_deaths == 0 {
            return Err(Error::Config("--lease and --max-deaths must be at least 1".into()));
        }
        Ok(ServeConfig {
            listen: self.listen,
            access: self.access(home)?,
            photo_bytes_max: self.photo_bytes_max,
            upload_kib,
            request_timeout: Duration::from_secs(self.request_timeout),
            drain: seconds(self.drain, "--drain")?,
            keeper: KeeperConfig { max_deaths: self.max_deaths },
            limits: self.queue.limits(seconds(self.lease, "--lease")?),
            rate: self.rate()?,
            searches: self.search_rates()?,
            webhooks: self.webhooks.check()?,
            redis: self.redis.check()?,
            blobs: Blobs::open(&self.store, home)?,
        })
    }

    fn search_rates(&self) -> Result<SearchRates> {
        let rate = |per_second: f64, burst: f64, name: &str| {
            let is_lawful = (1e-5..=1e6).contains(&per_second);
            let rate = is_lawful.then(|| Rate { per_second, burst: burst.ceil().max(1.0) as u32 });
            rate.ok_or_else(|| Error::Config(format!("{name} must be above 0 and at most a million a second")))
        };
        let (minute, second) = (self.search_rate, self.tenant_search_rate);
        Ok(SearchRates {
            subject: rate(minute / 60.0, 2.0 * minute, "--search-rate")?,
            tenant: rate(second, 10.0 * second, "--tenant-search-rate")?,
        })
    }

    fn rate(&self) -> Result<Option<Rate>> {
        let Some(per_second) = self.tenant_rate else { return Ok(None) };
        // One job takes at most a day then, and at least a microsecond, which is what the rate counts in.
        if !(1e-5..=1e6).contains(&per_second) {
            return Err(Error::Config("--tenant-rate must be 0.00001 to 1000000 jobs a second".into()));
        }
        let usual = (per_second * BURST_SECONDS).max(BURST_MIN) as u32;
        let burst = self.tenant_burst.map_or(usual, NonZeroU32::get);
        Ok(Some(Rate { per_second, burst }))
    }

    fn access(&self, home: &Path) -> Result<Access> {
        match (&self.keys.keys, self.open) {
            (Some(_), true) => Err(Error::Config("--keys and --open contradict each other".into())),
            (Some(file), false) => Access::read(file),
            (None, true) if self.listen.ip().is_loopback() => Ok(Access::open(TenantId::new(OPEN_TENANT)?)),
            (None, true) => Err(Error::Config(format!(
                "--open serves everybody, so it listens on loopback addresses only, not on {}",
                self.listen.ip()
            ))),
            (None, false) => {
                let file = keys_file(None, home);
                let file = file.display();
                Err(Error::Config(format!(
                    "no API keys: make one with `dispatcher key new TENANT --keys {file}`, then start with \
                     `--keys {file}`; or try it out with `--open` on this machine alone"
                )))
            }
        }
    }
}

fn seconds(seconds: f64, name: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|_| Error::Config(format!("{name} must be a number of seconds")))
}

/// The file of API keys: the one that was named, or the usual one.
pub(crate) fn keys_file(named: Option<&Path>, home: &Path) -> PathBuf {
    named.map_or_else(|| home.join("keys"), Path::to_path_buf)
}

/// How a command finds its server; said before or behind a verb of its own.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArgs {
    /// Address of the dispatcher.
    #[arg(long, env = "GRADPHOTO_URL", default_value = "http://127.0.0.1:8080", global = true)]
    pub(crate) url: String,
    /// API key.
    #[arg(long, env = "GRADPHOTO_KEY", hide_env_values = true, global = true)]
    pub(crate) key: Option<Secret>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(words: &[&str], says: Option<&str>) {
        let home = tempfile::tempdir().expect("a temporary folder");
        match (ServeConfig::from_words(words, home.path()), says) {
            (Ok(_), None) => {}
            (Err(error), Some(says)) => assert!(error.to_string().contains(says), "{words:?}: {error}"),
            (done, says) => panic!("{words:?}: {says:?}, not {:?}", done.err()),
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_its_name() {
        check(&["--open"], None);
        check(&["--open", "--listen", "[::1]:0"], None);
        check(&[], Some("dispatcher key new TENANT"));
        check(&["--open", "--listen", "0.0.0.0:80"], Some("loopback"));
        check(&["--open", "--listen", "localhost:8080"], Some("IP address and a port"));
        check(&["--open", "--keys", "k"], Some("contradict"));
        check(&["--keys", "/nowhere/k"], Some("/nowhere/k"));
        check(&["--open", "--upload-mib", "1"], Some("--upload-mib"));
        check(&["--open", "--lease", "0"], Some("--lease"));
        check(&["--open", "--drain", "-1"], Some("--drain"));
        check(&["--open", "--redis-timeout", "0"], Some("timeout"));
        check(&["--open", "--photo-bytes-max", "20M", "--tenant-rate", "0.5", "--tenant-burst", "3"], None);
        for rate in ["0", "NaN", "1e9"] {
            check(&["--open", "--tenant-rate", rate], Some("--tenant-rate"));
        }
        check(&["--open", "--tenant-burst", "3"], Some("--tenant-rate"));
        for name in ["--search-rate", "--tenant-search-rate"] {
            check(&["--open", name, "0"], Some(name));
            check(&["--open", name, "0.5"], None);
        }
        check(&["--open", "--result-ttl", "0"], Some("--result-ttl"));
    }
}
