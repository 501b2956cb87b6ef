//! Redis or other things that are away: workers say so, wait, and come back by themselves.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use gradphoto_tests::fleet::{Yard, portrait};
use gradphoto_tests::process::program;
use gradphoto_tests::redis::PrivateRedis;

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test]
async fn workers_come_back_after_redis_was_away() {
    let mut yard = Yard::open(PrivateRedis::start_durable()).await;
    let _keeper = yard.keeper(Duration::from_secs(5));
    let mut workers = [yard.worker(&["--lease", "5"]), yard.worker(&["--lease", "5"])];
    for worker in &mut workers {
        worker.ready().await;
    }
    let jobs = yard.submit(&vec![portrait(); 60]).await;
    yard.events(10, PATIENCE).await;
    yard.redis.stop();
    tokio::time::sleep(Duration::from_secs(3)).await;
    yard.redis.start_again();

    let events = yard.events(60, PATIENCE).await;
    let distinct: BTreeSet<_> = events.iter().map(|event| event.job).collect();
    assert_eq!((events.len(), distinct), (60, jobs.into_iter().collect()));
    yard.assert_empty().await;
    for worker in &workers {
        let log = worker.log();
        assert!(log.contains("redis is away") && log.contains("is back"), "{log}");
        // One line for each thing that Redis is needed for, however often it was tried.
        assert!(log.matches("trying again until it is back").count() <= 3, "{log}");
    }
}

#[tokio::test]
async fn a_worker_started_before_redis_waits_for_it() {
    let mut yard = Yard::open(PrivateRedis::start_durable()).await;
    yard.redis.stop();
    let mut worker = yard.worker(&[]);
    worker.says("redis is away").await;
    worker.says("models are warm").await;
    assert_eq!(worker.get("readyz").await.map(|(status, _)| status), Some(503));
    assert!(worker.log().contains(&yard.redis.url()), "the address is named: {}", worker.log());
    yard.redis.start_again();
    worker.ready().await;
    yard.submit(&[portrait()]).await;
    assert_eq!(yard.events(1, PATIENCE).await.len(), 1);
}

/// Exit code 1 and a last line that tells what is wrong; `words` stand in it.
fn check_refusal(arguments: &[&str], words: &[&str]) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(program("worker"));
    let output = command.arg("--home").arg(home.path()).arg("run").args(arguments).output().expect("a worker");
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    assert!(last.starts_with("worker: ") && words.iter().all(|word| last.contains(word)), "{arguments:?}: {said}");
}

#[test]
fn what_waiting_cannot_mend_ends_the_worker_with_a_sentence() {
    check_refusal(&[], &["model pack is unusable", "worker models pull"]);
    let nowhere = ["--store", "s3://photos", "--s3-endpoint", "http://127.0.0.1:9", "--s3-key-id", "k"];
    check_refusal(&[&nowhere[..], &["--s3-secret", "hunter2"]].concat(), &["object store"]);
    check_refusal(&["--store", "/proc/nowhere"], &["cannot make the folder"]);
    check_refusal(&["--redis", "redis://:hunter2@"], &["redis"]);
}
