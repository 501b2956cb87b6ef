//! By real workers: who left is shown to nobody, and people who search wait behind no backlog.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gradphoto_shared::shutdown::Shutdown;
use gradphoto_tests::fleet::portrait;
use gradphoto_tests::photos::{home, skipped};
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::answer;
use gradphoto_tests::system::{PATIENCE, System};
use reqwest::Method;
use serde_json::{Value, json};

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Does tasks on a photo and waits for the job.
async fn ask(system: &System, query: &str) -> Value {
    let path = format!("/v1/sessions/s/photos?{query}");
    let (status, submitted) = answer(system.ask(Method::POST, &path).body(portrait())).await;
    assert_eq!(status, 202, "{submitted}");
    let path = format!("/v1/jobs/{}?wait=60", submitted["job"].as_str().expect("a job"));
    let began = Instant::now();
    loop {
        let (status, view) = answer(system.ask(Method::GET, &path)).await;
        if status == 200 && ["done", "dead", "cancelled"].iter().any(|state| view["state"] == *state) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "{status} {view}");
    }
}

fn outcome(view: &Value) -> &str {
    view["result"]["search"]["outcome"].as_str().unwrap_or_default()
}

/// Searches again and again; answers every view that found somebody.
async fn search_until(system: &System, stop: &Shutdown) -> Vec<Value> {
    let mut found = Vec::new();
    while !stop.is_cancelled() {
        let path = "/v1/sessions/s/photos?tasks=search";
        let (status, submitted) = answer(system.ask(Method::POST, path).body(portrait())).await;
        let Some(job) = submitted["job"].as_str().filter(|_| status == 202) else {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (_, view) = answer(system.ask(Method::GET, &format!("/v1/jobs/{job}?wait=10"))).await;
        if outcome(&view) == "found" {
            found.push(view);
        }
    }
    found
}

/// The last moment at which somebody was shown.
fn last_shown(found: &[Value]) -> u64 {
    found.iter().filter_map(|view| view["at_ms"].as_u64()).max().expect("somebody was found while he was there")
}

#[tokio::test]
async fn who_left_is_shown_to_nobody() {
    let descriptor = home().join("models/base/face_descriptor_128.onnx");
    if !descriptor.is_file() {
        return skipped("the face descriptor, which comes through npm,");
    }
    let mut system = System::new(PrivateRedis::start_durable());
    let _dispatcher = system.serve(&["--tenant-search-rate", "1000"]).await;
    let mut worker = system.worker(&[]);
    worker.ready().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let photo = folder.path().join("a.jpg");
    fs::write(&photo, portrait()).expect("a file");
    let words =
        ["--session", "s", "--create", "--tasks", "standardise,enrol", "--subject-from-name", "--wait", "--json"];
    let words: Vec<_> = [photo.to_str().expect("plain")].into_iter().chain(words).collect();
    let output = system.submit(&words).await;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\"outcome\":\"enrolled\"") && said.contains("\"outcome\":\"finished\""), "{said}");

    let view = ask(&system, "tasks=search&subject=z").await;
    assert_eq!((outcome(&view), &view["result"]["search"]["subject"]), ("found", &json!("a")), "{view}");
    let view = ask(&system, "tasks=candidates").await;
    let candidates = view["result"]["candidates"]["candidates"].as_array().map(Vec::len);
    assert_eq!(candidates, Some(1), "{view}");
    let nobody = system.ask(Method::POST, "/v1/sessions/s/photos?tasks=search").body("no picture");
    let (_, submitted) = answer(nobody).await;
    let path = format!("/v1/jobs/{}?wait=60", submitted["job"].as_str().expect("a job"));
    let (_, view) = answer(system.ask(Method::GET, &path)).await;
    assert_eq!(outcome(&view), "unusable", "{view}");
    let (_, page) = answer(system.ask(Method::GET, "/v1/sessions/s/searches?subject=z")).await;
    let searches = page["searches"].as_array().expect("searches");
    assert_eq!((searches.len(), searches[0]["outcome"].as_str()), (1, Some("found")), "{page}");

    // Withdrawn while others search: nobody is shown him once the withdrawal was answered.
    let stop = Shutdown::new();
    let withdraw = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let path = "/v1/sessions/s/subjects/a/withdraw";
        let (status, body) = answer(system.ask(Method::POST, path).json(&json!({"generation": 0}))).await;
        assert_eq!(status, 200, "{body}");
        let at = now_ms();
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.cancel();
        at
    };
    let (found, other, at) = tokio::join!(search_until(&system, &stop), search_until(&system, &stop), withdraw);
    assert!(last_shown(&[found, other].concat()) <= at, "shown after the withdrawal at {at}");
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "not_found");

    // A newer photo is found; Redis starts anew, and it still is.
    ask(&system, "tasks=enrol&subject=a&generation=1").await;
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "found");
    system.redis.stop();
    system.redis.start_again();
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "found");

    // Somebody waits in front of a backlog.
    let path = "/v1/sessions/s/photos";
    let (_, photo) = answer(system.ask(Method::PUT, path).body(portrait())).await;
    let bulk = vec![json!({"photo": photo["photo"], "tasks": ["standardise"], "lane": "bulk"}); 200];
    let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/s/jobs").json(&bulk)).await;
    assert_eq!(status, 202, "{body}");
    for _ in 0..5 {
        assert_eq!(outcome(&ask(&system, "tasks=search").await), "found");
    }
    let (_, queue) = answer(system.ask(Method::GET, "/v1/queue")).await;
    assert!(queue["backlog"].as_u64().is_some_and(|backlog| backlog > 100), "searches waited for the backlog: {queue}");
    let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/s/cancel").json(&json!({}))).await;
    assert_eq!(status, 200, "{body}");

    // Erased while others search.
    let stop = Shutdown::new();
    let erase = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (status, body) = answer(system.ask(Method::DELETE, "/v1/sessions/s?force=true")).await;
        assert_eq!(status, 200, "{body}");
        let at = now_ms();
        stop.cancel();
        at
    };
    let (found, at) = tokio::join!(search_until(&system, &stop), erase);
    assert!(last_shown(&found) <= at, "shown after the erasure at {at}");
    system.open_session("s").await;
    assert_eq!(outcome(&ask(&system, "tasks=search").await), "not_found");
    let keys = system.redis.cli(&["KEYS", "*face*"]);
    assert!(keys.trim().is_empty(), "{keys}");
}
