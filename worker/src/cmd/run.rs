//! `worker run`: starts the parts, waits for the wish to stop, and stops them in reverse.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::shutdown::{Shutdown, on_signal};
use gradphoto_shared::store::{Store, WorkerName, WorkerPhase, WorkerState};
use gradphoto_shared::{Class, Error, Result};
use tokio::sync::mpsc;
use tokio::task::JoinHandle as Task;

use crate::compute::{Bench, Stops};
pub(super) use crate::config::RunArgs;
use crate::config::RunConfig;
use crate::gallery::Galleries;
use crate::inbox::Inbox;
use crate::intake::{Intake, Places};
use crate::lease::Care;
use crate::model::{Embedder, Runtime};
use crate::orders::Ear;
use crate::outage::Outage;
use crate::pack::{Pack, Role, runtime_library};
use crate::serve::{Health, Phase};
use crate::settle::{Door, Verdict};
use crate::standards::Standards;
use crate::ticket::Held;
use crate::{beat, close, compute, lease, serve};

/// Threads of the async doors: one can wait on TLS and disks while the other answers.
const DOOR_THREADS: usize = 2;
/// Longest wait for the object store at the start; a wrong address would be tried for minutes.
const STORE_PATIENCE: Duration = Duration::from_secs(10);
/// How long giving back may take once the drain's time is over: a few stages and a few round trips.
const LAST_WORD: Duration = Duration::from_secs(5);

pub(super) fn run(args: &RunArgs, home: &Path) -> Result<()> {
    let config = args.check()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(DOOR_THREADS).enable_all().build();
    let runtime = runtime.map_err(|cause| Error::io("start the runtime", cause))?;
    let done = runtime.block_on(async {
        let stops = stops_on_signals()?;
        let blobs = open_blobs(args, home).await?;
        work(config, blobs, home, stops).await
    });
    // Whatever still waits for Redis or the object store by now is left to the leases.
    runtime.shutdown_background();
    done
}

/// The first signal drains, the second stops at once.
fn stops_on_signals() -> Result<Stops> {
    let stops = Stops::default();
    let (told, Stops { drain, at_once }) = (on_signal()?, stops.clone());
    tokio::spawn(async move {
        told.cancelled().await;
        drain.cancel();
        tracing::info!("told to stop: finishing what was begun; a second signal stops at once");
        if let Ok(again) = on_signal() {
            again.cancelled().await;
            tracing::warn!("told to stop at once");
            at_once.cancel();
        }
    });
    Ok(stops)
}

/// Opens the object store and asks it something, since a wrong address shows only then.
async fn open_blobs(args: &RunArgs, home: &Path) -> Result<Blobs> {
    let blobs = Blobs::open(&args.blobs, home)?;
    let nothing = BlobKey::new("worker-start")?;
    match tokio::time::timeout(STORE_PATIENCE, blobs.size(&nothing)).await {
        Ok(Ok(_) | Err(Error::BlobMissing)) => Ok(blobs),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(Error::Config(format!("object store does not answer within {STORE_PATIENCE:?}"))),
    }
}

/// Opens the pack and loads ONNX Runtime; the compute threads load the models.
fn open_bench(config: &RunConfig, home: &Path) -> Result<Bench> {
    let pack = Arc::new(Pack::open(home, &config.pack)?);
    let runtime = Runtime::open(&runtime_library(home)?, config.device)?;
    Ok(Bench { runtime, pack, limits: config.limits, besides: config.besides.clone() })
}

