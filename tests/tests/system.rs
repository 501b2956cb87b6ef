//! The whole system as a person runs it: `dispatcher serve`, two of `worker run` and `dispatcher submit`
//! as real processes, spoken to by HTTP and by command line only.

#[path = "../../worker/tests/pictures/mod.rs"]
mod pictures;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Instant;

use gradphoto_tests::fleet::{portrait, sample};
use gradphoto_tests::photos::home;
use gradphoto_tests::process::Process;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::s3::S3;
use gradphoto_tests::server::{answer, check};
use gradphoto_tests::system::{PATIENCE, System, above};
use image::imageops::{FilterType, resize};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

/// Most bytes of a photo where a test sends a larger one.
const BYTES_MAX: usize = 2_000_000;

/// Files as schools send them: name, content, outcome and first reason. Reasons of the first four are
/// notes on finished pictures and not looked at.
fn mixed_bag() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let whole = sample(&home());
    let large = resize(&whole, 1350, 1350, FilterType::CatmullRom);
    let sound = portrait();
    vec![
        ("portrait.jpg", sound.to_vec(), "finished", ""),
        ("large.jpeg", pictures::progressive(&large), "finished", ""),
        ("png-named.jpg", pictures::png(&whole), "finished", ""),
        ("cmyk.jpg", pictures::cmyk_jpeg(&whole), "finished", ""),
        ("empty.jpg", Vec::new(), "refused", "empty_file"),
        ("text.jpg", b"Dear Sir or Madam, this is no photo at all.".to_vec(), "refused", "not_an_image"),
        ("half.jpg", sound[..sound.len() / 2].to_vec(), "refused", "truncated"),
        ("dot.png", pictures::png(&pictures::gradient(1, 1)), "refused", "too_small"),
        ("bomb.png", pictures::png_bomb(), "refused", "too_many_pixels"),
        ("moving.webp", pictures::moving_webp(), "refused", "animated"),
        ("nobody.jpg", pictures::jpeg(&pictures::gradient(400, 500)), "refused", "no_face"),
        ("heavy.jpg", vec![0; BYTES_MAX + 1], "refused", "body_too_large"),
    ]
}

/// The words of a command's two outputs, asserting how it ended.
fn said(output: &Output, code: i32) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

