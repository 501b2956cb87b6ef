//! Workers that are told to stop: what was begun is finished, the rest goes back at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gradphoto_tests::fleet::{Yard, portrait};
use gradphoto_tests::redis::PrivateRedis;
use rustix::process::Signal;

const PATIENCE: Duration = Duration::from_secs(120);
/// Nothing comes back through it while a test runs: what is not lost was settled or given back.
const LONG_LEASE: Duration = Duration::from_secs(600);

async fn check(signals: &[Signal], more: &[&str]) {
    let yard = Yard::open(PrivateRedis::start()).await;
    let _keeper = yard.keeper(LONG_LEASE);
    let lease = [&["--lease", "600", "--ahead", "4"], more].concat();
    let mut leaver = yard.worker(&lease);
    leaver.ready().await;
    let jobs = yard.submit(&vec![portrait(); 40]).await;
    yard.events(5, PATIENCE).await;
    for signal in signals {
        leaver.signal(*signal);
        leaver.says("told to stop").await;
    }
    assert!(leaver.ended(PATIENCE).await.success(), "{}", leaver.log());
    let log = leaver.log();
    assert!(log.contains("gave jobs back") && log.contains("left; nothing is in hand"), "{log}");
    let running: u64 = yard.store.gauge().await.expect("redis answers").iter().map(|lane| lane.running).sum();
    let settled = yard.events(0, Duration::ZERO).await.len();
    assert_eq!(running, 0, "nothing is left to a lease");
    assert!(settled < 40, "the worker was to leave in the middle");

    let mut heir = yard.worker(&lease);
    heir.ready().await;
    let events = yard.events(40, PATIENCE).await;
    let distinct: BTreeSet<_> = events.iter().map(|event| event.job).collect();
    assert_eq!((events.len(), distinct), (40, jobs.into_iter().collect()));
    yard.assert_empty().await;
}

#[tokio::test]
async fn a_worker_told_to_stop_loses_nothing() {
    check(&[Signal::TERM], &[]).await;
}

#[tokio::test]
async fn a_worker_whose_time_is_over_gives_back_what_it_began() {
    check(&[Signal::INT], &["--drain-seconds", "0"]).await;
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    check(&[Signal::TERM, Signal::TERM], &[]).await;
}

#[tokio::test]
async fn an_idle_worker_leaves_at_once() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let mut worker = yard.worker(&[]);
    worker.ready().await;
    worker.signal(Signal::TERM);
    let began = Instant::now();
    assert!(worker.ended(PATIENCE).await.success(), "{}", worker.log());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
