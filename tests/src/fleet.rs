//! Real worker processes around a private Redis, a folder of blobs and one open session.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::config::BlobArgs;
use gradphoto_shared::job::{Job, JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Limits, ResultEvent, Store};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::photos;
use crate::process::{Process, program};
use crate::redis::PrivateRedis;

/// A word in every photo's key, which no log may hold.
pub const KEY_WORD: &str = "secret-photo-key";
/// A word in every subject, which no log may hold.
pub const SUBJECT_WORD: &str = "secret-subject";
/// Deaths that a job may cause; high, since these tests kill workers and not jobs.
const MAX_DEATHS: u32 = 10;
/// Pause between two rounds of the keeper.
const KEEPER_PAUSE: Duration = Duration::from_millis(200);

/// Everything that workers need, in a temporary folder.
#[derive(Debug)]
pub struct Yard {
    /// The queue's Redis.
    pub redis: PrivateRedis,
    /// A handle on the queue.
    pub store: Store,
    /// The object store that the workers use.
    pub blobs: Blobs,
    /// Whose jobs these are.
    pub tenant: TenantId,
    /// The one session, open.
    pub session: SessionId,
    folder: TempDir,
    workers: AtomicU32,
    photos: AtomicU32,
}

impl Yard {
    /// Sets up on `redis`; the base pack and the runtime library come from the prepared home folder.
    ///
    /// # Panics
    /// When the home folder was not prepared by `tests/run.sh`.
    pub async fn open(redis: PrivateRedis) -> Self {
        let folder = photos::home_of_its_own();
        let place =
            BlobArgs { url: None, s3_endpoint: None, s3_region: String::new(), s3_key_id: None, s3_secret: None };
        let yard = Self {
            store: Store::connect(&redis.config()).await.expect("a lawful address"),
            redis,
            blobs: Blobs::open(&place, folder.path()).expect("a folder of blobs"),
            tenant: TenantId::new("t1").expect("lawful"),
            session: SessionId::new("s1").expect("lawful"),
            folder,
            workers: AtomicU32::new(0),
            photos: AtomicU32::new(0),
        };
        let session = Session {
            id: yard.session.clone(),
            tenant: yard.tenant.clone(),
            state: SessionState::Open,
            spec: "chsi".into(),
            overrides: Default::default(),
            created_at_ms: 1,
        };
        yard.store.create_session(&session).await.expect("a new session");
        yard
    }

    /// Stores photos and submits a job for each; answers the jobs in order.
    ///
    /// # Panics
    /// When the queue refuses one.
    pub async fn submit(&self, photos: &[Bytes]) -> Vec<JobId> {
        let mut jobs = Vec::new();
        for photo in photos {
            let job = self.job();
            self.blobs.put(&job.photo, photo.clone()).await.expect("a folder takes photos");
            jobs.push(job);
        }
        self.submit_jobs(&jobs).await;
        jobs.iter().map(|job| job.id).collect()
    }

    /// Submits jobs as they are.
    ///
    /// # Panics
    /// When the queue refuses one.
    pub async fn submit_jobs(&self, jobs: &[Job]) {
        let answers = self.store.submit(jobs).await.expect("redis answers");
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    }

    /// A new job whose photo was not stored yet.
    pub fn job(&self) -> Job {
        let number = self.photos.fetch_add(1, Ordering::Relaxed);
        let shard = self.redis.config().shards.of(&self.tenant, &self.session);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock past 1970");
        Job {
            id: JobId::new(shard),
            tenant: self.tenant.clone(),
            session: self.session.clone(),
            subject: Some(SubjectId::new(format!("{SUBJECT_WORD}-{number}")).expect("lawful")),
            generation: 1,
            lane: Lane::Online,
            tasks: vec![Task::Standardise],
            photo: BlobKey::new(format!("photos/t1/s1/{KEY_WORD}-{number}")).expect("lawful"),
            spec: "chsi".into(),
            accepted_at_ms: u64::try_from(now.as_millis()).expect("a near future"),
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        }
    }

    /// Every event of the session so far, in order; waits until there are `count`, at most `patience`.
    pub async fn events(&self, count: usize, patience: Duration) -> Vec<ResultEvent> {
        let began = Instant::now();
        let (mut events, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let left = patience.saturating_sub(began.elapsed());
            let wait = if events.len() < count { left.min(Duration::from_secs(1)) } else { Duration::ZERO };
            // A Redis that is away for a while is part of some tests.
            if let Ok(page) = self.store.results(&self.tenant, &self.session, &after, 1000, wait).await {
                if page.events.is_empty() && (events.len() >= count || left.is_zero()) {
                    return events;
                }
                events.extend(page.events);
                after = page.next;
            } else if left.is_zero() {
                return events;
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Does the dispatcher's loops until dropped: due jobs forward, jobs of the dead back after `lease`.
    #[must_use]
    pub fn keeper(&self, lease: Duration) -> Keeper {
        let limits = Limits { lease, ..Limits::default() };
        let config = self.redis.config();
        Keeper(tokio::spawn(async move {
            let store = Store::connect_with(&config, limits).await.expect("a lawful address");
            loop {
                // A Redis that is away is part of some tests; the next round comes soon.
                let _ = store.reclaim(MAX_DEATHS).await;
                let _ = store.forward().await;
                tokio::time::sleep(KEEPER_PAUSE).await;
            }
        }))
    }

    /// Asserts that nothing waits, runs or is put aside.
    ///
    /// # Panics
    /// When something does.
    pub async fn assert_empty(&self) {
        for lane in self.store.gauge().await.expect("redis answers") {
            assert_eq!((lane.waiting, lane.running, lane.delayed), (0, 0, 0), "{}", lane.lane);
        }
    }

    /// Starts a worker with one compute thread; `more` is added to its command line.
    ///
    /// # Panics
    /// When the program was not built.
    pub fn worker(&self, more: &[&str]) -> Process {
        let number = self.workers.fetch_add(1, Ordering::Relaxed);
        let log = self.folder.path().join(format!("worker-{number}.log"));
        let shards = self.redis.config().shards.all().count().to_string();
        let mut command = Command::new(program("worker"));
        command.arg("--home").arg(self.folder.path()).arg("run").args(["--redis", &self.redis.url()]);
        command.args(["--shards", &shards, "--threads", "1", "--redis-timeout", "2"]).args(more);
        Process::start(command, log)
    }
}

/// The dispatcher's loops; they end when it is dropped.
#[derive(Debug)]
pub struct Keeper(JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A sound portrait of 512 x 512 as a JPEG: the sample that `tests/run.sh` fetches.
///
/// # Panics
/// When it was not fetched.
#[must_use]
pub fn portrait() -> Bytes {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    sample(&photos::home()).write_to(&mut jpeg, image::ImageFormat::Jpeg).expect("memory takes a picture");
    Bytes::from(jpeg.into_inner())
}

/// The sample portrait's pixels.
///
/// # Panics
/// When it was not fetched.
#[must_use]
pub fn sample(home: &Path) -> image::RgbImage {
    let path = home.join("samples/astronaut.png");
    let picture = image::open(&path).unwrap_or_else(|cause| panic!("{}: {cause}; run tests/run.sh", path.display()));
    picture.to_rgb8()
}