fn rows(results: &Path) -> Vec<Value> {
    let text = fs::read_to_string(results).expect("results were written");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

async fn two_workers(system: &mut System) -> [Process; 2] {
    let mut workers = [system.worker(&[]), system.worker(&[])];
    for worker in &mut workers {
        worker.ready().await;
    }
    workers
}

async fn assert_empty(system: &System) {
    let (status, queue) = answer(system.ask(Method::GET, "/v1/queue")).await;
    assert_eq!((status, &queue["backlog"]), (200, &json!(0)), "{queue}");
}

#[tokio::test]
async fn a_mixed_bag_is_answered_file_by_file() {
    let mut system = System::new(PrivateRedis::start());
    let dispatcher = system.serve(&["--photo-bytes-max", &BYTES_MAX.to_string()]).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (photos, out) = (folder.path().join("photos"), folder.path().join("out"));
    fs::create_dir(&photos).expect("a folder");
    let bag = mixed_bag();
    for (name, content, ..) in &bag {
        fs::write(photos.join(name), content).expect("a file");
    }
    let absent = folder.path().join("absent.jpg");
    let words = [&photos, &absent, Path::new("--session"), Path::new("s"), Path::new("--create"), Path::new("--out")];
    let words: Vec<PathBuf> = words.into_iter().map(Path::to_owned).chain([out.clone()]).collect();
    let submission = system.submit(&words);
    // Nobody works yet, so the queue has depth and age to show.
    above(&dispatcher, "gradphoto_queue_jobs{lane=\"online\",state=\"waiting\"}", 0.0).await;
    above(&dispatcher, "gradphoto_queue_oldest_seconds{lane=\"online\"}", 0.0).await;
    let workers = [system.worker(&[]), system.worker(&[])];
    above(&workers[0], "gradphoto_in_flight_jobs{lane=\"online\"}", 0.0).await;
    let table = said(&submission.await, 1);
    assert!(table.contains("13 files: 1 failed, 4 finished, 8 refused"), "{table}");
    assert!(table.contains("1 of 13 files got no answer: the file cannot be read: No such file"), "{table}");

    let rows = rows(&out.join("results.jsonl"));
    assert_eq!(rows.len(), bag.len() + 1);
    let row = |name: &str| rows.iter().find(|row| row["file"].as_str().is_some_and(|file| file.ends_with(name)));
    for (name, _, outcome, reason) in &bag {
        let row = row(&format!("/{name}")).expect("a row for each file");
        assert_eq!(row["outcome"], *outcome, "{row}");
        match row["picture"].as_str() {
            Some(picture) => {
                let picture = image::open(out.join(picture)).expect("a finished picture");
                assert_eq!((picture.width(), picture.height()), (480, 640), "{name}");
            }
            None => assert_eq!(row["reasons"], json!([reason]), "{row}"),
        }
    }
    let absent = row("absent.jpg").expect("a row for what is not there");
    assert_eq!((&absent["outcome"], &absent["reasons"]), (&json!("failed"), &json!(["unreadable"])));
    let csv = fs::read_to_string(out.join("results.csv")).expect("results were written");
    assert_eq!(csv.lines().count(), bag.len() + 2, "{csv}");
    assert_empty(&system).await;
    check_metrics(&dispatcher, &workers).await;
}

/// What the programs count, beyond what was seen above zero while the queue was full.
async fn check_metrics(dispatcher: &Process, workers: &[Process; 2]) {
    for series in [
        "gradphoto_jobs_submitted_total{lane=\"online\"}",
        "gradphoto_redis_round_trip_seconds_count{verb=\"submit\"}",
        "gradphoto_http_seconds_count{method=\"POST\"",
    ] {
        above(dispatcher, series, 0.0).await;
    }
    for series in [
        "gradphoto_jobs_settled_total{lane=\"online\",outcome=\"",
        "gradphoto_job_seconds_count{lane=\"online\"}",
        "gradphoto_stage_seconds_count{stage=\"decode\"}",
        "gradphoto_model_run_seconds_count{model=\"",
        "gradphoto_model_batch_items_count{model=\"",
        "gradphoto_redis_round_trip_seconds_count{verb=\"take\"}",
    ] {
        above(&workers[0], series, 0.0).await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_whole_order_is_a_failure() {
    let mut system = System::new(PrivateRedis::start());
    let _dispatcher = system.serve(&[]).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let photo = folder.path().join("portrait.jpg");
    fs::write(&photo, portrait()).expect("a file");
    let of_somebody = folder.path().join("张三.jpg");
    fs::write(&of_somebody, portrait()).expect("a file");
    let (photo, of_somebody) = (photo.to_str().expect("plain"), of_somebody.to_str().expect("plain"));
    system.open_session("closed").await;
    let (status, _) = answer(system.ask(Method::PATCH, "/v1/sessions/closed").json(&json!({"state": "closed"}))).await;
    assert_eq!(status, 200);
    for (words, code) in [
        (vec![photo, "--session", "none"], "unknown_session"),
        (vec![photo, "--session", "none", "--wait"], "unknown_session"),
        (vec![photo, "--session", "closed"], "session_not_open"),
        (vec![photo, "--session", "closed", "--key", "gpk_0"], "unauthorised"),
        (vec![photo, "--session", "closed", "--key", "gpk_0"], "--key or GRADPHOTO_KEY"),
        (vec![of_somebody, "--session", "closed", "--subject-from-name"], "1 to 64 of A-Z a-z 0-9"),
    ] {
        let said = said(&system.submit(&words).await, 1);
        assert!(said.contains(code), "{words:?}: {said}");
    }
}

#[tokio::test]
async fn a_worker_and_the_dispatcher_die_and_nothing_is_lost_or_doubled() {
    let mut system = System::new(PrivateRedis::start());
    let mut dispatcher = system.serve(&[]).await;
    let [mut killed, _other] = two_workers(&mut system).await;
    system.open_session("s").await;
    let (_, photo) = answer(system.ask(Method::PUT, "/v1/sessions/s/photos").body(portrait())).await;
    let jobs = vec![json!({"photo": photo["photo"], "tasks": ["standardise"]}); 200];
    let (status, submitted) = answer(system.ask(Method::POST, "/v1/sessions/s/jobs").json(&jobs)).await;
    assert_eq!(status, 202, "{submitted}");
    let submitted = submitted["jobs"].as_array().expect("an answer for each");
    let submitted: BTreeSet<_> = submitted.iter().filter_map(|job| job["id"].as_str().map(str::to_owned)).collect();
    assert_eq!(submitted.len(), 200);

    system.events("s", 20).await;
    killed.signal(Signal::KILL);
    dispatcher.signal(Signal::KILL);
    assert!(!killed.ended(PATIENCE).await.success() && !dispatcher.ended(PATIENCE).await.success());
    let mut dispatcher = system.serve(&[]).await;
    dispatcher.ready().await;
    let at_death = system.events("s", 0).await.len();
    assert!(at_death < 180, "they were to die in the middle, not after {at_death} photos");

    let events = system.events("s", 200).await;
    let settled: BTreeSet<_> = events.iter().filter_map(|event| event["job"].as_str().map(str::to_owned)).collect();
    assert_eq!((events.len(), settled), (200, submitted));
    assert!(events.iter().all(|event| event["state"] == "done"), "{events:?}");
    dispatcher.says("worker went silent, the job waits again").await;
    assert_empty(&system).await;
}

#[tokio::test]
async fn photos_travel_through_an_s3_server() {
    let server = S3::start();
    server.make_bucket("photos").await;
    let mut system = System::new(PrivateRedis::start()).with_store(&server, "photos");
    let mut dispatcher = system.serve(&[]).await;
    dispatcher.ready().await;
    let _workers = two_workers(&mut system).await;
    system.open_session("s").await;
    let path = "/v1/sessions/s/photos?tasks=standardise";
    let (status, uploaded) = answer(system.ask(Method::POST, path).body(portrait())).await;
    assert_eq!(status, 202, "{uploaded}");
    assert_eq!(system.events("s", 1).await[0]["job"], uploaded["job"]);
    let path = format!("/v1/jobs/{}/picture", uploaded["job"].as_str().expect("a job"));
    let picture = system.ask(Method::GET, &path).send().await.expect("an answer").bytes().await.expect("a picture");
    let picture = image::load_from_memory(&picture).expect("a sound JPEG");
    assert_eq!((picture.width(), picture.height()), (480, 640));
}

#[tokio::test]
async fn a_full_lane_asks_to_wait_and_the_command_does() {
    let mut system = System::new(PrivateRedis::start());
    let dispatcher = system.serve(&["--lane-jobs", "2"]).await;
    system.open_session("s").await;
    let upload = || system.ask(Method::POST, "/v1/sessions/s/photos?tasks=standardise").body(portrait());
    for _ in 0..2 {
        assert_eq!(answer(upload()).await.0, 202);
    }
    check(upload(), 429, "lane_full").await;
    let refused = upload().send().await.expect("an answer");
    let pause = refused.headers().get("retry-after").and_then(|pause| pause.to_str().ok()?.parse().ok());
    assert!(pause.is_some_and(|seconds: u64| (1..=60).contains(&seconds)), "{:?}", refused.headers());

    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["1.jpg", "2.jpg", "3.jpg"] {
        fs::write(folder.path().join(name), portrait()).expect("a file");
    }
    let submission = system.submit(&[folder.path(), "--session".as_ref(), "s".as_ref(), "--wait".as_ref()]);
    // Tried and told to wait before anybody works the lane off.
    above(&dispatcher, "gradphoto_jobs_refused_total{code=\"lane_full\"}", 4.0).await;
    let _workers = two_workers(&mut system).await;
    let table = said(&submission.await, 0);
    assert!(table.contains("3 files: 3 finished"), "{table}");
    assert_eq!(system.events("s", 5).await.len(), 5);
    assert_empty(&system).await;
}

#[tokio::test]
async fn a_dispatcher_waits_for_redis() {
    let mut system = System::new(PrivateRedis::start());
    system.redis.stop();
    let mut dispatcher = system.serve(&[]).await;
    let began = Instant::now();
    while began.elapsed().as_secs() < 3 {
        assert_eq!(dispatcher.get("healthz").await.map(|(status, _)| status), Some(200));
        let (status, body) = dispatcher.get("readyz").await.expect("an answer");
        assert!(status == 503 && body.contains("redis_away"), "{status} {body}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    assert_eq!(dispatcher.log().matches("redis does not answer yet").count(), 1, "{}", dispatcher.log());
    system.redis.start_again();
    dispatcher.ready().await;
    system.open_session("s").await;
    assert_empty(&system).await;
}
