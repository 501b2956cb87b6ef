//! The published schemas: made from the types, kept by every envelope and every answer.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use boon::{Compiler, Schemas};
use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::job::JobId;
use gradphoto_shared::outcome::{JobResult, ReasonCode, StandardiseOutcome};
use gradphoto_shared::schema::{DOCUMENTS, Document};
use gradphoto_shared::wire;
use gradphoto_tests::photos::workspace;
use gradphoto_tests::process::program;
use gradphoto_tests::server::{Server, answer};
use reqwest::Method;
use serde_json::{Value, json};

/// Longest wait for a job that was put aside: some seconds by itself, much more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The version in which a job of the first task is written.
const FIRST: u16 = 1;
/// Gives the envelope of a waiting job another version, byte for byte the same else.
const RESTAMP: &str = "
    local uuid = string.gsub(ARGV[2], '%x%x', function(hex) return string.char(tonumber(hex, 16)) end)
    local key = 'gp:{' .. ARGV[1] .. '}:' .. uuid
    local record, count = string.gsub(redis.call('GET', key), '\"schema\":' .. ARGV[3], '\"schema\":' .. ARGV[4])
    redis.call('SET', key, record)
    return count";

fn document(name: &str) -> Document {
    DOCUMENTS.into_iter().find(|document| document.name == name).expect("a document of that name")
}

/// What an independent validator says of `value` under a published schema.
fn judge(name: &str, value: &Value) -> Result<(), String> {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    let json = document(name).json();
    let id = json["$id"].as_str().expect("a document has an id").to_owned();
    compiler.add_resource(&id, json).expect("a name of its own");
    let schema = compiler.compile(&id, &mut schemas).unwrap_or_else(|cause| panic!("{name} is no schema: {cause:#}"));
    schemas.validate(value, schema).map_err(|cause| format!("{cause:#}"))
}

fn assert_kept(name: &str, value: &Value) {
    judge(name, value).unwrap_or_else(|cause| panic!("{name}: {cause}\n{value:#}"));
}

/// The envelopes of a version, each frozen as it was written: file and text.
fn samples(version: u16) -> Vec<(PathBuf, String)> {
    let folder = workspace().join(format!("tests/fixtures/envelopes/v{version}"));
    let entries = fs::read_dir(&folder).unwrap_or_else(|cause| panic!("{}: {cause}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths.map(|path| (path.clone(), fs::read_to_string(path).expect("a sample is text"))).collect()
}

#[test]
fn the_published_files_are_those_of_the_types() {
    let folder = workspace().join("shared/schema");
    for document in DOCUMENTS {
        let path = folder.join(document.file());
        let published = fs::read_to_string(&path).unwrap_or_default();
        let published: Value = serde_json::from_str(&published).unwrap_or_default();
        let refresh = "run `dispatcher schema --write shared/schema` and look at what changed";
        assert!(published == document.json(), "{} is not what the types say: {refresh}", path.display());
    }
    for version in 1..=wire::SCHEMA {
        let path = folder.join(format!("envelope.v{version}.json"));
        assert!(path.is_file(), "{} is absent: what was published stays", path.display());
    }
}

#[test]
fn the_verb_prints_every_document() {
    for document in DOCUMENTS {
        let printed = Command::new(program("dispatcher")).args(["schema", document.name]).output();
        let printed = printed.expect("a program that can be started").stdout;
        let printed: Value = serde_json::from_slice(&printed).expect("a document");
        assert!(printed == document.json(), "{} is not what the verb prints", document.file());
    }
}

#[test]
fn every_envelope_ever_written_is_read() {
    for version in 1..=wire::SCHEMA {
        let samples = samples(version);
        assert!(!samples.is_empty(), "version {version} has no samples");
        for (path, text) in samples {
            let job = wire::decode(&text).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()));
            let again = wire::encode(&job);
            assert_eq!(wire::decode(&again).expect("own envelope"), job, "{}", path.display());
            assert_kept("envelope", &serde_json::from_str(&again).expect("own envelope"));
        }
    }
}

#[test]
fn every_field_of_the_envelope_stands_in_a_sample() {
    let envelope = document("envelope");
    let values: Vec<Value> =
        samples(envelope.version).iter().map(|(_, text)| serde_json::from_str(text).expect("JSON")).collect();
    values.iter().for_each(|value| assert_kept("envelope", value));
    let names = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
    let seen: BTreeSet<String> = values.iter().flat_map(names).collect();
    let missing: Vec<_> = names(&envelope.json()["properties"]).difference(&seen).cloned().collect();
    assert!(missing.is_empty(), "freeze a sample with {missing:?} in tests/fixtures/envelopes");
}

#[test]
fn what_no_reader_takes_breaks_the_schema() {
    let (_, text) = samples(1).into_iter().find(|(path, _)| path.ends_with("least.json")).expect("a least envelope");
    let least: Value = serde_json::from_str(&text).expect("JSON");
    let wrong = [
        ("schema", json!(wire::SCHEMA + 1)),
        ("id", json!("2a-short")),
        ("tenant", json!("no/slashes")),
        ("lane", json!("express")),
        ("tasks", json!([])),
        ("tasks", json!(["beautify"])),
        ("photo", json!("/etc/passwd")),
        ("accepted_at_ms", json!(-1)),
        ("batch", json!("")),
    ];
    for (field, value) in wrong {
        let mut envelope = least.clone();
        envelope[field] = value;
        assert!(judge("envelope", &envelope).is_err(), "{field}: {envelope}");
    }
    for field in ["schema", "id", "tenant", "session", "lane", "tasks", "photo", "spec", "accepted_at_ms"] {
        let mut envelope = least.clone();
        envelope.as_object_mut().expect("an object").remove(field);
        assert!(judge("envelope", &envelope).is_err(), "without {field}");
        assert!(wire::decode(&envelope.to_string()).is_err(), "without {field}");
    }
}

