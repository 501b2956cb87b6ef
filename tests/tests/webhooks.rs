//! Webhooks against a receiver of our own: signed, told once, tried again, parked, resumed, and never lost.

#[path = "webhooks/receiver.rs"]
mod receiver;
#[path = "webhooks/several.rs"]
mod several;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use gradphoto_shared::job::{Attempt, State};
use gradphoto_shared::name::TenantId;
use gradphoto_shared::outcome::{JobResult, ReasonCode, StandardiseOutcome};
use gradphoto_shared::store::{Claim, Finished, Store};
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::{Server, answer, check};
use gradphoto_tests::system::System;
use receiver::{Answer, Receiver};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

/// Longest wait for a state to be shown.
const PATIENCE: Duration = Duration::from_secs(60);

fn key_file() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), "a key of thirty-two bytes or more, for tests\n").expect("written");
    file
}

/// A server that may tell `receiver`, with pauses between tries.
async fn server(receiver: &Receiver, retry: &str) -> Server {
    let key = key_file();
    let key = key.path().to_str().expect("plain");
    let words = ["--webhook-key-file", key, "--webhook-hosts", &receiver.host, "--webhook-retry", retry];
    Server::start_with(&[&words[..], &["--webhook-timeout", "1"]].concat()).await
}

async fn put(server: &Server, receiver: &Receiver, more: Value) {
    let mut settings = json!({"url": receiver.url()});
    settings.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let (status, body) = answer(server.ask(Method::PUT, "/v1/webhooks/main").json(&settings)).await;
    assert_eq!((status, body["state"].as_str()), (201, Some("active")), "{body}");
}

async fn show(server: &Server) -> Value {
    answer(server.ask(Method::GET, "/v1/webhooks/main")).await.1
}

