//! Prints how fast the queue moves jobs that do nothing, on a private Redis: a figure to compare two states
//! of the code on one machine, not a promise.
//!
//! `cargo run --example queue_load [JOBS] [BATCH] [aof]`; with `aof` Redis writes its log each second.

use std::time::{Duration, Instant};

use gradphoto_shared::Result;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::config::RedisConfig;
use gradphoto_shared::job::{Job, JobId, Task};
use gradphoto_shared::lane::{Lane, Shards};
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::outcome::JobResult;
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Claim, Finished, Store, WorkerName};
use gradphoto_tests::redis::PrivateRedis;

/// Processor seconds and bytes that Redis used so far.
fn usage(redis: &PrivateRedis) -> (f64, f64) {
    let number = |section: &str, names: &[&str]| -> f64 {
        let info = redis.cli(&["INFO", section]);
        let values = info.lines().filter_map(|line| line.trim().split_once(':'));
        values.filter(|(name, _)| names.contains(name)).filter_map(|(_, value)| value.parse::<f64>().ok()).sum()
    };
    (number("cpu", &["used_cpu_user", "used_cpu_sys"]), number("memory", &["used_memory"]))
}

fn report(what: &str, jobs: usize, took: Duration, before: (f64, f64), after: (f64, f64)) {
    let count = jobs as f64;
    println!(
        "{what:<8} {:>8.0} jobs/s  {:>6.1} us of redis per job  {:>6.0} bytes kept per job",
        count / took.as_secs_f64(),
        (after.0 - before.0) / count * 1e6,
        (after.1 - before.1) / count,
    );
}

/// Takes and answers what waits; tells how many jobs that were.
async fn work(store: &Store, worker: &WorkerName, batch: usize) -> Result<usize> {
    let taken = store.take(worker, batch).await?;
    let finished: Vec<_> = taken
        .iter()
        .map(|attempt| Finished {
            claim: Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence },
            result: JobResult { pack: "base-1".into(), standardise: None, stages: Vec::new() },
        })
        .collect();
    store.finish(&finished).await?;
    Ok(taken.len())
}

async fn drain(store: &Store, batch: usize) -> Result<()> {
    let worker = WorkerName::unique();
    while work(store, &worker, batch).await? > 0 {}
    Ok(())
}

/// Answers jobs one by one, woken by the bell.
async fn attend(store: Store) -> Result<()> {
    let (worker, mut bell) = (WorkerName::unique(), store.work_bell().await?);
    loop {
        if work(&store, &worker, 1).await? == 0 {
            bell.rung(Duration::from_secs(1)).await;
        }
    }
}

/// Prints how long a caller waits for the answer to one job on an idle queue.
async fn wait_one_by_one(store: &Store, jobs: &[Job]) -> Result<()> {
    let attendant = tokio::spawn(attend(store.clone()));
    let mut waits = Vec::new();
    for job in jobs {
        let began = Instant::now();
        store.submit(std::slice::from_ref(job)).await?.remove(0)?;
        store.look_settled(&job.tenant, &job.id, Duration::from_secs(10)).await?;
        waits.push(began.elapsed());
    }
    attendant.abort();
    waits.sort_unstable();
    let at = |share: usize| waits.get(waits.len() * share / 100).copied().unwrap_or_default();
    println!("idle     p50 {:?}  p99 {:?} from submit to answer", at(50), at(99));
    Ok(())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let jobs: usize = arguments.next().map_or(Ok(50_000), |text| text.parse())?;
    let batch: usize = arguments.next().map_or(Ok(100), |text| text.parse())?;
    let redis = PrivateRedis::start();
    if arguments.next().as_deref() == Some("aof") {
        let _ = redis.cli(&["CONFIG", "SET", "appendfsync", "everysec", "appendonly", "yes"]);
    }
    let config = RedisConfig { shards: Shards::DEFAULT, ..redis.config() };
    let store = Store::connect(&config).await?;
    let (tenant, id) = (TenantId::new("school")?, SessionId::new("day-1")?);
    let (state, spec) = (SessionState::Open, "chsi".to_owned());
    let session = Session { id: id.clone(), tenant: tenant.clone(), state, spec: spec.clone(), created_at_ms: 1 };
    store.create_session(&session).await?;
    let shard = config.shards.of(&tenant, &id);
    let job = || -> Result<Job> {
        Ok(Job {
            id: JobId::new(shard),
            tenant: tenant.clone(),
            session: id.clone(),
            subject: None,
            generation: 0,
            lane: Lane::Bulk,
            tasks: vec![Task::Standardise],
            photo: BlobKey::new("photos/school/day-1/0192f0c8e1b97c3a8d5e4f6071829304")?,
            spec: spec.clone(),
            accepted_at_ms: 1_700_000_000_000,
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
        })
    };
    let all = (0..jobs).map(|_| job()).collect::<Result<Vec<_>>>()?;
    let (empty, began) = (usage(&redis), Instant::now());
    for answer in store.submit(&all).await? {
        answer?;
    }
    let (full, took) = (usage(&redis), began.elapsed());
    report("submit", jobs, took, empty, full);
    let began = Instant::now();
    tokio::try_join!(drain(&store, batch), drain(&store, batch))?;
    let (done, took) = (usage(&redis), began.elapsed());
    report("drain", jobs, took, full, done);
    report("finished", jobs, took, empty, done);
    let single = (0..1_000).map(|_| job()).collect::<Result<Vec<_>>>()?;
    Ok(wait_one_by_one(&store, &single).await?)
}
