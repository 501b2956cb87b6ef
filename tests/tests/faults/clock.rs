//! Wall clocks that jump by an hour, of Redis and of everybody else: leases go on, no job is given up for
//! it, and the jobs of the dead come back all the same.

use std::time::{Duration, Instant};

use gradphoto_tests::clock::ShiftedClock;
use gradphoto_tests::desk::Load;
use gradphoto_tests::member::LEASE;
use gradphoto_tests::redis::{Durability, PrivateRedis};
use gradphoto_tests::rig::Rig;

use crate::report;

const HOUR_MS: i64 = 60 * 60 * 1000;
/// A pause before another try is a time by Redis' clock, and would jump with it.
const LOAD: Load = Load { per_second: 40, failure_in: 0, ..Load::STEADY };
/// Time for several rounds of a dispatcher.
const SPELL: Duration = Duration::from_secs(3 * LEASE.as_secs());
/// Longest wait for a dead worker's jobs, some leases on a machine that is very busy: far less than the jump.
const LONGEST: Duration = Duration::from_secs(45);

/// Jumps by `hours` in turn, while workers hold jobs for many leases; then one dies.
async fn check(fault: &str, hours: &[i64]) {
    let clock = ShiftedClock::new();
    let mut rig = Rig::open(PrivateRedis::start_in(Durability::Memory, clock.environment())).await;
    // A job that is taken from two living workers is given up, and the ledger tells.
    let _keeper = rig.keeper_of(2);
    let (_slow, _quick) = (rig.worker_at(SPELL), rig.worker());
    let mut killed = rig.worker();
    rig.load(LOAD);
    rig.settles(40).await;
    for hours in hours {
        clock.set_ahead_ms(hours * HOUR_MS);
        tokio::time::sleep(SPELL).await;
    }
    let began = Instant::now();
    rig.settles(20).await;
    killed.start_again();
    let time = {
        let open = rig.recovers();
        open.await
    };
    assert!(began.elapsed() < LONGEST, "{fault}: {time:?}");
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
