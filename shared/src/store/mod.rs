//! The one door to Redis: keys, scripts and the verbs of those who call them.
//!
//! `send` serves the dispatcher's API with `sessions` and `results`, `take` and `settle` the workers,
//! `keep` the dispatcher's loops. A job's truth is its hash; streams hold only its UUID, delayed sets too.
//! Every change of state is one script over keys of one shard, and every round trip goes through `line`.

mod answer;
mod batch;
mod bell;
mod keep;
mod keys;
mod line;
mod results;
mod rotor;
mod scripts;
mod send;
mod sessions;
mod settle;
mod take;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use bell::Bell;
pub use keep::{LaneGauge, Reclaimed};
pub use results::{ResultEvent, ResultPage};
pub use send::JobView;
pub use sessions::Progress;
pub use settle::Finished;
pub use take::{Claim, WorkerName};

use crate::config::RedisConfig;
use crate::lane::Shards;
use crate::{Error, Result};

use bell::BellTower;
use keys::Keys;
use line::{Lead, Line};
use rotor::Rotor;

/// Oldest major version of Redis that works: scripts with flags came with 7.0, which Debian 12 ships.
const REDIS_MAJOR: u32 = 7;

/// What keeps Redis from growing without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most jobs that one lane of one shard holds, waiting, running or delayed. Beyond it submit refuses.
    pub lane_jobs: u64,
    /// What a refused caller is told to wait.
    pub retry_after: Duration,
    /// How long a settled job and its event are kept.
    pub result_ttl: Duration,
    /// About how many events one tenant's results stream holds in one shard; older ones leave first.
    pub events: u64,
}

impl Default for Limits {
    /// 200,000 jobs for each lane and shard: six sessions of the largest kind known (30,000 photos) that
    /// meet in one shard, about 200 MB of Redis. Ten seconds: several hundred jobs on a small fleet. A day:
    /// the main system may be away for a night. 100,000 events: three such sessions.
    fn default() -> Self {
        Self {
            lane_jobs: 200_000,
            retry_after: Duration::from_secs(10),
            result_ttl: Duration::from_secs(24 * 60 * 60),
            events: 100_000,
        }
    }
}

/// A handle on the queue; clones share its connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    line: Arc<Line>,
    keys: Keys,
    shards: Shards,
    limits: Limits,
    tower: BellTower,
    rotor: Mutex<Rotor>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The connections know the password.
        f.debug_struct("Store").field("shards", &self.inner.shards).finish_non_exhaustive()
    }
}

impl Store {
    /// Connects. Does not wait for Redis: it comes and goes, and the handle follows.
    ///
    /// # Errors
    /// [`crate::Error::Config`] when the address cannot be read.
    pub async fn connect(config: &RedisConfig) -> Result<Self> {
        Self::connect_with(config, Limits::default()).await
    }

    /// As [`Store::connect`], with other limits than the default ones.
    ///
    /// # Errors
    /// As [`Store::connect`].
    pub async fn connect_with(config: &RedisConfig, limits: Limits) -> Result<Self> {
        let line = Arc::new(Line::new(config)?);
        let keys = Keys::new(&config.prefix);
        let tower = BellTower::new(Arc::clone(&line), keys.bell(), config.shards);
        let rotor = Mutex::new(Rotor::default());
        Ok(Self { inner: Arc::new(Inner { line, keys, shards: config.shards, limits, tower, rotor }) })
    }

    /// Whether Redis answers, in a cluster every primary, and is of a version that works (7.0 or newer).
    ///
    /// # Errors
    /// [`crate::Error::RedisAway`], [`crate::Error::Config`] for an older version.
    pub async fn ping(&self) -> Result<()> {
        for version in self.server_facts("ping", Lead::Shared, "redis_version").await? {
            let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
            if major < REDIS_MAJOR {
                return Err(Error::Config(format!("redis is version {version:?}, {REDIS_MAJOR}.0 or newer is needed")));
            }
        }
        Ok(())
    }

    /// What every primary says of itself under `name`; empty where it says nothing.
    async fn server_facts(&self, verb: &'static str, lead: Lead, name: &str) -> Result<Vec<String>> {
        let answers = self.inner.line.everywhere(verb, lead, redis::cmd("INFO").arg("server")).await?;
        let fact = |info: String| {
            let mut facts = info.lines().filter_map(|line| line.split_once(':'));
            facts.find(|(found, _)| *found == name).map(|(_, fact)| fact.trim().to_owned()).unwrap_or_default()
        };
        Ok(answer::each(answers)?.into_iter().map(fact).collect())
    }

    /// Listens for new jobs and settled ones, so that waiting costs no polling.
    ///
    /// # Errors
    /// None at present: a bell whose connection is away keeps silent until it is back.
    pub async fn bell(&self) -> Result<Bell> {
        Ok(self.inner.tower.any())
    }

    /// Listens for new jobs only, as a worker does: other workers' answers do not wake it.
    ///
    /// # Errors
    /// As [`Store::bell`].
    pub async fn work_bell(&self) -> Result<Bell> {
        Ok(self.inner.tower.waiting())
    }
}
