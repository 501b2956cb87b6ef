//! Cancelling, withdrawing, pausing, slowing down.

use std::time::Duration;

use gradphoto_tests::server::{Server, answer, check};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{get, now_ms, photo, submit, submitted};

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_cancelled_one_by_one_by_batch_and_by_session() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let post = |path: &str| server.ask(Method::POST, path);
    let done = submitted(&server, &photo, json!({})).await;
    assert_eq!(server.work().await, 1);
    let one = submitted(&server, &photo, json!({})).await;
    for (id, state) in [(&one, "cancelled"), (&one, "cancelled"), (&done, "done")] {
        let (_, body) = answer(post(&format!("/v1/jobs/{id}/cancel"))).await;
        assert_eq!(body["state"], state, "{body}");
    }
    check(server.ask_as(1, Method::POST, &format!("/v1/jobs/{one}/cancel")), 404, "unknown_job").await;
    for batch in ["a", "a", "b"] {
        submitted(&server, &photo, json!({"batch": batch})).await;
    }
    submitted(&server, &photo, json!({"not_before_ms": now_ms() + 600_000})).await;
    let cancel = |body: Value| post("/v1/sessions/open/cancel").json(&body);
    assert_eq!(answer(cancel(json!({"batch": "a"}))).await.1["cancelled"], 2);
    assert_eq!(answer(cancel(json!({}))).await.1["cancelled"], 2);
    check(cancel(json!({"batches": "a"})), 422, "invalid_field").await;
    check(post("/v1/sessions/none/cancel").json(&json!({})), 404, "unknown_session").await;
    let progress = get(&server, "/v1/sessions/open/progress").await;
    let counts = ["accepted", "open", "done", "dead", "cancelled"].map(|name| progress[name].as_u64());
    assert_eq!(counts, [6, 0, 1, 0, 5].map(Some), "{progress}");
    check(server.ask(Method::GET, "/v1/sessions/none/progress"), 404, "unknown_session").await;
    assert_eq!(server.work().await, 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_withdrawn_and_replaced() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let old = submitted(&server, &photo, json!({"subject": "s1", "generation": 1})).await;
    let subject = "/v1/sessions/open/subjects/s1";
    assert_eq!(get(&server, subject).await["generation"], 1);
    let withdraw = |body: Value| server.ask(Method::POST, &format!("{subject}/withdraw")).json(&body);
    assert_eq!(answer(withdraw(json!({"generation": 1}))).await, (200, json!({"subject": "s1", "generation": 2})));
    check(submit(&server, &photo, json!({"subject": "s1", "generation": 1})), 409, "superseded").await;
    assert_eq!(server.work().await, 0);
    assert_eq!(get(&server, &format!("/v1/jobs/{old}")).await["error"], "superseded");
    submitted(&server, &photo, json!({"subject": "s1", "generation": 2})).await;
    assert_eq!(server.work().await, 1);
    check(withdraw(json!({"generation": u32::MAX})), 422, "invalid_field").await;
    check(server.ask(Method::GET, "/v1/sessions/none/subjects/s1"), 404, "unknown_session").await;
    check(server.ask(Method::GET, "/v1/sessions/open/subjects/11010519491231002X"), 400, "invalid_name").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pauses_are_for_those_whom_they_concern() {
    let server = Server::start().await;
    let photo = photo(&server).await;
    let put = |path: &str| server.ask(Method::PUT, &format!("/v1/pauses/{path}"));
    for path in ["lane/bulk", "tenant/school-2"] {
        check(put(path), 403, "operator_only").await;
        check(server.ask(Method::DELETE, &format!("/v1/pauses/{path}")), 403, "operator_only").await;
    }
    check(put("session/none"), 404, "unknown_session").await;
    check(put("student/s1"), 400, "invalid_name").await;
    let office = |method, path: &str| server.ask_by(&server.operator, method, &format!("/v1/pauses/{path}"));
    check(office(Method::PUT, "lane/none"), 400, "invalid_name").await;
    submitted(&server, &photo, json!({"lane": "bulk"})).await;
    let pauses = [
        (server.keys[0].as_str(), "session/open"),
        (&server.keys[0], "tenant/school-1"),
        (&server.operator, "tenant/school-1"),
        (&server.operator, "lane/bulk"),
    ];
    for (key, path) in pauses {
        let ask = |method| server.ask_by(key, method, &format!("/v1/pauses/{path}"));
        assert_eq!(answer(ask(Method::PUT)).await.0, 204, "{path}");
        assert_eq!(server.work().await, 0, "{path}");
        let list = get(&server, "/v1/pauses").await;
        assert_eq!(list["pauses"].as_array().map(Vec::len), Some(1), "{list}");
        assert!(path.ends_with(list["pauses"][0]["name"].as_str().expect("a name")), "{list}");
        assert_eq!(answer(ask(Method::DELETE)).await, (200, json!({"resumed": true})), "{path}");
        assert_eq!(server.work().await, 1, "{path}");
        submitted(&server, &photo, json!({"lane": "bulk"})).await;
    }
    // What is another's is shown to operators alone.
    assert_eq!(answer(put("session/open")).await.0, 204);
    let shown = |key: &str| answer(server.ask_by(key, Method::GET, "/v1/pauses"));
    assert_eq!(shown(&server.keys[1]).await.1["pauses"], json!([]));
    assert_eq!(shown(&server.operator).await.1["pauses"][0]["tenant"], "school-1");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_too_fast_is_told_when_to_come_back() {
    let server = Server::start_with(&["--tenant-rate", "1", "--tenant-burst", "3"]).await;
    let photo = photo(&server).await;
    let many = json!(vec![json!({"photo": photo, "tasks": ["standardise"]}); 3]);
    let (status, body) = answer(server.ask(Method::POST, "/v1/sessions/open/jobs").json(&many)).await;
    assert_eq!(status, 202, "{body}");
    let refused = submit(&server, &photo, json!({})).send().await.expect("an answer");
    let header = refused.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    assert_eq!((refused.status().as_u16(), header), (429, Some(1)));
    let upload = server.ask(Method::POST, "/v1/sessions/open/photos?tasks=standardise&batch=x").body("x");
    check(upload, 429, "rate_limited").await;
    // Storing alone costs nothing, and others have a rate of their own.
    assert_eq!(answer(server.ask(Method::PUT, "/v1/sessions/open/photos").body("x")).await.0, 201);
    assert_eq!(answer(server.ask_as(1, Method::POST, "/v1/sessions").json(&json!({"id": "open"}))).await.0, 201);
    let other = server.ask_as(1, Method::POST, "/v1/sessions/open/photos?tasks=standardise").body("x");
    assert_eq!(answer(other).await.0, 202);
    tokio::time::sleep(Duration::from_secs(1)).await;
    submitted(&server, &photo, json!({})).await;
    server.stop().await;
}
