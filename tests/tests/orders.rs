//! What is made of a session beside its pictures, by real processes: sheets to print, exports, texts of codes.

#[path = "../../worker/tests/pictures/mod.rs"]
mod pictures;

use std::fs;
use std::io::Read;
use std::process::Command;

use calamine::{Data, Reader, Xlsx};
use gradphoto_tests::fleet::portrait;
use gradphoto_tests::photos::{photos, skipped};
use gradphoto_tests::process::Process;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::server::{answer, check};
use gradphoto_tests::system::System;
use reqwest::Method;
use serde_json::{Value, json};

/// A name as it stands under a print: nowhere in the queue.
const NAME: &str = "Zebulon Quartermain";

/// A dispatcher, a worker and an open session, on a Redis that writes down every command.
async fn start() -> (System, Process, Process) {
    let mut system = System::new(PrivateRedis::start_durable());
    let served = system.serve(&[]).await;
    let worker = system.worker(&[]);
    system.open_session("spring").await;
    (system, served, worker)
}

/// Uploads a photo with a job on it, and waits for the answer.
async fn job(system: &System, query: &str, photo: Vec<u8>) -> Value {
    let path = format!("/v1/sessions/spring/photos?{query}");
    let (status, body) = answer(system.ask(Method::POST, &path).body(photo)).await;
    assert_eq!(status, 202, "{body}");
    settled(system, &body["job"]).await
}

async fn settled(system: &System, id: &Value) -> Value {
    let path = format!("/v1/jobs/{}?wait=60", id.as_str().expect("a job"));
    let (status, view) = answer(system.ask(Method::GET, &path)).await;
    assert_eq!((status, &view["state"]), (200, &json!("done")), "{view}");
    view
}

/// Orders sheets and waits for them.
async fn layout(system: &System, order: Value) -> Value {
    let request = system.ask(Method::POST, "/v1/sessions/spring/layouts").json(&json!({"order": order}));
    let (status, body) = answer(request).await;
    assert_eq!(status, 202, "{body}");
    let view = settled(system, &body["jobs"][0]["id"]).await;
    assert_eq!(view["lane"], "bulk", "nobody waits behind a reprint");
    view
}

async fn bytes(system: &System, path: &str) -> Vec<u8> {
    let response = system.ask(Method::GET, path).send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{path}");
    response.bytes().await.expect("a whole answer").to_vec()
}

