//! By a real worker: one shot handed in twice (同版), by somebody else and beside references.

use std::io::Cursor;
use std::time::Instant;

use gradphoto_tests::fleet::{portrait, sample};
use gradphoto_tests::photos::{home, skipped};
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::{answer, check};
use gradphoto_tests::system::{PATIENCE, System};
use image::codecs::jpeg::JpegEncoder;
use image::imageops;
use reqwest::Method;
use serde_json::{Value, json};

/// The portrait's shot once more: cut at the sides, a little smaller, compressed.
fn again(cut_px: u32) -> Vec<u8> {
    let shot = sample(&home());
    let (width, height) = (shot.width() - 2 * cut_px, shot.height() - cut_px);
    let cut = imageops::crop_imm(&shot, cut_px, 0, width, height).to_image();
    let small = imageops::resize(&cut, width * 9 / 10, height * 9 / 10, imageops::FilterType::Triangle);
    let mut jpeg = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut jpeg, 70).encode_image(&small).expect("memory takes a picture");
    jpeg.into_inner()
}

/// Waits for a job.
async fn settled(system: &System, job: &Value) -> Value {
    let path = format!("/v1/jobs/{}?wait=60", job.as_str().expect("a job"));
    let began = Instant::now();
    loop {
        let (status, view) = answer(system.ask(Method::GET, &path)).await;
        if status == 200 && ["done", "dead"].iter().any(|state| view["state"] == *state) {
            assert_eq!(view["state"], "done", "{view}");
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "{status} {view}");
    }
}

/// Does tasks on a photo in session `s` and waits for the job.
async fn ask(system: &System, query: &str, photo: Vec<u8>) -> Value {
    let path = format!("/v1/sessions/s/photos?{query}");
    let (status, submitted) = answer(system.ask(Method::POST, &path).body(photo)).await;
    assert_eq!(status, 202, "{submitted}");
    settled(system, &submitted["job"]).await
}

/// What `same_shot` found: its verdict, or why there is none.
fn found(view: &Value) -> &str {
    let rules = view["result"]["check"]["rules"].as_array().expect("findings");
    let finding = rules.iter().find(|finding| finding["rule"] == "same_shot").expect("a finding of every rule");
    let words = [&finding["why"], &finding["verdict"]];
    words.into_iter().find_map(Value::as_str).expect("a verdict")
}

/// How often a face was described.
fn described(view: &Value) -> usize {
    let stages = view["result"]["stages"].as_array().expect("stages");
    stages.iter().filter(|time| time["stage"] == "embed").count()
}

async fn stored(system: &System, session: &str, photo: Vec<u8>) -> Value {
    let path = format!("/v1/sessions/{session}/photos");
    let (status, stored) = answer(system.ask(Method::PUT, &path).body(photo)).await;
    assert_eq!(status, 201, "{stored}");
    stored["photo"].clone()
}

#[tokio::test]
async fn a_shot_handed_in_by_somebody_else_or_given_as_reference_is_told() {
    let descriptor = home().join("models/base/face_descriptor_128.onnx");
    if !descriptor.is_file() {
        return skipped("the face descriptor, which comes through npm,");
    }
    let mut system = System::new(PrivateRedis::start());
    let _dispatcher = system.serve(&[]).await;
    let mut worker = system.worker(&[]);
    worker.ready().await;
    system.open_session("s").await;
    system.open_session("other").await;

    // The first finds nobody, and no face is described for check alone.
    let view = ask(&system, "tasks=check&subject=a", portrait().to_vec()).await;
    assert_eq!((found(&view), described(&view)), ("nothing_to_compare", 0), "{view}");
    let view = ask(&system, "tasks=check,enrol&subject=a", portrait().to_vec()).await;
    assert_eq!((found(&view), described(&view)), ("nothing_to_compare", 1), "{view}");

    // Somebody else's: the shot changed, and the very file. One description serves both tasks.
    let view = ask(&system, "tasks=check&subject=b", again(6)).await;
    assert_eq!((found(&view), &view["result"]["check"]["advice"]), ("fail", &json!("retake")), "{view}");
    let said = view["result"].to_string();
    assert!(!said.contains("\"a\"") && !said.contains("photos/"), "nobody is named: {said}");
    assert_eq!(found(&ask(&system, "tasks=check&subject=b", portrait().to_vec()).await), "fail");
    let view = ask(&system, "tasks=check,search&subject=b", again(6)).await;
    assert_eq!((found(&view), described(&view)), ("fail", 1), "{view}");

    // One's own is no fault, nor the same file of nobody in particular.
    assert_eq!(found(&ask(&system, "tasks=check&subject=a", again(6)).await), "nothing_to_compare");
    assert_eq!(found(&ask(&system, "tasks=check", portrait().to_vec()).await), "nothing_to_compare");

    // Nor that of somebody who left.
    let withdraw = system.ask(Method::POST, "/v1/sessions/s/subjects/a/withdraw").json(&json!({"generation": 0}));
    assert_eq!(answer(withdraw).await.0, 200);
    assert_eq!(found(&ask(&system, "tasks=check&subject=b&generation=1", again(6)).await), "nothing_to_compare");

    // Beside references.
    let mut blank = Cursor::new(Vec::new());
    image::RgbImage::new(300, 400).write_to(&mut blank, image::ImageFormat::Png).expect("memory takes a picture");
    let [photo, changed, blank] = [
        stored(&system, "s", portrait().to_vec()).await,
        stored(&system, "s", again(9)).await,
        stored(&system, "s", blank.into_inner()).await,
    ];
    let foreign = stored(&system, "other", portrait().to_vec()).await;
    let submit = |references: Vec<&Value>, task: &str| {
        let job = json!({"photo": changed, "subject": "c", "tasks": [task], "references": references});
        system.ask(Method::POST, "/v1/sessions/s/jobs").json(&job)
    };
    for (references, expected) in [
        (vec![&blank, &photo], "fail"),
        (vec![&photo], "fail"),
        (vec![&blank], "not_comparable"),
        (vec![], "nothing_to_compare"),
    ] {
        let (status, submitted) = answer(submit(references, "check")).await;
        assert_eq!(status, 202, "{submitted}");
        assert_eq!(found(&settled(&system, &submitted["jobs"][0]["id"]).await), expected);
    }
    check(submit(vec![&foreign], "check"), 403, "foreign_photo").await;
    check(submit(vec![&json!("photos/school-1/s/none")], "check"), 404, "photo_missing").await;
    check(submit(vec![&photo; 5], "check"), 422, "invalid_references").await;
    check(submit(vec![&photo], "standardise"), 422, "invalid_references").await;
}