async fn work(config: RunConfig, blobs: Blobs, home: &Path, stops: Stops) -> Result<()> {
    let store = Store::connect_with(&config.redis, config.queue).await?;
    let bench = open_bench(&config, home)?;
    let health = Health::starting();
    serve::serve(config.metrics, health.clone()).await?;
    let (held, inbox) = (Held::default(), Inbox::default());
    // As many as may be in hand, so nobody ever waits to send.
    let (closings, closed) = mpsc::channel(config.places.saturating_add(config.threads));
    let faces = bench.pack.model(Role::Embed).map(Embedder::model_of).transpose()?;
    let galleries = Galleries::new(store.clone(), faces);
    let handle = tokio::runtime::Handle::current();
    let door = Door::new(blobs.clone(), galleries.clone(), bench.pack.label(), config.language, handle, closings);

    let crew = compute::start(config.threads, &bench, &inbox, &door, &stops).await?;
    tracing::info!(threads = config.threads, pack = bench.pack.label(), "models are warm");
    if !reach(&store, &config.redis_address, &stops.drain).await? {
        return Ok(());
    }
    let (stuck, stop_lease) = (stops.drain.child_token(), Shutdown::new());
    let care = Care { lease: config.lease, held: held.clone(), threads: config.threads, stuck: stuck.clone() };
    let keeper = lease::keep(config.redis.clone(), care, stop_lease.clone())?;
    let closer = tokio::spawn(close::run(store.clone(), closed));
    let ear =
        Ear { worker: WorkerName::unique(), held: held.clone(), inbox: inbox.clone(), drain: stops.drain.clone() };
    let listener = tokio::spawn(ear.clone().listen(store.orders()));
    let heart = tokio::spawn(beat::beat(store.clone(), ear.clone(), state(&config, &bench)));
    health.enter(Phase::Ready);

    let intake = Intake {
        store: store.clone(),
        standards: Standards::new(store.clone()),
        blobs,
        limits: config.limits,
        font: config.font.clone(),
        job_timeout: config.job_timeout,
        held: held.clone(),
        inbox: inbox.clone(),
        galleries,
        door: door.clone(),
        stops: stops.clone(),
    };
    let intake = tokio::spawn(intake.run(Places::new(config.places, config.threads)));
    // Told to stop, or of no use any more.
    stuck.cancelled().await;
    let is_stuck = !stops.drain.is_cancelled();
    stops.drain.cancel();
    health.enter(Phase::Draining);
    for loaded in inbox.close() {
        door.settle(loaded.ticket, Verdict::Dropped);
    }
    drop(door);
    drained(intake, closer, crew, config.drain, &stops.at_once).await;
    match held.len() {
        0 => tracing::info!("left; nothing is in hand"),
        jobs => tracing::warn!(jobs, "left; others take the jobs when their leases end"),
    }
    listener.abort();
    heart.abort();
    beat::leave(&store, &ear).await;
    stop_lease.cancel();
    keeper.join().unwrap_or(Err(Error::Broken { stage: "lease" }))?;
    if is_stuck { Err(Error::Broken { stage: "compute" }) } else { Ok(()) }
}

/// What this worker tells of itself.
fn state(config: &RunConfig, bench: &Bench) -> WorkerState {
    let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WorkerState {
        phase: WorkerPhase::Ready,
        started_ms: u64::try_from(started.as_millis()).unwrap_or(u64::MAX),
        threads: config.threads,
        in_hand: 0,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pack: bench.pack.label().to_owned(),
        device: config.device.to_string(),
    }
}

/// Waits until Redis answers; `false` when told to stop before.
async fn reach(store: &Store, address: &str, drain: &Shutdown) -> Result<bool> {
    let mut outage = Outage::new(format!("redis at {address}"));
    loop {
        let Some(answer) = drain.run_until_cancelled(store.ping()).await else { return Ok(false) };
        match answer {
            Ok(()) => {
                outage.over();
                return Ok(true);
            }
            Err(error) if error.class() == Class::Retry => {
                drain.run_until_cancelled(tokio::time::sleep(outage.failed(&error))).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Waits until all that was begun is settled: every part ends when the one before it is gone.
async fn drained(
    intake: Task<()>,
    closer: Task<()>,
    crew: Vec<JoinHandle<()>>,
    patience: Duration,
    at_once: &Shutdown,
) {
    let settled = async {
        for (part, task) in [("intake", intake), ("settle", closer)] {
            if task.await.is_err() {
                tracing::error!(part, "broke; its jobs are left to their leases");
            }
        }
    };
    tokio::pin!(settled);
    let in_time = async {
        tokio::select! {
            () = at_once.cancelled() => false,
            () = &mut settled => true,
        }
    };
    if tokio::time::timeout(patience, in_time).await.unwrap_or(false) {
        for thread in crew {
            // The last door was dropped, so the thread is at its end; it cannot have panicked before.
            let _ = thread.join();
        }
        return;
    }
    at_once.cancel();
    if tokio::time::timeout(LAST_WORD, settled).await.is_err() {
        tracing::warn!("Redis or the object store did not take everything back in time");
    }
}
