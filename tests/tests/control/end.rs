//! Dead letters, batches, erased sessions.

use std::time::{Duration, Instant};

use gradphoto_dispatcher::serve;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_tests::server::{Server, answer, check, config};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{PATIENCE, bury, get, now_ms, photo, submit, submitted};

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_replayed_and_dropped() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(submitted(&server, &photo, json!({"batch": "b"})).await);
    }
    assert_eq!(bury(&server, "model_failed").await, 6);
    let list = get(&server, "/v1/dead?limit=4&reason=model_failed&session=open").await;
    let rest = get(&server, &format!("/v1/dead?limit=4&after={}", list["next"].as_str().expect("more"))).await;
    let listed = |page: &Value| page["jobs"].as_array().expect("jobs").clone();
    let mut found: Vec<_> = listed(&list).iter().chain(&listed(&rest)).map(|job| job["id"].clone()).collect();
    found.sort_by_key(Value::to_string);
    ids.sort();
    assert_eq!((found, &rest["next"]), (ids.iter().map(|id| json!(id)).collect(), &Value::Null));
    let view = get(&server, &format!("/v1/jobs/{}", ids[0])).await;
    assert_eq!(view["job"]["photo"], photo, "a dead job shows what was asked for");

    let replay = |id: &str| server.ask(Method::POST, &format!("/v1/dead/{id}/replay"));
    let drop = |id: &str| server.ask(Method::DELETE, &format!("/v1/dead/{id}"));
    check(server.ask_as(1, Method::POST, &format!("/v1/dead/{}/replay", ids[0])), 404, "unknown_job").await;
    check(server.ask_as(1, Method::DELETE, &format!("/v1/dead/{}", ids[0])), 404, "unknown_job").await;
    assert_eq!(answer(server.ask_as(1, Method::GET, "/v1/dead")).await.1["jobs"], json!([]));
    assert_eq!(answer(replay(&ids[0])).await, (200, json!({"id": ids[0], "state": "waiting"})));
    check(drop(&ids[0]), 409, "not_dead").await;
    assert_eq!(server.work().await, 1);
    check(replay(&ids[0]), 409, "not_dead").await;
    assert_eq!(answer(drop(&ids[1])).await.0, 204);
    check(replay(&ids[1]), 404, "unknown_job").await;
    let bulk = |verb: &str, body: Value| server.ask(Method::POST, &format!("/v1/dead/{verb}")).json(&body);
    assert_eq!(answer(bulk("replay", json!({"reason": "other"}))).await.1["changed"], 0);
    assert_eq!(answer(bulk("replay", json!({"session": "open"}))).await, (200, json!({"changed": 4, "refused": 0})));
    assert_eq!(bury(&server, "io").await, 4);
    assert_eq!(answer(bulk("drop", json!({}))).await.1["changed"], 4);
    check(server.ask(Method::GET, "/v1/dead?limit=0"), 400, "invalid_query").await;
    check(server.ask(Method::GET, "/v1/dead?after=x"), 400, "invalid_name").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_counted_sealed_and_told_of() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let batch = "/v1/sessions/open/batches/b1";
    check(server.ask(Method::GET, batch), 404, "unknown_batch").await;
    check(server.ask(Method::POST, &format!("{batch}/seal")), 404, "unknown_batch").await;
    for _ in 0..3 {
        submitted(&server, &photo, json!({"batch": "b1"})).await;
    }
    let (_, sealed) = answer(server.ask(Method::POST, &format!("{batch}/seal"))).await;
    assert_eq!((&sealed["open"], &sealed["sealed"], &sealed["complete"]), (&json!(3), &json!(true), &json!(false)));
    check(submit(&server, &photo, json!({"batch": "b1"})), 409, "batch_sealed").await;
    let page = answer(server.ask(Method::GET, "/v1/sessions/open/results?wait=30"));
    let (worked, (_, page)) = tokio::join!(server.work(), page);
    assert_eq!((worked, page["batches"].as_array().map(Vec::len)), (3, Some(1)), "{page}");
    assert_eq!((&page["batches"][0]["batch"], &page["batches"][0]["done"]), (&json!("b1"), &json!(3)), "{page}");
    assert_eq!(get(&server, batch).await["complete"], true);
    server.stop().await;
}

/// Files below a folder of the server's object store.
fn objects(server: &Server, folder: &str) -> usize {
    std::fs::read_dir(server.home.path().join("blobs").join(folder)).map_or(0, Iterator::count)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_session_takes_its_photos_and_answers_with_it() {
    let server = Server::start().await;
    let id = server.job(b"one").await;
    server.job(b"two").await;
    assert_eq!(server.work().await, 2);
    server.job(b"three").await;
    assert_eq!(objects(&server, "photos/school-1/open"), 3);
    assert_eq!(answer(server.ask_as(1, Method::POST, "/v1/sessions").json(&json!({"id": "open"}))).await.0, 201);
    let kept = server.ask_as(1, Method::PUT, "/v1/sessions/open/photos").body("kept");
    assert_eq!(answer(kept).await.0, 201);

    let erase = |query: &str| server.ask(Method::DELETE, &format!("/v1/sessions/open{query}"));
    check(erase(""), 409, "session_open").await;
    check(erase("?force=maybe"), 400, "invalid_query").await;
    assert_eq!(answer(erase("?force=true")).await, (200, json!({"session": "open", "objects": 3})));
    check(erase("?force=true"), 404, "unknown_session").await;
    check(server.ask(Method::GET, &format!("/v1/jobs/{id}")), 404, "unknown_job").await;
    check(server.ask(Method::GET, "/v1/sessions/open"), 404, "unknown_session").await;
    assert_eq!((objects(&server, "photos/school-1/open"), objects(&server, "photos/school-2/open")), (0, 1));
    assert_eq!(answer(server.ask(Method::DELETE, "/v1/sessions/closed")).await.0, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_past_its_date_is_erased_by_itself() {
    let server = Server::start().await;
    let create = |body: Value| server.ask(Method::POST, "/v1/sessions").json(&body);
    check(create(json!({"id": "s", "retain_until_ms": 1_700_000_000})), 422, "invalid_times").await;
    let until = now_ms() + 2_000;
    assert_eq!(answer(create(json!({"id": "short", "retain_until_ms": until}))).await.0, 201);
    assert_eq!(get(&server, "/v1/sessions/short/progress").await["retain_until_ms"], until);
    let upload = server.ask(Method::POST, "/v1/sessions/short/photos?tasks=standardise").body("x");
    assert_eq!(answer(upload).await.0, 202);
    assert_eq!(objects(&server, "photos/school-1/short"), 1);
    let began = Instant::now();
    while now_ms() <= until {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A dispatcher that starts looks at once.
    let second = config(&server.redis, server.home.path(), &[]);
    let listener = serve::bind(&second).await.expect("a free port");
    let shutdown = Shutdown::new();
    let running = tokio::spawn(serve::run(second, listener, shutdown.clone()));
    while answer(server.ask(Method::GET, "/v1/sessions/short")).await.0 != 404 {
        assert!(began.elapsed() < PATIENCE, "not erased");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(objects(&server, "photos/school-1/short"), 0);
    assert_eq!(get(&server, "/v1/sessions").await["sessions"].as_array().map(Vec::len), Some(3));
    shutdown.cancel();
    running.await.expect("no panic").expect("a clean stop");
    server.stop().await;
}
