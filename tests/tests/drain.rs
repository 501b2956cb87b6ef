//! Workers that are told to stop: what was begun is finished, the rest goes back at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gradphoto_tests::fleet::{Yard, portrait};
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::{answer, check as check_refused};
use gradphoto_tests::system::System;
use reqwest::Method;
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

/// The names of the workers that operators see, once there are `count`.
async fn workers(system: &System, operators: &str, count: usize) -> Vec<String> {
    let began = Instant::now();
    loop {
        let (status, body) = answer(system.ask_as(operators, Method::GET, "/v1/workers")).await;
        assert_eq!(status, 200, "{body}");
        let workers = body["workers"].as_array().expect("a list");
        if workers.len() == count {
            return workers.iter().map(|worker| worker["name"].as_str().expect("a name").to_owned()).collect();
        }
        assert!(began.elapsed() < PATIENCE, "{workers:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn operators_drain_one_worker_and_the_other_goes_on() {
    let mut system = System::new(PrivateRedis::start());
    let operators = system.operator_key();
    let _dispatcher = system.serve(&[]).await;
    let mut leaver = system.worker(&["--ahead", "4"]);
    leaver.ready().await;
    let name = workers(&system, &operators, 1).await.remove(0);
    let mut stayer = system.worker(&[]);
    stayer.ready().await;
    system.open_session("s").await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    for number in 0..60 {
        std::fs::write(folder.path().join(format!("{number}.jpg")), portrait()).expect("written");
    }
    let submitted = system.submit(&[folder.path().to_str().expect("plain"), "--session", "s", "--wait"]);
    system.events("s", 5).await;

    let drain = format!("/v1/workers/{name}/drain");
    check_refused(system.ask(Method::POST, &drain), 403, "operator_only").await;
    check_refused(system.ask(Method::GET, "/v1/workers"), 403, "operator_only").await;
    check_refused(system.ask_as(&operators, Method::POST, "/v1/workers/w-1/drain"), 404, "unknown_worker").await;
    let (status, body) = answer(system.ask_as(&operators, Method::POST, &drain)).await;
    assert_eq!(status, 202, "{body}");
    assert!(leaver.ended(PATIENCE).await.success(), "{}", leaver.log());
    let log = leaver.log();
    assert!(log.contains("told to drain by an operator") && log.contains("left; nothing is in hand"), "{log}");
    let left = workers(&system, &operators, 1).await.remove(0);
    assert_ne!(left, name);

    assert!(submitted.await.status.success());
    let events = system.events("s", 60).await;
    let distinct: BTreeSet<_> = events.iter().map(|event| event["job"].as_str().expect("a job")).collect();
    assert_eq!((events.len(), distinct.len()), (60, 60));
    assert!(system.said(&operators, "workers", &[]).contains(&left));
    assert!(system.said(&operators, "workers", &["--drain", &left]).contains("is told to drain"));
    assert!(stayer.ended(PATIENCE).await.success(), "{}", stayer.log());
}
