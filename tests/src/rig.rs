//! A queue under load whose processes, wires and Redis may be broken at will: idle workers, dispatchers,
//! somebody who submits and reads all the time, and the ledger that must add up at the end.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gradphoto_shared::config::{RedisConfig, Secret};
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::Store;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::desk::{Desk, Load};
use crate::ledger::{Ledger, Sum};
use crate::member::{LEASE, Member, PACE};
use crate::redis::PrivateRedis;
use crate::wire::Wire;

/// Workers that may die on a job: more than the product's usual three, since most deaths here are nobody's
/// fault. Each takes four jobs along, and none may meet this many.
const DEATHS_MAX: u32 = 8;
/// Longest wait for anything that must come: a busy machine is slow, and jobs wait out leases.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// Time that Redis lets pass between two syncs of its log.
const SYNC: Duration = Duration::from_secs(1);
/// Longest that Redis answers without writing because a sync is under way (its documentation of
/// `appendfsync everysec`).
const SYNC_LATE: Duration = Duration::from_secs(2);
/// Pause between two looks at the size of the log.
const SIZE_PAUSE: Duration = Duration::from_millis(50);
/// How long settled jobs are kept, as the product does by default.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Sizes that the log had of late: when, which file, bytes.
type Sizes = Arc<Mutex<VecDeque<(Instant, PathBuf, u64)>>>;

/// The queue and everybody around it.
#[derive(Debug)]
pub struct Rig {
    /// Its Redis.
    pub redis: PrivateRedis,
    /// The submitter's and reader's way to Redis.
    pub wire: Wire,
    desk: Desk,
    folder: TempDir,
    members: u32,
    keep: Duration,
    /// The lease of everybody who starts from now on.
    pub lease: Duration,
    stop: Shutdown,
    loads: JoinSet<()>,
    readers: JoinSet<()>,
    sizes: Sizes,
}

impl Rig {
    /// Sets up around `redis`: sessions and readers, no worker, no dispatcher, no load.
    ///
    /// # Panics
    /// When Redis does not answer.
    pub async fn open(redis: PrivateRedis) -> Self {
        Self::open_keeping(redis, KEEP).await
    }

    /// As [`Rig::open`], with workers that keep settled jobs for `keep`.
    ///
    /// # Panics
    /// As [`Rig::open`].
    pub async fn open_keeping(redis: PrivateRedis, keep: Duration) -> Self {
        let wire = Wire::to_socket(redis.socket());
        let timeout = Duration::from_millis(500);
        let config = RedisConfig { url: Secret::new(wire.redis_url()), timeout, ..redis.config() };
        let store = Store::connect(&config).await.expect("a lawful address");
        let desk = Desk::open(store, config.shards).await;
        let (mut readers, sizes) = (JoinSet::new(), Sizes::default());
        for number in 0..desk.sessions.len() {
            readers.spawn(desk.clone().read(number));
        }
        readers.spawn(weigh(redis.folder().join("appendonlydir"), sizes.clone()));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (stop, loads) = (Shutdown::new(), JoinSet::new());
        Self { redis, wire, desk, folder, members: 0, keep, lease: LEASE, stop, loads, readers, sizes }
    }

    /// Starts an idle worker.
    ///
    /// # Panics
    /// When its program was not built.
    pub fn worker(&mut self) -> Member {
        self.worker_at(PACE)
    }

    /// Starts an idle worker to which each job takes `pace`.
    ///
    /// # Panics
    /// When its program was not built.
    pub fn worker_at(&mut self, pace: Duration) -> Member {
        let log = self.log();
        Member::worker(&self.redis, log, self.lease, pace, self.keep)
    }

    /// Starts a dispatcher, which buries no job because of what happens to its workers.
    ///
    /// # Panics
    /// When its program was not built.
    pub fn keeper(&mut self) -> Member {
        self.keeper_of(DEATHS_MAX)
    }

    /// Starts a dispatcher, which buries a job on which `deaths` workers died.
    ///
    /// # Panics
    /// When its program was not built.
    pub fn keeper_of(&mut self, deaths: u32) -> Member {
        let log = self.log();
        Member::keeper(&self.redis, log, self.folder.path(), self.lease, deaths)
    }

    /// Submits from now on.
    pub fn load(&mut self, load: Load) {
        self.loads.spawn(self.desk.clone().submit(load, self.stop.clone()));
    }

