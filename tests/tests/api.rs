//! The HTTP API against a private Redis: what it takes, what it refuses and how, and how it behaves
//! when Redis goes, when jobs settle and when it is told to stop.

#[path = "api/routes.rs"]
mod routes;

use std::time::{Duration, Instant};

use gradphoto_tests::server::{Server, answer, check};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_request_has_its_status_and_code() {
    let server = Server::start().await;
    let post = |path: &str| server.ask(Method::POST, path);
    let get = |path: &str| server.ask(Method::GET, path);
    let jobs = |session: &str, body: Value| post(&format!("/v1/sessions/{session}/jobs")).json(&body);
    let photos = |session: &str| post(&format!("/v1/sessions/{session}/photos")).body("x");
    let missing = format!("photos/school-1/open/{}", "0".repeat(64));
    let job = |photo: &str| json!({"photo": photo, "tasks": ["standardise"]});
    let unknown_job = "/v1/jobs/01-0192f0c8e1b97c3a8d5e4f6071829304";
    let foreign = answer(server.ask_as(1, Method::POST, "/v1/sessions").json(&json!({"id": "open"}))).await;
    assert_eq!(foreign.0, 201, "the same name at another tenant is another session");

    // Who calls.
    check(server.http.get(format!("http://{}/v1/queue", server.address)), 401, "unauthorised").await;
    check(server.http.get(format!("http://{}/v1/queue", server.address)).bearer_auth("gpk_0"), 401, "unauthorised")
        .await;
    // Sessions.
    check(get("/v1/sessions/none"), 404, "unknown_session").await;
    check(get("/v1/sessions/a%20b"), 400, "invalid_name").await;
    check(post("/v1/sessions").json(&json!({"id": "n", "spec": "none"})), 422, "unknown_spec").await;
    check(post("/v1/sessions").json(&json!({"id": "11010519491231002X"})), 422, "invalid_field").await;
    let again = answer(post("/v1/sessions").json(&json!({"id": "closed", "state": "open"}))).await;
    assert_eq!((again.0, again.1["state"].as_str()), (201, Some("closed")), "only PATCH changes a state");
    check(post("/v1/sessions").body("{"), 400, "invalid_json").await;
    check(server.ask(Method::PATCH, "/v1/sessions/closed").json(&json!({"state": "planned"})), 409, "session_move")
        .await;
    check(server.ask(Method::PATCH, "/v1/sessions/closed").json(&json!({})), 422, "invalid_change").await;
    let strange = json!({"rules": {"moustache": {"severity": "warn", "fail_above": 1}}});
    check(post("/v1/sessions").json(&json!({"id": "n", "overrides": strange})), 422, "spec_invalid").await;
    check(server.ask(Method::PATCH, "/v1/sessions/open").json(&json!({"overrides": strange})), 422, "spec_invalid")
        .await;
    // Photos.
    check(photos("none"), 404, "unknown_session").await;
    check(photos("closed"), 409, "session_not_open").await;
    check(photos("planned"), 409, "session_not_open").await;
    check(post("/v1/sessions/open/photos").body(""), 400, "empty_file").await;
    check(post("/v1/sessions/open/photos?tasks=none").body("x"), 400, "invalid_name").await;
    check(post("/v1/sessions/open/photos?tasks=standardise,standardise").body("x"), 422, "invalid_tasks").await;
    check(post("/v1/sessions/open/photos?colour=blue").body("x"), 400, "invalid_query").await;
    // Jobs.
    check(jobs("none", job(&missing)), 404, "unknown_session").await;
    check(jobs("closed", job(&missing)), 409, "session_not_open").await;
    check(jobs("open", job(&missing)), 404, "photo_missing").await;
    check(jobs("open", job("photos/school-2/open/0")), 403, "foreign_photo").await;
    check(jobs("open", job("../../etc/passwd")), 422, "invalid_field").await;
    check(jobs("open", json!({"photo": missing, "tasks": []})), 422, "invalid_tasks").await;
    check(jobs("open", json!({"photo": missing, "tasks": ["none"]})), 422, "invalid_field").await;
    check(jobs("open", json!(vec![job(&missing); 1001])), 413, "too_many_jobs").await;
    // Refused before they are read: the caller gets to read why all the same.
    for _ in 0..20 {
        check(post("/v1/sessions/open/jobs").body("x".repeat(4 << 20)), 413, "body_too_large").await;
        check(post("/v1/none").body("x".repeat(4 << 20)), 404, "unknown_route").await;
        check(photos("none").body("x".repeat(4 << 20)), 404, "unknown_session").await;
        check(
            server.http.post(format!("http://{}/v1/sessions", server.address)).body("x".repeat(4 << 20)),
            401,
            "unauthorised",
        )
        .await;
    }
    check(get(unknown_job), 404, "unknown_job").await;
    check(get("/v1/jobs/none"), 400, "invalid_name").await;
    check(get(&format!("{unknown_job}?wait=61")), 400, "invalid_query").await;
    check(get(&format!("{unknown_job}/picture")), 404, "unknown_job").await;
    // Results.
    check(get("/v1/sessions/none/results"), 404, "unknown_session").await;
    check(get("/v1/sessions/open/results?after=never"), 400, "invalid_name").await;
    check(get("/v1/sessions/open/results?limit=0"), 400, "invalid_query").await;
    // Routes.
    check(get("/v1/none"), 404, "unknown_route").await;
    check(server.ask(Method::DELETE, "/v1/queue"), 405, "method_not_allowed").await;

    let (_, body) = answer(jobs("open", json!({"photo": missing, "tasks": ["standardise"], "colour": 1}))).await;
    assert!(body["error"]["message"].as_str().is_some_and(|message| message.contains("`colour`")), "{body}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_job_of_many_harms_no_other() {
    let server = Server::start().await;
    let put = server.ask(Method::PUT, "/v1/sessions/open/photos").body("not a picture, but bytes");
    let (status, photo) = answer(put).await;
    assert_eq!(status, 201, "{photo}");
    assert_eq!(photo["bytes"], 24);
    let good = json!({"photo": photo["photo"], "tasks": ["standardise"], "subject": "25103003"});
    let many = json!([good, {"photo": "photos/school-2/open/0", "tasks": ["standardise"]}, {"tasks": 1}, good]);
    let (status, body) = answer(server.ask(Method::POST, "/v1/sessions/open/jobs").json(&many)).await;
    assert_eq!(status, 202, "{body}");
    let codes: Vec<Option<&str>> = (0..4).map(|index| body["jobs"][index]["error"]["code"].as_str()).collect();
    assert_eq!(codes, [None, Some("foreign_photo"), Some("invalid_field"), None], "{body}");
    assert_eq!(server.work().await, 2);
    let (_, queue) = answer(server.ask(Method::GET, "/v1/queue")).await;
    assert_eq!(queue["backlog"], 0, "{queue}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_job_is_unknown() {
    let server = Server::start().await;
    let job = server.job(b"photo").await;
    check(server.ask_as(1, Method::GET, &format!("/v1/jobs/{job}")), 404, "unknown_job").await;
    check(server.ask_as(1, Method::GET, &format!("/v1/jobs/{job}/picture")), 404, "unknown_job").await;
    check(server.ask_as(1, Method::GET, "/v1/sessions/open/results"), 404, "unknown_session").await;
    check(server.ask(Method::GET, &format!("/v1/jobs/{job}/picture")), 409, "no_picture").await;
    check(server.ask(Method::GET, &format!("/v1/jobs/{job}/evidence")), 409, "no_evidence").await;
    check(server.ask(Method::GET, &format!("/v1/jobs/{job}/preview")), 409, "no_preview").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_polls_answer_when_a_job_is_settled() {
    let server = Server::start().await;
    let job = server.job(b"photo").await;
    let look = answer(server.ask(Method::GET, &format!("/v1/jobs/{job}?wait=30")));
    let page = answer(server.ask(Method::GET, "/v1/sessions/open/results?wait=30"));
    let began = Instant::now();
    let work = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(server.work().await, 1);
    };
    let ((_, view), (_, page), ()) = tokio::join!(look, page, work);
    assert!(began.elapsed() < Duration::from_secs(10), "both waited {:?}", began.elapsed());
    assert_eq!(view["state"], "done", "{view}");
    assert_eq!(view["result"]["standardise"]["reasons"][0]["code"], "no_face", "{view}");
    assert_eq!(page["events"][0]["job"], job.as_str(), "{page}");
    let next = page["next"].as_str().expect("a cursor");
    let (_, rest) = answer(server.ask(Method::GET, &format!("/v1/sessions/open/results?after={next}"))).await;
    assert_eq!(rest["events"], json!([]), "{rest}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_answers_long_polls_and_ends_clean() {
    let server = Server::start().await;
    let job = server.job(b"photo").await;
    let look = tokio::spawn(answer(server.ask(Method::GET, &format!("/v1/jobs/{job}?wait=60"))));
    let page = tokio::spawn(answer(server.ask(Method::GET, "/v1/sessions/open/results?wait=60")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    server.stop().await;
    let (status, view) = look.await.expect("no panic");
    assert_eq!((status, view["state"].as_str()), (200, Some("waiting")), "{view}");
    let (status, page) = page.await.expect("no panic");
    assert_eq!((status, &page["events"]), (200, &json!([])), "{page}");
    assert!(began.elapsed() < Duration::from_secs(5), "stopped after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_go_and_come_back() {
    let mut server = Server::start().await;
    assert_eq!(answer(server.ask(Method::GET, "/readyz")).await.0, 200);
    server.redis.stop();
    check(server.ask(Method::GET, "/v1/queue"), 503, "redis_away").await;
    check(server.ask(Method::GET, "/readyz"), 503, "redis_away").await;
    check(server.ask(Method::POST, "/v1/sessions/open/photos").body("x"), 503, "redis_away").await;
    assert_eq!(answer(server.ask(Method::GET, "/healthz")).await.0, 200);
    server.redis.start_again();
    let began = Instant::now();
    while answer(server.ask(Method::GET, "/readyz")).await.0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(10), "not ready again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(answer(server.ask(Method::POST, "/v1/sessions").json(&json!({"id": "again"}))).await.0, 201);
    server.stop().await;
}

/// Sends the head of an upload of `length` bytes and bytes without end, until the server answers.
async fn flood(server: &Server, head: &str, most: usize) -> (String, usize) {
    let stream = tokio::net::TcpStream::connect(server.address).await.expect("connected");
    let (mut read, mut write) = stream.into_split();
    let key = &server.keys[0];
    let head =
        format!("POST /v1/sessions/open/photos HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n{head}\r\n");
    write.write_all(head.as_bytes()).await.expect("sent");
    let chunked = head.contains("chunked");
    let pour = async {
        let mut sent = 0;
        while sent < most {
            let piece = vec![b'x'; 1 << 20];
            let framed = if chunked { [b"100000\r\n", piece.as_slice(), b"\r\n"].concat() } else { piece };
            if write.write_all(&framed).await.is_err() {
                break;
            }
            sent += 1 << 20;
        }
        sent
    };
    let listen = async {
        let mut answer = vec![0; 4096];
        let length = read.read(&mut answer).await.expect("an answer, not a reset");
        String::from_utf8_lossy(&answer[..length]).into_owned()
    };
    let (answer, sent) = tokio::join!(tokio::time::timeout(Duration::from_secs(30), listen), pour);
    (answer.expect("an answer in time"), sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_of_200_megabytes_is_refused_early() {
    let server = Server::start().await;
    let most = 200 << 20;
    for head in [format!("Content-Length: {most}\r\n"), "Transfer-Encoding: chunked\r\n".to_owned()] {
        let (answer, sent) = flood(&server, &head, most).await;
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "{answer}");
        // Twice the limit of 50 MB, one to find out and one to let the caller read the answer, and what
        // the sockets hold.
        assert!(sent < 120 << 20, "{sent} bytes were taken");
    }
    // The server is as well as before.
    server.job(b"photo").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_tell_routes_and_refusals_but_no_names() {
    let server = Server::start().await;
    server.job(b"photo").await;
    check(server.ask(Method::POST, "/v1/sessions/open/jobs").json(&json!({"tasks": 1})), 422, "invalid_field").await;
    let response = server.ask(Method::GET, "/metrics").send().await.expect("an answer");
    let text = response.text().await.expect("text");
    for line in [
        "gradphoto_jobs_submitted_total{lane=\"online\"}",
        "gradphoto_jobs_refused_total{code=\"invalid_field\"}",
        "route=\"/v1/sessions/{session}/photos\"",
    ] {
        assert!(text.contains(line), "{line} is missing");
    }
    assert!(!text.contains("school-1") && !text.contains("sessions/open"), "names in metrics");
    server.stop().await;
}
