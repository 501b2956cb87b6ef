//! `worker process --reference` as a person runs it: one shot changed in nine ways, other shots, other people.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gradphoto_tests::photos::{home, photos, skipped};
use gradphoto_worker::pack::{Pack, Role};
use serde_json::Value;

/// A woman and a man; the references are their first shots.
const PEOPLE: [&str; 2] = ["002", "031"];
/// What was done to a first shot.
const CHANGES: [&str; 9] = ["blue", "colour", "crop", "mirror", "q25", "rot3", "scan", "sharp", "smooth"];

fn worker(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.arg("process").args(arguments).args(["--log", "warn"]).env("GRADPHOTO_HOME", home());
    command.output().expect("the worker starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain names")
}

/// What `same_shot` found on each file, by its name, and the photo's advice.
fn findings(output: &Output) -> BTreeMap<String, (Value, String)> {
    let said = std::str::from_utf8(&output.stdout).expect("UTF-8");
    let finding = |line: &str| {
        let answer: Value = serde_json::from_str(line).expect("one JSON object a line");
        let name = Path::new(answer["file"].as_str()?).file_name()?.to_str()?.to_owned();
        let advice = answer["check"]["advice"].as_str()?.to_owned();
        let rules = answer["check"]["rules"].as_array()?.iter();
        rules
            .filter(|finding| finding["rule"] == "same_shot")
            .map(|finding| (name.clone(), (finding.clone(), advice.clone())))
            .next()
    };
    said.lines().filter_map(finding).collect()
}

fn packs() -> Vec<&'static str> {
    let has_descriptor = |pack: &&str| Pack::open(&home(), pack).is_ok_and(|pack| pack.model(Role::Embed).is_some());
    let packs: Vec<_> = ["base", "full"].into_iter().filter(has_descriptor).collect();
    if packs.is_empty() {
        skipped("the face descriptor of every pack");
    }
    packs
}

#[test]
fn a_changed_shot_of_a_reference_fails_and_other_shots_and_people_pass() {
    let Some(set) = photos("same_shot") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let at = |name: String| set.join(name).to_str().expect("plain names").to_owned();
    let changed: Vec<String> =
        PEOPLE.iter().flat_map(|who| CHANGES.map(|change| format!("{who}_A_{change}.jpg"))).collect();
    let others: Vec<String> = PEOPLE.iter().map(|who| format!("{who}_B.jpg")).chain(["027_A.jpg".to_owned()]).collect();
    let all: Vec<String> = changed.iter().chain(&others).cloned().map(at).collect();
    let references = PEOPLE.map(|who| at(format!("{who}_A.jpg")));
    let [one, other] = &references;
    for pack in packs() {
        let asked = ["--json", "--tasks", "check", "--pack", pack, "--out", text(&out)];
        let given = ["--reference", one.as_str(), "--reference", other.as_str()];
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let output = worker(&[&asked[..], &given, &all].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found = findings(&output);
        assert_eq!(found.len(), changed.len() + others.len(), "{pack}");
        for file in &changed {
            let (finding, advice) = &found[file];
            assert_eq!((&finding["verdict"], advice.as_str()), (&"fail".into(), "retake"), "{pack} {file}: {finding}");
            assert_eq!(finding["code"], "same_shot", "{finding}");
            assert!(finding["zh"].is_string() && finding["place"].is_object(), "{finding}");
            assert!(!finding.to_string().contains("_A"), "nothing names the other photo: {finding}");
        }
        for file in &others {
            let (finding, _) = &found[file];
            assert_eq!(finding["verdict"], "pass", "{pack} {file}: {finding}");
            assert!(finding["reading"]["value"].as_f64().is_some_and(|reading| reading > 2.1), "{pack} {file}");
        }
    }
}

#[test]
fn without_references_nothing_is_compared_and_a_reference_without_a_face_is_refused() {
    let Some(set) = photos("same_shot") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (out, blank) = (folder.path().join("out"), folder.path().join("blank.png"));
    image::RgbImage::from_pixel(300, 400, image::Rgb([200; 3])).save(&blank).expect("a file");
    let photo = set.join("002_A.jpg");
    let has_models = packs();
    for pack in &has_models {
        let asked = ["--json", "--tasks", "check", "--pack", pack, "--out", text(&out), text(&photo)];
        let output = worker(&asked);
        let (finding, _) = &findings(&output)["002_A.jpg"];
        assert_eq!((&finding["verdict"], &finding["why"]), (&"not_assessed".into(), &"nothing_to_compare".into()));
        let stages: Value = serde_json::from_slice(&output.stdout).expect("one answer");
        let stages = stages["stages"].to_string();
        assert!(stages.contains("parse") && !stages.contains("embed"), "no face is described for nothing: {stages}");
        let output = worker(&[&asked[..], &["--reference", text(&blank)]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("reference_unusable") && said.contains("no_face"), "{said}");
    }
    if let Some(pack) = has_models.first() {
        let empty = folder.path().join("empty");
        fs::create_dir(&empty).expect("a folder");
        for (tasks, reference, says) in [("check", &empty, "no photos"), ("standardise", &photo, "--tasks check")] {
            let asked = ["--pack", pack, "--out", text(&out), "--tasks", tasks, "--reference", text(reference)];
            let output = worker(&[&asked[..], &[text(&photo)]].concat());
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(!output.status.success() && said.contains(says), "{said}");
        }
    }
}
