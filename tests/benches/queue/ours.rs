//! The same jobs through the queue with everything on: fairness, leases, fences, results, events.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::config::RedisConfig;
use gradphoto_shared::job::{Job, JobId, Task};
use gradphoto_shared::lane::{Lane, Shards};
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::outcome::JobResult;
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Claim, Finished, Limits, Store};
use gradphoto_tests::redis::PrivateRedis;

use crate::raw::Measured;
use crate::usage::Usage;
use crate::{BATCH, LOOPS, Result};

/// A queue with one open session.
pub(crate) struct Ours {
    pub(crate) store: Store,
    tenant: TenantId,
    session: SessionId,
    shards: Shards,
}

impl Ours {
    pub(crate) async fn on(redis: &PrivateRedis) -> Result<Self> {
        Self::living(redis, Limits::default().result_ttl).await
    }

    /// Another tenant, whose session lies in the same shard.
    pub(crate) async fn neighbour(&self, redis: &PrivateRedis) -> Result<Self> {
        let (tenant, shard) = (TenantId::new("neighbour")?, self.shards.of(&self.tenant, &self.session));
        let names = (0..).map(|number| SessionId::new(format!("day-{number}")));
        let mut here = names.filter(|name| name.as_ref().is_ok_and(|name| self.shards.of(&tenant, name) == shard));
        let session = here.next().ok_or("no name fits")??;
        Self::of(redis, unlimited(Limits::default().result_ttl), tenant, session).await
    }

    /// Results live for `life`.
    pub(crate) async fn living(redis: &PrivateRedis, life: Duration) -> Result<Self> {
        Self::limited(redis, unlimited(life)).await
    }

    /// With these limits.
    pub(crate) async fn limited(redis: &PrivateRedis, limits: Limits) -> Result<Self> {
        Self::of(redis, limits, TenantId::new("school")?, SessionId::new("day-1")?).await
    }

    async fn of(redis: &PrivateRedis, limits: Limits, tenant: TenantId, id: SessionId) -> Result<Self> {
        let config = RedisConfig { shards: Shards::DEFAULT, ..redis.config() };
        let store = Store::connect_with(&config, limits).await?;
        let session = Session {
            id: id.clone(),
            tenant: tenant.clone(),
            state: SessionState::Open,
            spec: "chsi".to_owned(),
            overrides: Default::default(),
            created_at_ms: 1,
        };
        store.create_session(&session).await?;
        // As a worker hears it: without, every take looks at all shards.
        store.work_bell().await?.rung(Duration::from_secs(5)).await;
        Ok(Self { store, tenant, session: id, shards: config.shards })
    }

    pub(crate) fn job(&self, lane: Lane) -> Result<Job> {
        let id = JobId::new(self.shards.of(&self.tenant, &self.session));
        Ok(Job {
            subject: Some(SubjectId::new(format!("2026{:08}", id.uuid.as_u128() % 100_000_000))?),
            id,
            tenant: self.tenant.clone(),
            session: self.session.clone(),
            generation: 0,
            lane,
            tasks: vec![Task::Standardise],
            photo: BlobKey::new(
                "photos/school/day-1/0192f0c8e1b97c3a8d5e4f60718293040192f0c8e1b97c3a8d5e4f6071829304",
            )?,
            spec: "chsi".into(),
            accepted_at_ms: 1_700_000_000_000,
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        })
    }

    /// Submits in bulk.
    pub(crate) async fn submit(&self, count: usize) -> Result<Duration> {
        let mut took = Duration::ZERO;
        for start in (0..count).step_by(10_000) {
            let jobs = (start..count.min(start + 10_000)).map(|_| self.job(Lane::Bulk)).collect::<Result<Vec<_>>>()?;
            let began = Instant::now();
            for answer in self.store.submit(&jobs).await? {
                answer?;
            }
            took += began.elapsed();
        }
        Ok(took)
    }

    /// Everything in, everything out.
    pub(crate) async fn run(&self, redis: &PrivateRedis, jobs: usize) -> Result<Measured> {
        let before = Usage::of(redis);
        let submit = self.submit(jobs).await?;
        let drain = self.drain(jobs).await?;
        let after = Usage::of(redis);
        Ok(Measured { submit, drain, cpu_s: after.cpu_s - before.cpu_s, own_s: after.own_s - before.own_s })
    }

    /// As [`Ours::run`], with other jobs before and behind.
    pub(crate) async fn run_amid(&self, redis: &PrivateRedis, jobs: usize) -> Result<Measured> {
        self.run(redis, jobs).await
    }

    /// Takes and answers `count` jobs.
    pub(crate) async fn drain(&self, count: usize) -> Result<Duration> {
        let left = Arc::new(AtomicUsize::new(count));
        let began = Instant::now();
        let mut loops = tokio::task::JoinSet::new();
        for _ in 0..LOOPS {
            let (store, left) = (self.store.clone(), Arc::clone(&left));
            loops.spawn(async move {
                while left.load(Ordering::Relaxed) > 0 {
                    let done = work(&store, BATCH).await?;
                    if done == 0 {
                        // The other loop has the last jobs in hand.
                        tokio::task::yield_now().await;
                    }
                    let _ =
                        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| Some(left.saturating_sub(done)));
                }
                Ok::<_, gradphoto_shared::Error>(())
            });
        }
        while let Some(ended) = loops.join_next().await {
            ended??;
        }
        Ok(began.elapsed())
    }

    /// Jobs a second of `callers` that submit one after the other.
    pub(crate) async fn submit_singly(&self, count: usize, callers: usize) -> Result<f64> {
        let jobs = (0..count).map(|_| self.job(Lane::Online)).collect::<Result<Vec<_>>>()?;
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for part in jobs.chunks(count.div_ceil(callers)) {
            let (store, part) = (self.store.clone(), part.to_vec());
            tasks.spawn(async move {
                for job in &part {
                    store.submit(std::slice::from_ref(job)).await?.remove(0)?;
                }
                Ok::<_, gradphoto_shared::Error>(())
            });
        }
        while let Some(ended) = tasks.join_next().await {
            ended??;
        }
        Ok(count as f64 / began.elapsed().as_secs_f64())
    }

    /// Waits until Redis has removed what expired, and sweeps.
    pub(crate) async fn sweep_expired(&self, redis: &PrivateRedis) -> Result<()> {
        self.store.sweep().await?;
        for _ in 0..600 {
            if !redis.cli(&["INFO", "keyspace"]).contains(",expires=")
                || redis.cli(&["INFO", "keyspace"]).contains(",expires=0,")
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let _ = redis.cli(&["MEMORY", "PURGE"]);
        Ok(())
    }
}

/// Nothing is refused, and no event leaves before its time.
fn unlimited(life: Duration) -> Limits {
    let many = u64::MAX >> 16;
    let waiting = Limits { lane_jobs: many, tenant_jobs: many, session_jobs: many, ..Limits::default() };
    Limits { events: many, result_ttl: life, ..waiting }
}

/// Takes and answers what waits; tells how many jobs that were.
pub(crate) async fn work(store: &Store, batch: usize) -> gradphoto_shared::Result<usize> {
    let taken = store.take(batch).await?;
    let finished: Vec<_> = taken
        .iter()
        .map(|attempt| Finished {
            claim: Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence },
            result: JobResult { pack: "base-1".into(), ..JobResult::default() },
        })
        .collect();
    store.finish(&finished).await?;
    Ok(taken.len())
}
