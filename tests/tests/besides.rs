//! What workers leave beside their answers: evidence for reviewers, previews for students. It is handed out to the
//! tenant alone, never passes Redis, and goes with its session.

use gradphoto_tests::fleet::portrait;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::{answer, check};
use gradphoto_tests::system::System;
use reqwest::Method;
use serde_json::{Value, json};

async fn job(system: &System, tasks: &str) -> Value {
    let path = format!("/v1/sessions/s/photos?tasks={tasks}");
    let (status, uploaded) = answer(system.ask(Method::POST, &path).body(portrait())).await;
    assert_eq!(status, 202, "{uploaded}");
    let path = format!("/v1/jobs/{}?wait=60", uploaded["job"].as_str().expect("a job"));
    let (status, view) = answer(system.ask(Method::GET, &path)).await;
    assert_eq!((status, &view["state"]), (200, &json!("done")), "{view}");
    view
}

#[tokio::test]
async fn evidence_and_previews_are_kept_as_told_and_erased_with_their_session() {
    let mut system = System::new(PrivateRedis::start());
    let mut dispatcher = system.serve(&[]).await;
    dispatcher.ready().await;
    let mut worker = system.worker(&["--evidence", "always", "--evidence-lang", "en", "--preview", "PREVIEW"]);
    worker.ready().await;
    system.open_session("s").await;

    let view = job(&system, "standardise,check").await;
    let result = &view["result"];
    let named = [&result["check"]["evidence"], &result["standardise"]["preview"]].map(Value::is_string);
    assert_eq!(named, [true, true], "{result}");
    let at = |what: &str| format!("/v1/jobs/{}/{what}", view["id"].as_str().expect("a job"));
    let evidence = system.ask(Method::GET, &at("evidence")).send().await.expect("an answer");
    assert_eq!(evidence.headers()["content-type"], "image/svg+xml");
    assert!(evidence.headers()["content-security-policy"].to_str().expect("text").contains("default-src 'none'"));
    let svg = evidence.text().await.expect("text");
    assert!(svg.starts_with("<svg ") && svg.contains("data:image/jpeg;base64,") && !svg.contains("<script"));
    let pictures = ["picture", "preview"].map(|what| system.ask(Method::GET, &at(what)).send());
    let mut decoded = Vec::new();
    for picture in pictures {
        let jpeg = picture.await.expect("an answer").bytes().await.expect("a file");
        decoded.push(image::load_from_memory(&jpeg).expect("a sound JPEG").to_rgb8());
    }
    assert_eq!((decoded[0].dimensions(), decoded[1].dimensions()), ((480, 640), (480, 640)));
    let marked = decoded[0].pixels().zip(decoded[1].pixels()).filter(|(one, other)| one[0].abs_diff(other[0]) > 24);
    assert!(marked.count() > 480 * 640 / 20, "the preview shows its mark");

    let standardised = job(&system, "standardise").await;
    let path = format!("/v1/jobs/{}/evidence", standardised["id"].as_str().expect("a job"));
    check(system.ask(Method::GET, &path), 409, "no_evidence").await;

    let (status, erased) = answer(system.ask(Method::DELETE, "/v1/sessions/s?force=true")).await;
    // Photo, picture, preview, evidence and card of the first job; picture, preview and card of the second.
    assert_eq!((status, &erased["objects"]), (200, &json!(8)), "{erased}");
}

#[tokio::test]
async fn nothing_is_left_that_nobody_asked_for() {
    let mut system = System::new(PrivateRedis::start());
    let mut dispatcher = system.serve(&[]).await;
    dispatcher.ready().await;
    let mut worker = system.worker(&[]);
    worker.ready().await;
    system.open_session("s").await;
    let view = job(&system, "standardise,check").await;
    let result = &view["result"];
    assert!(result["check"].get("evidence").is_none() && result["standardise"].get("preview").is_none(), "{result}");
    for what in ["evidence", "preview"] {
        let path = format!("/v1/jobs/{}/{what}", view["id"].as_str().expect("a job"));
        check(system.ask(Method::GET, &path), 409, &format!("no_{what}")).await;
    }
}
