//! Wires between processes and Redis that are cut, freeze, crawl or lead nowhere.

use std::time::{Duration, Instant};

use gradphoto_tests::desk::Load;
use gradphoto_tests::member::LEASE;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::rig::Rig;
use gradphoto_tests::wire::{Passage, Wire};

use crate::report;

/// A worker's, a dispatcher's and the submitter's wires are treated alike for `time`; `cuts` in it.
async fn check(fault: &str, passage: Passage, time: Duration, cuts: u32) {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let members = [rig.keeper(), rig.worker(), rig.worker()];
    rig.load(Load::STEADY);
    rig.settles(60).await;
    let wires = |rig: &Rig, act: &dyn Fn(&Wire)| {
        act(&rig.wire);
        members.iter().for_each(|member| act(&member.wire));
    };
    wires(&rig, &|wire| wire.let_pass(passage));
    for _ in 0..cuts {
        wires(&rig, &Wire::cut);
        tokio::time::sleep(time / cuts).await;
    }
    if cuts == 0 {
        tokio::time::sleep(time).await;
    }
    wires(&rig, &Wire::heal);
    let began = Instant::now();
    rig.settles(1).await;
    let times = [began.elapsed(), rig.recovers().await];
    report(fault, &rig.close().await, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_are_cut_again_and_again() {
    check("all wires cut 20 times", Passage::Free, Duration::from_secs(3), 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_freeze_for_longer_than_a_lease() {
    check("all wires frozen past the lease", Passage::Frozen, LEASE * 2, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_crawl() {
    let passage = Passage::Slow { pause: Duration::from_millis(60), bytes_per_second: 50_000 };
    check("all wires slow", passage, Duration::from_secs(3), 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_lead_nowhere() {
    check("all wires refuse", Passage::Refused, LEASE * 2, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_only_redis_cannot_hear() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (_keeper, _other, lonely) = (rig.keeper(), rig.worker(), rig.worker());
    rig.load(Load::STEADY);
    rig.settles(60).await;
    lonely.wire.let_pass(Passage::Frozen);
    let time = rig.recovers().await;
    // Everything that it said meanwhile arrives at once, long after its leases ended.
    lonely.wire.heal();
    rig.settles(60).await;
    report("one worker's wire frozen", &rig.close().await, &[time]);
}
