//! Control of the queue through the HTTP API: keys that make a repeated call harmless, times, cancelling,
//! withdrawing, changing standards, pausing, dead letters, batches, rates, erasing.

#[path = "control/ask.rs"]
mod ask;
#[path = "control/end.rs"]
mod end;
#[path = "control/repeat.rs"]
mod repeat;
#[path = "control/stop.rs"]
mod stop;

use std::time::Duration;

use gradphoto_shared::store::{Claim, Store};
use gradphoto_tests::server::{Server, answer};
use reqwest::Method;
use serde_json::{Value, json};

/// Longest wait for anything here; a busy machine is slow.
const PATIENCE: Duration = Duration::from_secs(60);

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    u64::try_from(since.as_millis()).expect("before the year 500,000,000")
}

/// Stores some bytes in the session `open`; answers the photo's key.
async fn photo(server: &Server) -> Value {
    let (status, body) = answer(server.ask(Method::PUT, "/v1/sessions/open/photos").body("a photo")).await;
    assert_eq!(status, 201, "{body}");
    body["photo"].clone()
}

/// Submits a job of `fields` and a photo.
fn submit(server: &Server, photo: &Value, fields: Value) -> reqwest::RequestBuilder {
    let mut job = json!({"photo": photo, "tasks": ["standardise"]});
    for (name, value) in fields.as_object().expect("fields") {
        job[name] = value.clone();
    }
    server.ask(Method::POST, "/v1/sessions/open/jobs").json(&job)
}

/// Submits a job that is taken in; answers its id.
async fn submitted(server: &Server, photo: &Value, fields: Value) -> String {
    let (status, body) = answer(submit(server, photo, fields)).await;
    assert_eq!(status, 202, "{body}");
    body["jobs"][0]["id"].as_str().expect("an id").to_owned()
}

async fn get(server: &Server, path: &str) -> Value {
    let (status, body) = answer(server.ask(Method::GET, path)).await;
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Gives every waiting job up.
async fn bury(server: &Server, code: &str) -> usize {
    let store = Store::connect(&server.redis.config()).await.expect("a lawful address");
    let taken = store.take(100).await.expect("redis runs");
    for attempt in &taken {
        let claim = Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence };
        assert!(store.bury(&claim, code).await.expect("redis runs"));
    }
    taken.len()
}
