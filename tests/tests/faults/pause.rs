//! Processes that stand still for longer than a lease, and go on as if nothing had been.

use std::time::{Duration, Instant};

use gradphoto_tests::desk::Load;
use gradphoto_tests::member::LEASE;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::rig::Rig;

use crate::{RETURNED, report};

/// Longer than a lease and the rounds of a dispatcher.
const SLEEP: Duration = Duration::from_secs(LEASE.as_secs() * 2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_slept_past_its_lease_settles_nothing_of_others() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (keeper, _other, sleeper) = (rig.keeper(), rig.worker(), rig.worker());
    rig.load(Load::STEADY);
    let mut times = Vec::new();
    // More often than not the sleeper has something in hand.
    while !keeper.process().log().contains(RETURNED) {
        rig.settles(60).await;
        sleeper.pause();
        times.push(rig.recovers().await);
        // What it held was settled by others; now it answers, too.
        sleeper.resume();
        assert!(times.len() < 30, "the sleeper never had a job in hand");
    }
    rig.settles(60).await;
    report("worker paused past its lease", &rig.close().await, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_dispatchers_one_may_sleep() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (sleeper, _awake, mut worker) = (rig.keeper(), rig.keeper(), rig.worker());
    rig.load(Load::STEADY);
    rig.settles(60).await;
    sleeper.pause();
    worker.start_again();
    let time = rig.recovers().await;
    sleeper.resume();
    report("one of two dispatchers paused", &rig.close().await, &[time]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_stood_still_takes_no_job_from_its_worker() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (_keeper, _workers) = (rig.keeper(), [rig.worker(), rig.worker()]);
    rig.load(Load::STEADY);
    rig.settles(60).await;
    rig.redis.pause();
    tokio::time::sleep(SLEEP).await;
    rig.redis.resume();
    let began = Instant::now();
    rig.settles(1).await;
    let times = [began.elapsed(), rig.recovers().await];
    report("redis paused past the lease", &rig.close().await, &times);
}