/// Everything that Redis wrote to its disk: every command with every argument.
fn written(redis: &PrivateRedis) -> Vec<u8> {
    let entries = fs::read_dir(redis.folder().join("appendonlydir")).expect("a Redis that writes");
    entries.flat_map(|entry| fs::read(entry.expect("an entry").path()).expect("a file")).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn sheets_are_ordered_drawn_and_fetched_and_names_stay_out_of_the_queue() {
    let (system, _served, _worker) = start().await;
    let made = job(&system, "tasks=standardise&subject=ada", portrait().to_vec()).await;
    let picture = &made["result"]["standardise"]["picture"];
    job(&system, "tasks=standardise&subject=nobody", pictures::jpeg(&pictures::gradient(400, 500))).await;

    let facts = json!({"name": NAME});
    let prints = json!([{"subject": "ada", "copies": 2, "facts": facts}, {"job": made["id"], "facts": facts},
        {"picture": picture, "facts": facts}]);
    let order = json!({"prints": prints, "copies": 1, "caption": "{name}", "paper": "4R"});
    let view = layout(&system, order.clone()).await;
    let laid = &view["result"]["layout"];
    assert_eq!(laid["outcome"], "finished", "{view}");
    assert_eq!((&laid["pages"], &laid["copies"], &laid["format"]), (&json!(1), &json!(4), &json!("jpeg")));
    let id = view["id"].as_str().expect("a job");
    let sheet = bytes(&system, &format!("/v1/jobs/{id}/sheets/1")).await;
    let sheet = image::load_from_memory(&sheet).expect("a sound JPEG");
    assert_eq!((json!(sheet.width()), json!(sheet.height())), (laid["width_px"].clone(), laid["height_px"].clone()));
    check(system.ask(Method::GET, &format!("/v1/jobs/{id}/sheets/2")), 404, "unknown_sheet").await;
    check(system.ask(Method::GET, &format!("/v1/jobs/{id}/sheets/0")), 404, "unknown_sheet").await;
    let made_id = made["id"].as_str().expect("a job");
    check(system.ask(Method::GET, &format!("/v1/jobs/{made_id}/sheets/1")), 409, "no_sheets").await;

    let mut paper = order.clone();
    (paper["format"], paper["copies"]) = (json!("pdf"), json!(30));
    let view = layout(&system, paper).await;
    let pdf = bytes(&system, &format!("/v1/jobs/{}/sheets/1", view["id"].as_str().expect("a job"))).await;
    assert!(pdf.starts_with(b"%PDF-") && view["result"]["layout"]["pages"].as_u64() > Some(1), "{view}");

    for (field, value, code) in [
        ("print", json!("500x500"), "does_not_fit"),
        ("paper", json!("7R"), "wrong_size"),
        ("caption", json!("{class}"), "caption_unknown"),
        ("copies", json!(100_000), "too_many_sheets"),
    ] {
        let mut wrong = order.clone();
        wrong[field] = value;
        let view = layout(&system, wrong).await;
        let fault = &view["result"]["layout"]["fault"];
        assert_eq!((&view["result"]["layout"]["outcome"], &fault["code"]), (&json!("refused"), &json!(code)), "{view}");
        assert!(fault["zh"].as_str().is_some_and(|text| text.ends_with('。')), "{fault}");
    }
    let ask = |prints: Value| {
        let order = json!({"order": {"prints": prints}});
        system.ask(Method::POST, "/v1/sessions/spring/layouts").json(&order)
    };
    check(ask(json!([{"subject": "nobody"}])), 404, "picture_missing").await;
    check(ask(json!([{"picture": "photos/other/spring/1"}])), 403, "foreign_picture").await;
    check(ask(json!([])), 422, "nothing_to_print").await;
    check(ask(json!([{}])), 422, "picture_unnamed").await;
    let written = written(&system.redis);
    assert!(holds(&written, "layout") && !holds(&written, NAME), "a name lies in Redis");
}

/// Rows of a list: subject, state, file, reasons.
fn rows(csv: &[u8]) -> Vec<[String; 4]> {
    let text = std::str::from_utf8(csv).expect("UTF-8").trim_start_matches('\u{feff}');
    let mut table = csv::Reader::from_reader(text.as_bytes());
    let at = |name: &str| {
        let heads = csv::Reader::from_reader(text.as_bytes()).headers().expect("a head").clone();
        heads.iter().position(|head| head == name).expect("a column of that name")
    };
    let columns = ["subject", "state", "file", "reasons"].map(at);
    let rows = table.records().map(|row| row.expect("a row"));
    rows.map(|row| columns.map(|column| row[column].to_owned())).collect()
}

#[tokio::test]
async fn an_export_holds_the_newest_pictures_and_lists_who_has_none() {
    let (system, _served, _worker) = start().await;
    let blank = pictures::jpeg(&pictures::gradient(400, 500));
    for (query, photo) in [
        ("tasks=standardise&subject=ada", portrait().to_vec()),
        ("tasks=standardise,check&subject=ada&generation=1", portrait().to_vec()),
        ("tasks=standardise&subject=Ada", portrait().to_vec()),
        ("tasks=standardise&subject=blank", blank.clone()),
        ("tasks=standardise&subject=gone", portrait().to_vec()),
    ] {
        job(&system, query, photo).await;
    }
    let withdraw = "/v1/sessions/spring/subjects/gone/withdraw";
    let (status, body) = answer(system.ask(Method::POST, withdraw).json(&json!({"generation": 0}))).await;
    assert_eq!(status, 200, "{body}");

    let folder = tempfile::tempdir().expect("a folder");
    let out = |name: &str| folder.path().join(name).to_str().expect("a plain name").to_owned();
    let [(_, _), (_, key)] = system.caller();
    let export = |file: &str, template: &str| {
        system.said(&key, "sessions", &["export", "spring", "--out", &out(file), "--template", template])
    };
    let said = export("all.zip", "{session}/{subject}_{generation}");
    assert!(said.contains("4 rows"), "{said}");
    let mut archive = zip::ZipArchive::new(fs::File::open(out("all.zip")).expect("a file")).expect("an archive");
    let mut names: Vec<_> = archive.file_names().map(|name| name.expect("a name").into_owned()).collect();
    names.sort();
    assert_eq!(names, ["list.csv", "spring/Ada_0.jpg", "spring/ada_1.jpg"]);
    let mut list = Vec::new();
    archive.by_name("list.csv").expect("a list").read_to_end(&mut list).expect("a whole list");
    let told: Vec<_> =
        rows(&list).iter().map(|[subject, state, file, _]| format!("{subject} {state} {file}")).collect();
    let expected =
        ["Ada finished spring/Ada_0.jpg", "ada finished spring/ada_1.jpg", "blank refused ", "gone superseded "];
    assert_eq!(told, expected);
    assert_eq!(rows(&list)[2][3], "no_face");
    let mut picture = Vec::new();
    archive.by_name("spring/ada_1.jpg").expect("a picture").read_to_end(&mut picture).expect("a whole picture");
    let picture = image::load_from_memory(&picture).expect("a sound JPEG");
    assert_eq!((picture.width(), picture.height()), (480, 640));

    export("same.zip", "{subject}.jpg");
    let archive = zip::ZipArchive::new(fs::File::open(out("same.zip")).expect("a file")).expect("an archive");
    assert!(
        archive.file_names().any(|name| name.is_ok_and(|name| name == "ada-2.jpg")),
        "capitals alone tell no files apart"
    );
    // A reader that is not ours.
    let listing = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), len(z.namelist()))";
    match Command::new("python3").args(["-c", listing, &out("same.zip")]).output() {
        Ok(read) => assert_eq!(String::from_utf8_lossy(&read.stdout).trim(), "None 3", "{read:?}"),
        Err(_) => skipped("python3"),
    }

    export("list.xlsx", "{subject}.jpg");
    let mut book: Xlsx<_> = calamine::open_workbook(out("list.xlsx")).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("a sheet that can be read");
    assert_eq!((sheet.height(), sheet.get((0, 0))), (5, Some(&Data::String("subject".into()))));
    assert_eq!(sheet.get((3, 3)), Some(&Data::String("refused".into())));
    let zh = sheet.get((3, 8)).map(ToString::to_string).unwrap_or_default();
    assert!(zh.contains("人脸"), "{zh}");
    let csv = bytes(&system, "/v1/sessions/spring/export?format=csv").await;
    assert_eq!(rows(&csv).len(), 4);
    assert!(fs::read_dir(folder.path()).expect("a folder").count() == 3, "no piece of a file is left");
    for wrong in ["{name}", "../{subject}:", "all"] {
        let path = format!("/v1/sessions/spring/export?template={wrong}");
        check(system.ask(Method::GET, &path), 400, "invalid_query").await;
    }
    check(system.ask(Method::GET, "/v1/sessions/spring/export?format=rar"), 400, "invalid_query").await;
    check(system.ask(Method::GET, "/v1/sessions/autumn/export"), 404, "unknown_session").await;
}

