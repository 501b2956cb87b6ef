//! Evidence, previews and the report of `worker process`, as a person runs it, with the base pack.

mod pictures;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gradphoto_tests::photos;
use pictures::gradient;
use serde_json::Value;

fn worker(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.args(arguments).args(["--log", "warn"]).env("GRADPHOTO_HOME", photos::home());
    command.output().expect("the worker starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

fn answers(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = std::str::from_utf8(&output.stdout).expect("UTF-8").lines();
    lines.map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
}

/// Rules that did not pass.
fn shown(answer: &Value) -> usize {
    let rules = answer["check"]["rules"].as_array().expect("findings");
    rules.iter().filter(|rule| rule["verdict"] == "fail" || rule["verdict"] == "unsure").count()
}

#[test]
fn every_checked_photo_has_its_evidence_and_a_place_in_the_report() {
    let home = tempfile::tempdir().expect("a folder");
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("in")).expect("a folder");
    let samples = photos::home().join("samples");
    let portrait = photos::pictures_in(&samples).into_iter().next().expect("a sample");
    fs::copy(&portrait, at("in/<b>&1.jpg")).expect("a file");
    fs::write(at("in/none.jpg"), pictures::jpeg(&gradient(600, 800))).expect("a file");
    fs::write(at("in/text.jpg"), "a text").expect("a file");
    let run = |form: &str| {
        let tasks = ["process", "--json", "--threads", "1", "--tasks", "standardise,check", "--evidence", form];
        let (out, report, folder) = (at("out"), at("report.html"), at("in"));
        let more =
            ["--lang", "en", "--preview", "PREVIEW", "--report", text(&report), "--out", text(&out), text(&folder)];
        answers(&worker(&[&tasks[..], &more[..]].concat()))
    };
    let found = run("svg");
    assert_eq!(found.len(), 3);
    let svg = fs::read_to_string(at("out/<b>&1.evidence.svg")).expect("an evidence picture");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("<script"));
    assert_eq!(found[0]["evidence"], text(&at("out/<b>&1.evidence.svg")));
    for rule in found[0]["check"]["rules"].as_array().expect("findings").iter().filter(|rule| rule["code"].is_string())
    {
        assert!(rule["limit"].is_number(), "what did not pass says past which limit: {rule}");
        assert!(svg.contains(rule["code"].as_str().expect("text")), "{rule}");
    }
    // Two discs make a badge; each finding has one in the list.
    assert!(svg.matches("r=\"11\"").count() >= shown(&found[0]));
    assert!(
        fs::read_to_string(at("out/none.evidence.svg"))
            .expect("a photo without a face has one too")
            .contains("no_face")
    );
    assert!(found[2]["evidence"].is_null() && !at("out/text.evidence.svg").exists(), "nothing can be shown of a text");
    let [picture, preview] = ["out/<b>&1.jpg", "out/<b>&1.preview.jpeg"]
        .map(|file| image::load_from_memory(&fs::read(at(file)).expect("a file")).expect("a sound JPEG").to_rgb8());
    assert_eq!(picture.dimensions(), preview.dimensions());
    assert!(
        picture.pixels().zip(preview.pixels()).filter(|(one, other)| one[1].abs_diff(other[1]) > 24).count() > 10_000
    );

    let page = fs::read_to_string(at("report.html")).expect("a report");
    let data = page.split_once("id=\"photos\">").and_then(|(_, rest)| rest.split_once("</script>")).expect("data").0;
    let entries: Vec<Value> = serde_json::from_str(data).expect("JSON");
    let advices: Vec<&Value> = entries.iter().map(|entry| &entry["advice"]).collect();
    assert_eq!(advices, found.iter().map(|answer| &answer["check"]["advice"]).collect::<Vec<_>>());
    assert_eq!((&entries[1]["stored"]["width"], &entries[2]["stored"]), (&600.into(), &Value::Null));
    assert!(svg.contains(">photo "), "what the file says of itself");
    assert_eq!(entries[0]["findings"].as_array().expect("a list").len(), shown(&found[0]));
    for (entry, (before, after)) in entries.iter().zip([(true, true), (true, false), (false, false)]) {
        assert_eq!((entry["before"].is_string(), entry["after"].is_string()), (before, after), "{}", entry["file"]);
    }
    let marked = fs::read_to_string(at(entries[0]["marked"].as_str().expect("an address"))).expect("a marked photo");
    assert!(marked.starts_with("<svg "));

    assert_eq!(run("jpeg").len(), 3);
    let page =
        image::load_from_memory(&fs::read(at("out/<b>&1.evidence.jpeg")).expect("a file")).expect("a sound JPEG");
    assert!(page.width() > 800 && page.height() > 400, "{} x {}", page.width(), page.height());
}

#[test]
fn evidence_needs_a_check_and_a_watermark_needs_letters() {
    let home = tempfile::tempdir().expect("a folder");
    let photo = home.path().join("a.jpg");
    fs::write(&photo, pictures::jpeg(&gradient(100, 100))).expect("a file");
    let (photo, out) = (text(&photo), text(home.path()));
    for (more, words) in [
        (&["--evidence", "svg"][..], "--tasks standardise,check"),
        (&["--preview", "  "], "1 to 24 letters"),
        (&["--preview", "a watermark that is far too long"], "1 to 24 letters"),
        (
            &["--tasks", "check", "--evidence", "jpeg", "--lang", "zh", "--font", "/nowhere.ttf"],
            "read the font /nowhere.ttf",
        ),
        (&["--tasks", "check", "--evidence", "jpeg", "--font", photo], "is no font"),
    ] {
        let output = worker(&[&["process", "--out", out, photo], more].concat());
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && message.contains(words), "{more:?}: {message}");
    }
}
