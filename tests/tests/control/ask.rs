//! What a session asks of its photos, and changes meanwhile.

use gradphoto_tests::server::{Server, answer, check};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_changes_what_it_asks_of_photos_to_come() {
    let server = Server::start().await;
    let ask = |method, path: &str, body: Value| answer(server.ask(method, path).json(&body));
    let stricter = json!({"rules": {"one_face": {"severity": "warn"}}});
    let made = ask(Method::POST, "/v1/sessions", json!({"id": "own", "overrides": stricter})).await;
    assert_eq!((made.0, &made.1["overrides"]), (201, &stricter), "{}", made.1);
    let spec = made.1["spec"].as_str().expect("a name").to_owned();
    assert!(spec.starts_with("chsi+"), "{spec}");
    let (status, again) = ask(Method::POST, "/v1/sessions", json!({"id": "own", "overrides": stricter})).await;
    assert_eq!((status, &again), (201, &made.1), "the same again changes nothing");
    check(server.ask(Method::POST, "/v1/sessions").json(&json!({"id": "own"})), 409, "session_exists").await;

    let upload = |path: &str| server.ask(Method::POST, path).body("not a picture, but bytes");
    let (_, first) = answer(upload("/v1/sessions/own/photos?tasks=check").header("idempotency-key", "k")).await;
    let change = json!({"overrides": {"file": {"max_bytes": 61440}}, "state": "open"});
    let (status, changed) = ask(Method::PATCH, "/v1/sessions/own", change).await;
    assert_eq!((status, &changed["overrides"]), (200, &json!({"file": {"max_bytes": 61440}})), "{changed}");
    let (_, second) = answer(upload("/v1/sessions/own/photos?tasks=check")).await;
    let (_, repeated) = answer(upload("/v1/sessions/own/photos?tasks=check").header("idempotency-key", "k")).await;
    assert_eq!(repeated["job"], first["job"], "a repeat is a repeat whatever the session asks by now");
    for (uploaded, expected) in [(&first, &spec), (&second, &changed["spec"].as_str().expect("a name").to_owned())] {
        let (_, view) =
            answer(server.ask(Method::GET, &format!("/v1/jobs/{}", uploaded["job"].as_str().expect("a job")))).await;
        assert_eq!(view["job"]["spec"].as_str(), Some(expected.as_str()), "{view}");
    }
    let (status, plain) = ask(Method::PATCH, "/v1/sessions/own", json!({"overrides": {}})).await;
    assert_eq!((status, plain["spec"].as_str(), plain.get("overrides")), (200, Some("chsi"), None), "{plain}");
    server.stop().await;
}