/// A picture of a code and what it says.
fn code() -> Option<(Vec<u8>, String)> {
    let set = photos("qr_chsi_like")?;
    let mut table = csv::Reader::from_path(set.join("manifest.csv")).expect("a set has a manifest");
    let row = table.records().map(|row| row.expect("a row")).find(|row| row[0].starts_with("screenshot_b64"))?;
    Some((fs::read(set.join(&row[0])).expect("a picture of the set"), row[1].to_owned()))
}

#[tokio::test]
async fn a_codes_text_is_handed_to_the_caller_and_never_lies_in_redis_or_a_log() {
    let Some((photo, text)) = code() else { return };
    let (system, served, worker) = start().await;
    let found = json!({"outcome": "found", "text": text});
    let view = job(&system, "tasks=read_code", photo).await;
    assert!(view["result"]["read_code"] == found, "looked at");
    let page = system.events("spring", 1).await;
    assert!(page[0]["result"]["read_code"] == found, "as a page");
    let read = system.ask(Method::POST, "/v1/groups/office/read").json(&json!({"limit": 10, "wait": 0}));
    let (status, handed) = answer(read).await;
    assert!(status == 200 && handed["events"][0]["result"]["read_code"] == found, "to a group");
    let stream = system.ask(Method::GET, "/v1/sessions/spring/events").send().await.expect("a stream");
    let told = first_event(stream).await;
    assert!(told["result"]["read_code"] == found, "as it happens");
    let written = written(&system.redis);
    // Any eight letters of it would be too many.
    let parts = text.as_bytes().windows(8).filter(|part| written.windows(8).any(|window| window == *part)).count();
    assert!(holds(&written, "read_code") && parts == 0, "{parts} parts of the text lie in Redis");
    for process in [&served, &worker] {
        assert!(!process.log().contains(&text), "a log tells the text");
    }
}

async fn first_event(mut stream: reqwest::Response) -> Value {
    let mut text = String::new();
    loop {
        let piece = stream.chunk().await.expect("a stream").expect("a stream without end");
        text += std::str::from_utf8(&piece).expect("plain letters");
        if let Some(data) = text.lines().find_map(|line| line.strip_prefix("data:")).filter(|_| text.contains("\n\n")) {
            return serde_json::from_str(data.trim()).expect("JSON");
        }
    }
}

#[tokio::test]
async fn the_tail_of_an_id_number_is_compared_and_never_repeated() {
    let (system, served, _worker) = start().await;
    let ask = |body: Value| system.ask(Method::POST, "/v1/id-tail/check").json(&body);
    let number = "11010519491231002X";
    for (number, typed, outcome) in [
        (number, "002x", "agrees"),
        (number, "００２Ｘ", "agrees"),
        ("A123456(7)", "６（７）", "agrees"),
        (number, "0021", "differs"),
        (number, "02X", "wrong_length"),
        (number, "02-X", "wrong_character"),
    ] {
        let (status, body) = answer(ask(json!({"number": number, "typed": typed}))).await;
        assert_eq!((status, body), (200, json!({"outcome": outcome})), "{typed}");
    }
    for wrong in [
        json!({"number": number}),
        json!({"number": 110105194912310021_u64, "typed": "0021"}),
        json!({"number": number, "typed": "002X", "length": 0}),
        json!([]),
    ] {
        let (status, body) = answer(ask(wrong)).await;
        assert_eq!((status, &body["error"]["code"]), (422, &json!("invalid_field")));
        assert!(!body.to_string().contains("110105"), "the answer repeats the number");
    }
    assert!(!served.log().contains("110105"), "a log tells the number");
}
