//! Keys that make a repeated call harmless, and times.

use std::time::{Duration, Instant};

use gradphoto_tests::server::{Server, answer, check};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{PATIENCE, get, now_ms, photo, submit, submitted};

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_call_is_the_same_job() {
    let server = Server::start().await;
    const KEY: &str = "order-7/photo-1";
    let upload = |key: &str, bytes: &'static str| {
        let request = server.ask(Method::POST, "/v1/sessions/open/photos?tasks=standardise&subject=s1");
        request.header("Idempotency-Key", key).body(bytes)
    };
    let calls = (0..20).map(|_| answer(upload(KEY, "one")));
    let answers = futures::future::join_all(calls).await;
    assert!(answers.iter().all(|(status, body)| *status == 202 && body["job"] == answers[0].1["job"]), "{answers:?}");
    check(upload(KEY, "other"), 409, "key_reused").await;
    assert_ne!(answer(upload("order-8", "one")).await.1["job"], answers[0].1["job"]);
    assert_eq!(server.work().await, 2);
    assert_eq!(answer(upload(KEY, "one")).await, answers[0], "the same answer once it is done");
    assert_eq!(server.work().await, 0);

    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_checked_and_kept_nowhere() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let job = |fields| submit(&server, &photo, fields);
    const KEY: &str = "a-key-that-nobody-else-has";
    let first = answer(job(json!({"key": KEY}))).await;
    assert_eq!((first.0, &answer(job(json!({"key": KEY}))).await), (202, &first));
    assert_eq!(answer(job(json!({})).header("idempotency-key", KEY)).await, first, "header and field are one");
    check(job(json!({"key": KEY, "lane": "bulk"})), 409, "key_reused").await;
    check(job(json!({"key": KEY})).header("idempotency-key", KEY), 422, "invalid_key").await;
    for wrong in ["", "a b", "键", &"k".repeat(256)] {
        check(job(json!({"key": wrong})), 422, "invalid_key").await;
    }
    check(job(json!({})).header("idempotency-key", "a b"), 422, "invalid_key").await;
    let twice = job(json!({})).header("idempotency-key", "a").header("idempotency-key", "b");
    check(twice, 422, "invalid_key").await;
    let one = json!({"photo": photo, "tasks": ["standardise"], "key": KEY});
    let many = |body: Value| server.ask(Method::POST, "/v1/sessions/open/jobs").json(&body);
    check(many(json!([one])).header("idempotency-key", "a"), 422, "invalid_key").await;
    let (_, body) = answer(many(json!([one, {"photo": photo, "tasks": ["standardise"], "key": "b"}, one]))).await;
    assert!(body["jobs"][0] == first.1["jobs"][0] && body["jobs"][2] == first.1["jobs"][0], "{body}");
    assert_ne!(body["jobs"][1], body["jobs"][0]);
    assert_eq!(server.work().await, 2);
    let search = "for _, key in ipairs(redis.call('KEYS', '*')) do
        if string.find(key, ARGV[1], 1, true) or string.find(redis.call('DUMP', key), ARGV[1], 1, true) then return key end
    end return 'none'";
    assert_eq!(server.redis.cli(&["EVAL", search, "0", KEY]), "none");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_checked_and_kept() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let now = now_ms();
    for wrong in [
        json!({"deadline_ms": now - 1}),
        json!({"deadline_ms": now * 1000}),
        json!({"not_before_ms": now + 20_000, "deadline_ms": now + 10_000}),
        json!({"timeout_ms": 0}),
    ] {
        check(submit(&server, &photo, wrong), 422, "invalid_times").await;
    }
    let upload = |query: &str| {
        server.ask(Method::POST, &format!("/v1/sessions/open/photos?tasks=standardise&{query}")).body("x")
    };
    check(upload("timeout_ms=0"), 422, "invalid_times").await;
    check(upload(&format!("deadline_ms={}", now - 1)), 422, "invalid_times").await;
    let query = format!("not_before_ms={}&deadline_ms={}&timeout_ms=5000&batch=b1", now + 600_000, now + 700_000);
    let (_, uploaded) = answer(upload(&query)).await;
    let view = get(&server, &format!("/v1/jobs/{}", uploaded["job"].as_str().expect("a job"))).await;
    assert_eq!((view["state"].as_str(), view["batch"].as_str()), (Some("delayed"), Some("b1")), "{view}");
    assert_eq!((&view["job"]["timeout_ms"], &view["job"]["deadline_ms"]), (&json!(5000), &json!(now + 700_000)));

    // A deadline that passes while it waits: it never reaches a worker, and a repeated call still finds it.
    let soon = json!({"deadline_ms": now_ms() + 1_500, "key": "k"});
    let id = submitted(&server, &photo, soon.clone()).await;
    let began = Instant::now();
    while now_ms() <= soon["deadline_ms"].as_u64().expect("a moment") {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(server.work().await, 0);
    let view = get(&server, &format!("/v1/jobs/{id}")).await;
    assert_eq!((view["state"].as_str(), view["error"].as_str()), (Some("dead"), Some("expired")), "{view}");
    assert_eq!(submitted(&server, &photo, soon.clone()).await, id);
    check(submit(&server, &photo, json!({"deadline_ms": soon["deadline_ms"], "key": "l"})), 422, "invalid_times").await;
    server.stop().await;
}
