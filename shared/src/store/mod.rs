//! The one door to Redis: keys, scripts and the verbs of those who call them.
//!
//! `send` serves the dispatcher's API with `sessions` and `results`, `take` and `settle` the workers,
//! `keep` the dispatcher's loops, `workers` those who operate
//! them. A job's truth is its record; streams and sets hold only its UUID. Every
//! change of state is one script over keys of one shard, and every round trip goes through `line`.

mod answer;
mod batch;
mod batches;
mod bell;
mod board;
mod clock;
mod control;
mod dead;
mod deliveries;
mod erase;
mod event;
mod gallery;
mod gallery_entry;
mod groups;
mod heads;
mod hook;
mod hooks;
mod keep;
mod keys;
mod line;
mod order;
mod rates;
mod reader;
mod record;
mod records;
mod replay;
mod results;
mod scripts;
mod searches;
mod send;
mod sessions;
mod settle;
mod take;
mod watch;
mod workers;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use batches::BatchView;
pub use bell::Bell;
pub use control::{Paused, Scope};
pub use dead::{DeadFilter, DeadJob, DeadPage};
pub use deliveries::{Delivery, HookTally};
pub use event::{BatchEvent, Event, ResultEvent};
pub use gallery::{DoublePair, Enrolled, GalleryChanges, GalleryCursor, GalleryPhoto, GalleryView};
pub use gallery_entry::GalleryEntry;
pub use groups::{GroupEvent, GroupView, Receipt};
pub use hook::{Hook, HookEvent, HookSettings};
pub use keep::{LaneGauge, Reclaimed};
pub use order::{Order, Orders};
pub use rates::Rate;
pub use replay::Bulk;
pub use results::{Place, ResultPage};
pub use scripts::submit_script;
pub use searches::{SearchNote, SearchPage, SearchSettled, SearchTry};
pub use send::JobView;
pub use sessions::Progress;
pub use settle::Finished;
pub use take::Claim;
pub use workers::{WorkerName, WorkerPhase, WorkerState, WorkerView};

use crate::config::RedisConfig;
use crate::lane::{Shard, Shards};
use crate::{Error, Result};

use bell::BellTower;
use board::Board;
use clock::Clock;
use heads::Heads;
use keys::Keys;
use line::{Lead, Line};
use scripts::{Script, ScriptCall};
use settle::milliseconds;
use watch::Watch;

/// Oldest major version of Redis that works: scripts with flags came with 7.0, which Debian 12 ships.
const REDIS_MAJOR: u32 = 7;

/// What keeps Redis from growing without end, and how long a silent worker keeps a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most jobs that one lane of one shard holds, waiting, running or delayed. Beyond it submit refuses.
    pub lane_jobs: u64,
    /// Most jobs that one tenant holds in one shard.
    pub tenant_jobs: u64,
    /// Most jobs that one session holds.
    pub session_jobs: u64,
    /// What a refused caller is told to wait.
    pub retry_after: Duration,
    /// How long an answered job and its event are kept.
    pub result_ttl: Duration,
    /// How long a dead job is kept, to be looked into and replayed.
    pub dead_ttl: Duration,
    /// About how many events one tenant's results stream holds in one shard; older ones leave first.
    pub events: u64,
    /// Most dead jobs of one tenant that are listed in one shard; older ones leave first.
    pub dead: u64,
    /// Most faces that one session's gallery holds. Beyond it enrolling is refused.
    pub faces: u64,
    /// Most pairs of too like photos that are noted of one session.
    pub doubles: u64,
    /// Most searches of one session that are remembered; older ones leave first.
    pub searches: u64,
    /// How long a search is remembered.
    pub search_ttl: Duration,
    /// How long a worker may stay silent before its jobs go to others; the same on every process.
    pub lease: Duration,
}

impl Default for Limits {
    /// 200,000 jobs for each lane and shard: six sessions of the largest kind known (30,000 photos) that
    /// meet in one shard, about 150 MB of Redis; as many for one tenant, and half for one session. Ten
    /// seconds: several hundred jobs on a small fleet. A day: the main system may be away for a night; a week
    /// for the dead, which people look into. 100,000 events: three such sessions. A lease of 30 seconds: ten
    /// times a slow photo, and three renewals. 100,000 faces: three times the largest session known, about
    /// 70 MB; 10,000 doubles: more than people look into; 50,000 searches of 90 days: about 20 MB, and as long
    /// as a season's complaints take.
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            lane_jobs: 200_000,
            tenant_jobs: 200_000,
            session_jobs: 100_000,
            retry_after: Duration::from_secs(10),
            result_ttl: DAY,
            dead_ttl: 7 * DAY,
            events: 100_000,
            dead: 10_000,
            faces: 100_000,
            doubles: 10_000,
            searches: 50_000,
            search_ttl: 90 * DAY,
            lease: Duration::from_secs(30),
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
    board: Arc<Mutex<Board>>,
    clock: Clock,
    heads: Heads,
    watch: Mutex<Watch>,
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
        let board: Arc<Mutex<Board>> = Arc::default();
        let tower = BellTower::new(Arc::clone(&line), &keys, config.shards, Arc::clone(&board));
        let (shards, clock, heads, watch) = (config.shards, Clock::default(), Heads::default(), Mutex::default());
        Ok(Self { inner: Arc::new(Inner { line, keys, shards, limits, tower, board, clock, heads, watch }) })
    }

    /// A call of a script on a shard, with what every script wants first.
    fn call(&self, script: &'static Script, shard: Shard) -> ScriptCall {
        let Inner { keys, limits, .. } = &*self.inner;
        script
            .call(keys.open(shard))
            .argument(keys.base(shard))
            .argument(keys.work_bell())
            .argument(keys.done_bell())
            .argument(shard.0)
            .argument(milliseconds(limits.result_ttl))
            .argument(milliseconds(limits.dead_ttl))
            .argument(limits.events)
            .argument(limits.dead)
    }

    /// Whether Redis answers, in a cluster every primary, and is of a version that works (7.0 or newer).
    ///
    /// # Errors
    /// [`crate::Error::RedisAway`], [`crate::Error::Config`] for an older version.
    pub async fn ping(&self) -> Result<()> {
        for [version] in self.server_facts("ping", Lead::Shared, ["redis_version"]).await? {
            let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
            if major < REDIS_MAJOR {
                return Err(Error::Config(format!("redis is version {version:?}, {REDIS_MAJOR}.0 or newer is needed")));
            }
        }
        Ok(())
    }

    /// What every primary says of itself under `names`; empty where it says nothing.
    async fn server_facts<const COUNT: usize>(
        &self,
        verb: &'static str,
        lead: Lead,
        names: [&str; COUNT],
    ) -> Result<Vec<[String; COUNT]>> {
        let answers = self.inner.line.everywhere(verb, lead, redis::cmd("INFO").arg("server")).await?;
        let fact = |info: &str, name: &str| {
            let mut facts = info.lines().filter_map(|line| line.split_once(':'));
            facts.find(|(found, _)| *found == name).map(|(_, fact)| fact.trim().to_owned()).unwrap_or_default()
        };
        let infos: Vec<String> = answer::each(answers)?;
        Ok(infos.iter().map(|info| names.map(|name| fact(info, name))).collect())
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

    /// Hears orders to workers: jobs to drop, workers to drain. One that is missed is found out at the next
    /// renewal of a lease.
    #[must_use]
    pub fn orders(&self) -> Orders {
        self.inner.tower.orders()
    }
}
