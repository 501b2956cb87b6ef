//! Several dispatchers that deliver at once, and a Redis that is away meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use gradphoto_shared::store::Store;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::answer;
use gradphoto_tests::system::System;
use reqwest::Method;
use serde_json::json;

use crate::receiver::{Answer, Receiver, Told};
use crate::{key_file, settle};

/// Jobs that are told: some seconds of messages.
const JOBS: usize = 150;
/// How long the receiver takes for a message.
const PACE: Duration = Duration::from_millis(30);
/// Messages to one endpoint at a time, of each dispatcher.
const UNDER_WAY: usize = 4;

/// Puts jobs into a session and says that the receiver wants to hear of them; answers their ids.
async fn submit(system: &System, receiver: &Receiver) -> BTreeSet<String> {
    system.open_session("s1").await;
    let hook = system.ask(Method::PUT, "/v1/webhooks/main").json(&json!({"url": receiver.url()}));
    assert_eq!(answer(hook).await.0, 201);
    let (_, photo) = answer(system.ask(Method::PUT, "/v1/sessions/s1/photos").body("photo")).await;
    let many = vec![json!({"photo": photo["photo"], "tasks": ["standardise"]}); JOBS];
    let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/s1/jobs").json(&many)).await;
    assert_eq!(status, 202, "{body}");
    let ids = body["jobs"].as_array().expect("an answer for each").iter();
    ids.map(|job| job["id"].as_str().expect("a job").to_owned()).collect()
}

fn jobs_of(told: &[Told]) -> BTreeSet<String> {
    told.iter().map(|one| one.body()["data"]["job"].as_str().expect("a job").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_dispatchers_share_the_messages_and_tell_none_twice() {
    let receiver = Receiver::start(|_, _| Answer::Slowly(PACE)).await;
    let key = key_file();
    let key = key.path().to_str().expect("plain");
    let mut system = System::new(PrivateRedis::start());
    let words = ["--webhook-key-file", key, "--webhook-hosts", &receiver.host, "--webhook-timeout", "20"];
    let words = [&words[..], &["--listen", "127.0.0.1:0"]].concat();
    let mut metrics = Vec::new();
    let mut processes = Vec::new();
    for _ in 0..2 {
        processes.push(system.serve(&words).await);
        metrics.push(system.ask(Method::GET, "/metrics"));
    }
    let jobs = submit(&system, &receiver).await;
    settle(&Store::connect(&system.redis.config()).await.expect("a lawful address"), JOBS).await;
    let told = receiver.until(|told| jobs_of(told).len() >= JOBS).await;
    assert_eq!(jobs_of(&told), jobs);
    assert_eq!(receiver.told().len(), JOBS, "nothing is told twice");
    for page in metrics {
        let page = page.send().await.expect("an answer").text().await.expect("text");
        let line = page.lines().find(|line| line.contains("webhook") && line.contains("\"delivered\""));
        let count = line.and_then(|line| line.rsplit(' ').next()).and_then(|count| count.parse::<f64>().ok());
        assert!(count.is_some_and(|count| count > 0.0), "a dispatcher told nothing: {line:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_is_away_meanwhile_loses_no_message() {
    let receiver = Receiver::start(|_, _| Answer::Slowly(PACE)).await;
    let key = key_file();
    let key = key.path().to_str().expect("plain");
    let mut system = System::new(PrivateRedis::start_durable());
    let words = ["--webhook-key-file", key, "--webhook-hosts", &receiver.host, "--webhook-timeout", "1"];
    let _dispatcher = system.serve(&words).await;
    let jobs = submit(&system, &receiver).await;
    settle(&Store::connect(&system.redis.config()).await.expect("a lawful address"), JOBS).await;
    receiver.count(JOBS / 4).await;
    system.redis.stop();
    let before = receiver.told().len();
    assert!(before < JOBS, "it went away in the middle");
    // Longer than the answers of what was under way can be noted.
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(receiver.told().len() <= before + UNDER_WAY, "nothing new is told without Redis");
    system.redis.start_again();
    let told = receiver.until(|told| jobs_of(told).len() >= JOBS).await;
    assert_eq!(jobs_of(&told), jobs);
    let ids: BTreeSet<_> = told.iter().map(|one| (&one.id, &one.text)).collect();
    assert_eq!(ids.len(), JOBS, "a repeat has the id and the text of the first");
    let repeats = told.len() - ids.len();
    assert!(repeats <= UNDER_WAY, "{repeats} were told twice, more than were under way");
}