    /// The ledger as it stands.
    ///
    /// # Panics
    /// Never.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.desk.ledger()
    }

    /// Waits until `more` jobs were settled from now on.
    ///
    /// # Panics
    /// When they are not within [`PATIENCE`].
    pub async fn settles(&self, more: usize) {
        let (began, goal) = (Instant::now(), self.ledger().settled() + more);
        while self.ledger().settled() < goal {
            assert!(began.elapsed() < PATIENCE, "{} of {goal} jobs were settled", self.ledger().settled());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until everything that was accepted before now is settled; answers how long that took.
    ///
    /// # Panics
    /// When it is not within [`PATIENCE`].
    pub async fn recovers(&self) -> Duration {
        let (began, mut open) = (Instant::now(), self.ledger().open());
        while !open.is_empty() {
            assert!(began.elapsed() < PATIENCE, "{} jobs stay open: {:?}", open.len(), open.first());
            tokio::time::sleep(LOOK).await;
            let ledger = self.ledger();
            open.retain(|job| !ledger.is_told(job));
        }
        began.elapsed()
    }

    /// Jobs in workers' hands.
    ///
    /// # Panics
    /// When Redis does not answer.
    pub async fn running(&self) -> u64 {
        let gauges = self.desk.store.gauge().await.expect("redis answers");
        gauges.iter().map(|lane| lane.running).sum()
    }

    /// Kills Redis. What it answered lately without having written it is gone where it syncs each second.
    pub fn kill_redis(&mut self) {
        self.redis.stop();
        if !self.redis.is_exact() {
            self.ledger().power_cut(Instant::now() - SYNC_LATE);
        }
    }

    /// Kills Redis and takes from its log what the machine had not yet brought to the disk; waits until
    /// there is something that the disk must have.
    ///
    /// # Panics
    /// When Redis keeps no log, or one that is exact.
    pub async fn cut_power(&mut self) {
        assert!(!self.redis.is_exact(), "a log that is synced at each answer loses nothing");
        let began = Instant::now();
        let (at, file, bytes) = loop {
            if let Some(size) = self.synced() {
                break size;
            }
            assert!(began.elapsed() < PATIENCE, "redis writes no log");
            tokio::time::sleep(LOOK).await;
        };
        self.redis.stop();
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let log = OpenOptions::new().write(true).open(&file).expect("the log that was weighed");
        log.set_len(bytes).expect("a file in a folder of ours");
        // They were those of a log that is no more.
        sizes.clear();
        self.ledger().power_cut(at - SYNC_LATE);
    }

    /// The newest size that the disk must have by now.
    fn synced(&self) -> Option<(Instant, PathBuf, u64)> {
        let sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, current, _) = sizes.back()?;
        sizes.iter().rev().find(|(at, file, _)| at.elapsed() >= SYNC && file == current).cloned()
    }

    /// Ends the load, waits until the queue is empty and every event was read, and adds everything up.
    ///
    /// # Panics
    /// When the queue does not become empty within [`PATIENCE`], or the ledger does not add up.
    pub async fn close(mut self) -> Sum {
        self.stop.cancel();
        while self.loads.join_next().await.is_some() {}
        let began = Instant::now();
        while !self.is_empty().await {
            assert!(began.elapsed() < PATIENCE, "{:?} {:?}", self.desk.store.gauge().await, self.ledger().open());
            tokio::time::sleep(LOOK * 5).await;
        }
        // The second end from now on was looked for after the queue was empty.
        let ends = self.desk.ends();
        while self.desk.ends() < ends + 2 {
            assert!(began.elapsed() < PATIENCE, "results cannot be read");
            tokio::time::sleep(LOOK).await;
        }
        self.compare(began).await;
        self.readers.abort_all();
        self.ledger().balance()
    }

    async fn is_empty(&self) -> bool {
        let gauges = self.desk.store.gauge().await.unwrap_or_default();
        !gauges.is_empty() && gauges.iter().all(|lane| lane.waiting + lane.running + lane.delayed == 0)
    }

    /// What the queue itself says of jobs and sessions is what was told.
    async fn compare(&self, began: Instant) {
        let store = &self.desk.store;
        for (tenant, session) in self.desk.sessions.iter() {
            let progress = store.progress(tenant, session).await.expect("redis answers");
            assert_eq!(progress.open(), 0, "{session}: {progress:?}");
        }
        let recent = self.ledger().told_since(began.checked_sub(self.keep / 2).unwrap_or(began));
        for (tenant, job, state) in recent {
            let view = store.look(&tenant, &job).await;
            let cuts = self.ledger().beside_power_cuts(&job);
            let is_so = view.as_ref().is_ok_and(|view| view.state == state);
            assert!(is_so, "{job} was told as {state:?}, {cuts:?} s beside power cuts: {view:?}");
        }
    }

    fn log(&mut self) -> PathBuf {
        self.members += 1;
        self.folder.path().join(format!("{}.log", self.members))
    }
}

/// Writes down how large the newest log is, for ever.
async fn weigh(folder: PathBuf, sizes: Sizes) {
    loop {
        {
            let mut sizes = sizes.lock().unwrap_or_else(PoisonError::into_inner);
            let at = Instant::now();
            sizes.extend(newest_log(&folder).map(|(file, bytes)| (at, file, bytes)));
            sizes.retain(|(at, ..)| at.elapsed() < SYNC * 5);
        }
        tokio::time::sleep(SIZE_PAUSE).await;
    }
}

/// The part of the log that Redis appends to, `appendonly.aof.NUMBER.incr.aof` with the highest number.
fn newest_log(folder: &std::path::Path) -> Option<(PathBuf, u64)> {
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let number = |file: &PathBuf| {
        let name = file.file_name()?.to_str()?.strip_suffix(".incr.aof")?;
        name.rsplit('.').next()?.parse::<u64>().ok()
    };
    let (_, file) = files.filter_map(|file| Some((number(&file)?, file))).max()?;
    let bytes = std::fs::metadata(&file).ok()?.len();
    Some((file, bytes))
}