/// Waits until the webhook is shown as `is` wants it.
async fn until(server: &Server, is: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let view = show(server).await;
        if is(&view) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "{view}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn secret(server: &Server) -> String {
    let (status, body) = answer(server.ask(Method::GET, "/v1/webhooks/main/secret")).await;
    assert_eq!(status, 200, "{body}");
    body["secret"].as_str().expect("a secret").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_settled_job_is_told_once_and_signed() {
    let receiver = Receiver::start(|_, _| Answer::Status(204)).await;
    let server = server(&receiver, "0.2,60").await;
    server.jobs("before", 3).await;
    assert_eq!(server.work().await, 3);
    put(&server, &receiver, json!({"events": ["done"]})).await;
    let jobs: BTreeSet<_> = [server.jobs("a", 20).await, server.jobs("b", 20).await].concat().into_iter().collect();
    assert_eq!(server.work().await, 40);
    let told = receiver.count(40).await;
    until(&server, |view| view["pending"] == 0).await;
    assert_eq!(receiver.told().len(), 40, "nothing that happened before, and nothing twice");
    let secret = secret(&server).await;
    let mut seen = BTreeSet::new();
    for message in &told {
        let body = message.body();
        assert!(message.is_signed_by(&secret), "{message:?}");
        let job = body["data"]["job"].as_str().expect("a job").to_owned();
        assert!(message.id.starts_with(&format!("msg_{job}_done")), "{}", message.id);
        assert_eq!(body["type"], "job.done", "{body}");
        assert!(body["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')), "{body}");
        seen.insert(job);
    }
    assert_eq!(seen, jobs);
    let page = answer(server.ask(Method::GET, "/metrics")).await;
    assert_eq!(page.0, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_asked_for_is_told() {
    let receiver = Receiver::start(|_, _| Answer::Status(200)).await;
    let server = server(&receiver, "0.2,60").await;
    server.jobs("a", 1).await;
    put(&server, &receiver, json!({"events": ["cancelled"], "session": "a"})).await;
    server.jobs("b", 5).await;
    let job = server.jobs("a", 1).await.remove(0);
    let store = Store::connect(&server.redis.config()).await.expect("a lawful address");
    let tenant = TenantId::new("school-1").expect("lawful");
    let state = store.cancel(&tenant, &job.parse().expect("a job")).await.expect("redis runs");
    assert_eq!(state, State::Cancelled);
    server.work().await;
    receiver.count(1).await;
    until(&server, |view| view["pending"] == 0).await;
    let told = receiver.told();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].body()["type"], &told[0].body()["data"]["job"]), (&json!("job.cancelled"), &json!(job)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_message_is_tried_again_under_the_same_id() {
    let answers = [Answer::Status(500), Answer::Status(429), Answer::Redirect, Answer::Hang];
    let receiver = Receiver::start(move |count, _| answers.get(count).copied().unwrap_or(Answer::Status(200))).await;
    let server = server(&receiver, "0.1,0.1,0.1,0.1,600").await;
    put(&server, &receiver, json!({})).await;
    server.jobs("a", 1).await;
    server.work().await;
    let told = receiver.count(5).await;
    assert!(told.iter().all(|one| (&one.id, &one.text, one.path.as_str()) == (&told[0].id, &told[0].text, "/hook")));
    let view = until(&server, |view| view["pending"] == 0).await;
    let view = if view["failures"] == 0 { view } else { until(&server, |view| view["failures"] == 0).await };
    assert_eq!((view["state"].as_str(), &view["error"]), (Some("active"), &Value::Null), "{view}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_parked_and_goes_on_when_resumed() {
    let receiver = Receiver::start(|count, _| Answer::Status(if count == 0 { 410 } else { 200 })).await;
    let server = server(&receiver, "600").await;
    put(&server, &receiver, json!({})).await;
    let mut jobs: BTreeSet<_> = server.jobs("a", 1).await.into_iter().collect();
    server.work().await;
    let view = until(&server, |view| view["state"] == "parked").await;
    assert_eq!(view["error"], "gone", "{view}");
    jobs.extend(server.jobs("a", 10).await);
    server.work().await;
    assert_eq!(until(&server, |view| view["pending"] == 11).await["state"], "parked");
    assert_eq!(receiver.told().len(), 1, "nothing is sent while it is parked");
    assert_eq!(answer(server.ask(Method::POST, "/v1/webhooks/main/resume")).await.0, 200);
    let told = receiver.count(12).await;
    let seen: BTreeSet<_> =
        told[1..].iter().map(|one| one.body()["data"]["job"].as_str().expect("a job").to_owned()).collect();
    assert_eq!(seen, jobs);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_only_fails_is_parked_after_its_last_try() {
    let receiver = Receiver::start(|count, _| Answer::Status(if count < 4 { 503 } else { 200 })).await;
    let server = server(&receiver, "0.2,0.3,600").await;
    put(&server, &receiver, json!({})).await;
    server.jobs("a", 1).await;
    server.work().await;
    receiver.count(3).await;
    assert_eq!(until(&server, |view| view["failures"] == 3).await["error"], "status_503");
    server.stop().await;

    let receiver = Receiver::start(|count, _| Answer::Status(if count < 4 { 503 } else { 200 })).await;
    let server = self::server(&receiver, "0.2,0.3").await;
    put(&server, &receiver, json!({})).await;
    server.jobs("a", 1).await;
    server.work().await;
    until(&server, |view| view["state"] == "parked").await;
    let tried = receiver.told().len();
    assert!((2..=4).contains(&tried), "{tried} tries");
    while show(&server).await["pending"] == 1 {
        // It fails once or twice more before it takes the message.
        assert_eq!(answer(server.ask(Method::POST, "/v1/webhooks/main/resume")).await.0, 200);
        let before = receiver.told().len();
        receiver.count(before + 1).await;
        until(&server, |view| view["pending"] == 0 || view["state"] == "parked").await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_new_secret_messages_bear_both_signatures() {
    let receiver = Receiver::start(|_, _| Answer::Status(200)).await;
    let server = server(&receiver, "600").await;
    put(&server, &receiver, json!({})).await;
    let old = secret(&server).await;
    let (_, made) = answer(server.ask(Method::POST, "/v1/webhooks/main/rotate")).await;
    let new = secret(&server).await;
    assert_eq!((made["secret"].as_str(), made["previous"].as_str()), (Some(new.as_str()), Some(old.as_str())));
    assert_ne!(old, new);
    let (status, test) = answer(server.ask(Method::POST, "/v1/webhooks/main/test")).await;
    assert_eq!((status, &test["delivered"]), (200, &json!(true)), "{test}");
    let told = receiver.told().remove(0);
    assert!(told.is_signed_by(&old) && told.is_signed_by(&new), "{}", told.signatures);
    assert_eq!(told.body()["type"], "test");
    let keys = server.redis.cli(&["HGETALL", "gp:{h:school-1}:hooks"]);
    assert!(!keys.contains("whsec_") && !keys.contains(&new[6..]), "secrets are kept nowhere: {keys}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_refused_with_its_code() {
    let off = Server::start().await;
    let hook = |url: &str| json!({"url": url});
    check(off.ask(Method::PUT, "/v1/webhooks/a").json(&hook("https://a.example.org/")), 403, "webhooks_off").await;
    assert_eq!(answer(off.ask(Method::GET, "/v1/webhooks")).await.1, json!({"webhooks": []}));
    off.stop().await;
    let receiver = Receiver::start(|_, _| Answer::Status(200)).await;
    let server = server(&receiver, "600").await;
    let put_as = |name: &str, body: Value| server.ask(Method::PUT, &format!("/v1/webhooks/{name}")).json(&body);
    check(put_as("a", hook("https://a.example.org/")), 403, "host_not_allowed").await;
    check(put_as("a", hook("http://127.0.0.1:1/")), 403, "host_not_allowed").await;
    check(put_as("a", hook("http://169.254.169.254/")), 403, "host_not_allowed").await;
    check(put_as("a", hook("nowhere")), 422, "invalid_url").await;
    check(put_as("a", json!({"url": receiver.url(), "events": []})), 422, "invalid_field").await;
    check(put_as("a", json!({"url": receiver.url(), "session": "none"})), 404, "unknown_session").await;
    check(server.ask(Method::GET, "/v1/webhooks/a"), 404, "unknown_webhook").await;
    check(server.ask(Method::POST, "/v1/webhooks/a/resume"), 404, "unknown_webhook").await;
    check(server.ask(Method::DELETE, "/v1/webhooks/a"), 404, "unknown_webhook").await;
    for number in 0..16 {
        assert_eq!(answer(put_as(&format!("h{number}"), hook(&receiver.url()))).await.0, 201);
    }
    check(put_as("h16", hook(&receiver.url())), 409, "too_many_readers").await;
    assert_eq!(answer(put_as("h3", hook(&receiver.url()))).await.0, 200, "known ones may change");
    check(server.ask_as(1, Method::GET, "/v1/webhooks/h3/secret"), 404, "unknown_webhook").await;
    assert_eq!(answer(server.ask(Method::DELETE, "/v1/webhooks/h3")).await.0, 204);
    assert_eq!(answer(put_as("h16", hook(&receiver.url()))).await.0, 201);
    server.stop().await;
}

/// Settles `left` jobs as a worker would.
async fn settle(store: &Store, mut left: usize) {
    while left > 0 {
        let taken = store.take(100).await.expect("redis runs");
        let finish = |attempt: &Attempt| Finished {
            claim: Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence },
            result: JobResult {
                pack: "test-1".into(),
                standardise: Some(StandardiseOutcome::refused(ReasonCode::NoFace)),
                ..JobResult::default()
            },
        };
        let finished: Vec<_> = taken.iter().map(finish).collect();
        store.finish(&finished).await.expect("redis runs");
        left -= taken.len();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_is_killed_loses_no_message() {
    const JOBS: usize = 200;
    let receiver = Receiver::start(|_, _| Answer::Slowly(Duration::from_millis(30))).await;
    let key = key_file();
    let key = key.path().to_str().expect("plain");
    let mut system = System::new(PrivateRedis::start());
    let words = ["--webhook-key-file", key, "--webhook-hosts", &receiver.host, "--webhook-timeout", "1"];
    let mut first = system.serve(&words).await;
    system.open_session("s1").await;
    let hook = system.ask(Method::PUT, "/v1/webhooks/main").json(&json!({"url": receiver.url()}));
    assert_eq!(answer(hook).await.0, 201);
    let store = Store::connect(&system.redis.config()).await.expect("a lawful address");
    let (_, photo) = answer(system.ask(Method::PUT, "/v1/sessions/s1/photos").body("photo")).await;
    let many = vec![json!({"photo": photo["photo"], "tasks": ["standardise"]}); JOBS];
    let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/s1/jobs").json(&many)).await;
    assert_eq!(status, 202, "{body}");
    let ids = body["jobs"].as_array().expect("an answer for each").iter();
    let jobs: BTreeSet<_> = ids.map(|job| job["id"].as_str().expect("a job").to_owned()).collect();
    settle(&store, JOBS).await;
    receiver.count(JOBS / 4).await;
    first.signal(Signal::KILL);
    first.ended(PATIENCE).await;
    let killed_at = receiver.told().len();
    assert!(killed_at < JOBS, "it was killed in the middle");
    let _second = system.serve(&words).await;
    let ids = |told: &[receiver::Told]| told.iter().map(|one| one.id.clone()).collect::<BTreeSet<_>>();
    let told = receiver.until(|told| ids(told).len() >= JOBS).await;
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for one in &told {
        assert_eq!(texts.entry(one.id.clone()).or_insert_with(|| one.text.clone()), &one.text);
    }
    let named: BTreeSet<_> =
        told.iter().map(|one| one.body()["data"]["job"].as_str().expect("a job").to_owned()).collect();
    assert_eq!(named, jobs);
    let repeats = told.len() - texts.len();
    assert!(repeats <= 4, "{repeats} were told twice, more than were under way");
}
