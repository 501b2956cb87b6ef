//! Wall clocks that jump by an hour, of Redis and of everybody else: leases go on, no job is given up for
//! it, and the jobs of the dead come back all the same.

use std::time::{Duration, Instant};

use gradphoto_tests::clock::ShiftedClock;
use gradphoto_tests::desk::Load;
use gradphoto_tests::redis::{Durability, PrivateRedis};
use gradphoto_tests::rig::{PATIENCE, Rig};

use crate::{RETURNED, report};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// Longer than usual: here no lease may end because a machine is busy.
const LEASE: Duration = Duration::from_secs(4);
/// Time in which a dispatcher would have taken the jobs of the living, had it not held back for a lease.
const SPELL: Duration = Duration::from_secs(7);
/// A pause before another try is a time by Redis' clock, and would jump with it.
const LOAD: Load = Load { per_second: 40, failure_in: 0, ..Load::STEADY };
/// Longest wait for a dead worker's jobs: three leases usually, some more on a machine that is very busy, and
/// far less than the jump.
const LONGEST: Duration = Duration::from_secs(45);

/// Redis' clock jumps to each of `hours` in turn, while a worker holds jobs; then that worker dies.
async fn check(fault: &str, hours: &[i64]) {
    let clock = ShiftedClock::new();
    let mut rig = Rig::open(PrivateRedis::start_in(Durability::Memory, clock.environment())).await;
    rig.lease = LEASE;
    // A job that is taken from two living workers is given up, and the ledger tells.
    let keeper = rig.keeper_of(2);
    let mut holder = rig.worker_at(LONGEST);
    rig.load(LOAD);
    let began = Instant::now();
    while rig.running().await == 0 {
        assert!(began.elapsed() < PATIENCE, "nobody takes a job");
    }
    let _quick = rig.worker();
    rig.settles(40).await;
    for hours in hours {
        clock.set_ahead_ms(hours * HOUR_MS);
        tokio::time::sleep(SPELL).await;
        rig.settles(40).await;
    }
    assert!(!keeper.process().log().contains(RETURNED), "a living worker lost a job: {}", keeper.process().log());
    holder.kill();
    let time = rig.recovers().await;
    assert!(time < LONGEST, "{fault}: {time:?}");
    report(fault, &rig.close().await, &[time]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_clock_jumps_ahead_again_and_again() {
    check("redis' clock +1 h, +2 h", &[1, 2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_clock_jumps_back_again_and_again() {
    check("redis' clock -1 h, -2 h", &[-1, -2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_of_workers_and_dispatchers_are_their_own_affair() {
    let clock = ShiftedClock::new();
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let mut members = [rig.keeper_of(2), rig.worker(), rig.worker()];
    for member in &mut members {
        member.start_again_in(clock.environment());
    }
    rig.load(Load::STEADY);
    rig.settles(40).await;
    for hours in [1, -1] {
        clock.set_ahead_ms(hours * HOUR_MS);
        rig.settles(100).await;
    }
    let began = Instant::now();
    members[1].kill();
    let time = rig.recovers().await;
    assert!(began.elapsed() < LONGEST, "{time:?}");
    report("workers' and dispatcher's clock ±1 h", &rig.close().await, &[time]);
}
