//! Processes that die at once.

use std::time::{Duration, Instant};

use gradphoto_tests::desk::Load;
use gradphoto_tests::member::Member;
use gradphoto_tests::redis::{Durability, PrivateRedis};
use gradphoto_tests::rig::{PATIENCE, Rig};

use crate::{RETURNED, report};

/// Times that each test kills.
const ROUNDS: usize = 3;
/// Times that a worker is killed until it had a job in hand: more often than not it has.
const ROUNDS_MAX: usize = 30;
/// Workers that may die on a job, as the product counts by default.
const DEATHS: u32 = 3;
/// Jobs that pass between two faults.
const SPELL: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_workers_lose_nothing() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (keeper, _other, mut killed) = (rig.keeper(), rig.worker(), rig.worker());
    rig.load(Load::STEADY);
    let mut times = Vec::new();
    while times.len() < ROUNDS || !keeper.process().log().contains(RETURNED) {
        rig.settles(SPELL).await;
        killed.start_again();
        times.push(rig.recovers().await);
        assert!(times.len() < ROUNDS_MAX, "whoever was killed never had a job in hand");
    }
    report("worker killed", &rig.close().await, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_dispatchers_lose_nothing() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (mut keeper, mut worker) = (rig.keeper(), rig.worker());
    rig.load(Load::STEADY);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        rig.settles(SPELL).await;
        // Nobody returns what the worker held, or what it put aside, until there is a dispatcher again.
        keeper.kill();
        worker.kill();
        keeper.start_again();
        worker.start_again();
        times.push(rig.recovers().await);
    }
    report("dispatcher and only worker killed", &rig.close().await, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_kills_its_workers_is_buried_and_takes_no_other_along() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let _keeper = rig.keeper_of(DEATHS);
    let mut workers = [rig.worker(), rig.worker()];
    rig.load(Load { killer_in: 60, ..Load::STEADY });
    let (began, mut deaths) = (Instant::now(), 0);
    while deaths < DEATHS {
        assert!(began.elapsed() < PATIENCE, "only {deaths} workers died");
        deaths += revive(&mut workers).await;
    }
    let closing = rig.close();
    tokio::pin!(closing);
    let sum = loop {
        tokio::select! {
            sum = &mut closing => break sum,
            dead = revive(&mut workers) => deaths += dead,
        }
    };
    assert!(sum.given_up > 0, "{sum:?}");
    report(&format!("jobs that kill ({deaths} workers died)"), &sum, &[began.elapsed()]);
}

/// Starts the dead again after a while; answers how many there were.
async fn revive(workers: &mut [Member]) -> u32 {
    tokio::time::sleep(Duration::from_millis(20)).await;
    let mut dead = 0;
    for worker in workers {
        if !worker.is_alive() {
            worker.start_again();
            dead += 1;
        }
    }
    dead
}

/// Kills Redis again and again, or the power with it.
async fn check_redis(fault: &str, durability: Durability, is_power_cut: bool) {
    let mut rig = Rig::open(PrivateRedis::start_in(durability, Vec::new())).await;
    let (_keeper, _workers) = (rig.keeper(), [rig.worker(), rig.worker()]);
    rig.load(Load::STEADY);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        rig.settles(SPELL).await;
        if is_power_cut {
            rig.cut_power().await;
        } else {
            rig.kill_redis();
        }
        rig.redis.start_again();
        let began = Instant::now();
        rig.settles(1).await;
        times.push(began.elapsed());
    }
    let sum = rig.close().await;
    if durability == Durability::Always {
        assert_eq!((sum.lost_in_power_cuts, sum.repeated_after_power_cuts), (0, 0), "{sum:?}");
    }
    report(fault, &sum, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_that_syncs_always_loses_nothing() {
    check_redis("redis killed, synced always", Durability::Always, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_that_syncs_each_second_loses_nothing_that_it_wrote() {
    check_redis("redis killed, synced each second", Durability::EverySecond, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_takes_the_last_second_and_nothing_before() {
    check_redis("power cut, synced each second", Durability::EverySecond, true).await;
}