/// A finished picture as an older build wrote it: what later builds add to a result is optional.
fn finished() -> Value {
    json!({
        "pack": "base-1",
        "standardise": {
            "outcome": "finished",
            "picture": "pictures/school-1/2026-spring/1.jpg",
            "sha256": "7f83b1657ff1fc53b92dc18148a1d65dfc2d4b1fa3d677284addd200126d9069",
            "bytes": 31_000, "quality": 92, "width_px": 480, "height_px": 640, "dpi": 300,
            "background": [100, 197, 255],
            "placement": {
                "hair_top_px": 78.0, "eyes_px": 250.0, "face_width_px": 230.0, "centre_offset_px": -0.5,
                "scale": 0.25, "crop_left_px": -12.0, "crop_top_px": 40.0
            },
            "matte_confidence": 0.97,
            "notes": [{"code": "enlarged", "en": "Enlarged.", "zh": "已放大。"}]
        },
        "stages": [{"stage": "decode", "ms": 12.5}]
    })
}

#[test]
fn results_keep_their_schema() {
    assert_kept("result", &finished());
    let read: JobResult = serde_json::from_value(finished()).expect("an older build's result");
    assert_kept("result", &serde_json::to_value(&read).expect("plain data"));
    for &code in ReasonCode::ALL {
        let standardise = Some(StandardiseOutcome::refused(code));
        let refused = JobResult { standardise, read_code: Some(ReadCodeOutcome::because(code)), ..read.clone() };
        assert_kept("result", &serde_json::to_value(refused).expect("plain data"));
    }
    let read_code = Some(ReadCodeOutcome::found("A1b2="));
    let found = serde_json::to_value(JobResult { read_code, ..JobResult::default() }).expect("plain data");
    assert_kept("result", &found);
    for broken in [json!({}), json!({"pack": "base-1", "stages": [], "standardise": {"outcome": "maybe"}})] {
        assert!(judge("result", &broken).is_err(), "{broken}");
    }
}

#[tokio::test]
async fn what_the_api_answers_keeps_its_schema() {
    let server = Server::start().await;
    let waiting = server.job(b"first").await;
    assert_kept("job", &look(&server, &waiting).await);
    assert_eq!(server.work().await, 1);
    let settled = look(&server, &waiting).await;
    assert_kept("job", &settled);
    assert_kept("result", &settled["result"]);
    let (_, page) = answer(server.ask(Method::GET, "/v1/sessions/open/results")).await;
    assert_kept("page", &page);
    let events = page["events"].as_array().expect("events");
    assert_eq!(events.len(), 1, "{page}");
    assert_kept("event", &events[0]);
    assert_kept("result", &events[0]["result"]);
    server.stop().await;
}

/// Gives a job's envelope another version.
fn restamp(server: &Server, job: &str, from: u16, to: u16) {
    let id: JobId = job.parse().expect("an id of ours");
    let words = [id.shard.0.to_string(), id.uuid.simple().to_string(), from.to_string(), to.to_string()];
    let command = ["EVAL", RESTAMP, "0"].into_iter().chain(words.iter().map(String::as_str));
    assert_eq!(server.redis.cli(&command.collect::<Vec<_>>()), "1", "one version in one envelope");
}

async fn look(server: &Server, job: &str) -> Value {
    let (status, view) = answer(server.ask(Method::GET, &format!("/v1/jobs/{job}"))).await;
    assert_eq!(status, 200, "{view}");
    view
}

/// A newer dispatcher has written jobs in the next version among others; this build is the older worker, then, when
/// the version is one that it knows, the newer one.
#[tokio::test]
async fn older_and_newer_versions_pass_side_by_side() {
    let server = Server::start().await;
    let (mut known, mut newer) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        known.push(server.job(b"first").await);
        newer.push(server.job(b"second").await);
    }
    for job in &newer {
        restamp(&server, job, FIRST, wire::SCHEMA + 1);
    }
    assert_eq!(server.work().await, known.len(), "an older worker does what it knows");
    for job in &newer {
        let view = look(&server, job).await;
        let standing = (view["state"].as_str(), view["attempts"].as_u64(), view["error"].as_str());
        assert_eq!(standing, (Some("delayed"), Some(0), Some("schema_newer")), "{view}");
        assert_kept("job", &view);
        restamp(&server, job, wire::SCHEMA + 1, FIRST);
    }
    let (began, mut done) = (Instant::now(), 0);
    while done < newer.len() {
        assert!(began.elapsed() < PATIENCE, "{done} of {} jobs came back", newer.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
        done += server.work().await;
    }
    for job in known.iter().chain(&newer) {
        let view = look(&server, job).await;
        assert_eq!((view["state"].as_str(), view["attempts"].as_u64()), (Some("done"), Some(1)), "{view}");
    }
    let (_, page) = answer(server.ask(Method::GET, "/v1/sessions/open/results")).await;
    assert_eq!(page["events"].as_array().map(Vec::len), Some(known.len() + newer.len()), "{page}");
    server.stop().await;
}
