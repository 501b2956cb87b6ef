//! `worker search` as a person runs it: whole answers of both packs on photos of adults who consented to research.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use gradphoto_tests::photos::{home, photos, skipped};
use gradphoto_worker::pack::{Pack, Role};
use serde_json::Value;
use tempfile::TempDir;

fn worker(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.arg("search").args(arguments).args(["--log", "warn"]).env("GRADPHOTO_HOME", home());
    command.output().expect("the worker starts")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("plain names")
}

/// What stands on standard output, one JSON object a line.
fn lines(output: &Output) -> Vec<Value> {
    let said = std::str::from_utf8(&output.stdout).expect("UTF-8");
    said.lines().map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect()
}

/// The file name in a field of a line.
fn name(line: &Value, field: &str) -> String {
    let path = Path::new(line[field].as_str().unwrap_or_default());
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Packs whose face descriptor was fetched, with the set of searches; nothing where either is absent.
fn prepared() -> Option<(Vec<&'static str>, std::path::PathBuf)> {
    let has_descriptor = |pack: &&str| Pack::open(&home(), pack).is_ok_and(|pack| pack.model(Role::Embed).is_some());
    let packs: Vec<_> = ["base", "full"].into_iter().filter(has_descriptor).collect();
    if packs.is_empty() {
        skipped("the face descriptor of every pack");
        return None;
    }
    Some((packs, photos("london_search")?))
}

/// A folder with photos of the set under names of ours.
fn folder(set: &Path, files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (photo, name) in files {
        fs::copy(set.join(photo), folder.path().join(name)).expect("a photo of the set");
    }
    folder
}

#[test]
fn people_are_found_and_strangers_are_not() {
    let Some((packs, set)) = prepared() else { return };
    // 002 and 006 are in the gallery, 007 is not; one file is no picture.
    let gallery =
        folder(&set, &[("002_gallery.jpg", "a.jpg"), ("006_gallery.jpg", "b.jpg"), ("002_gallery.jpg", "a2.jpg")]);
    let probes = folder(&set, &[("002_probe.jpg", "p2.jpg"), ("006_probe.jpg", "p6.jpg"), ("007_probe.jpg", "p7.jpg")]);
    fs::write(probes.path().join("q.jpg"), "a text").expect("a file");
    for pack in packs {
        let asked = ["--pack", pack, "--gallery", text(gallery.path()), "--probe", text(probes.path())];
        let output = worker(&[&asked[..], &["--json", "--doubles", "--candidates", "2"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = lines(&output);
        let outcomes: Vec<_> = lines.iter().map(|line| line["outcome"].as_str().unwrap_or_default()).collect();
        assert_eq!(outcomes, ["found", "found", "not_found", "unusable", "same_shot"], "{pack}: {lines:?}");
        assert!(name(&lines[0], "match").starts_with('a') && name(&lines[1], "match") == "b.jpg", "{pack}");
        assert_eq!((&lines[2]["match"], &lines[2]["reasons"][0]), (&Value::Null, &"not_in_gallery".into()));
        assert_eq!(lines[3]["reasons"][0], "not_an_image");
        assert_eq!(lines[0]["candidates"].as_array().map(Vec::len), Some(2));
        let table = worker(&asked);
        let table = String::from_utf8_lossy(&table.stdout);
        assert!(table.contains("4 photos searched among 3 faces: 2 found, 1 not_found, 1 unusable"), "{table}");
    }
}

#[test]
fn one_folder_as_both_finds_each_as_itself() {
    let Some((packs, set)) = prepared() else { return };
    let both = folder(&set, &[("002_gallery.jpg", "a.jpg"), ("006_gallery.jpg", "b.jpg")]);
    let output = worker(&["--pack", packs[0], "--gallery", text(both.path()), "--probe", text(both.path()), "--json"]);
    for line in lines(&output) {
        assert_eq!((name(&line, "match"), line["outcome"].as_str()), (name(&line, "probe"), Some("found")));
        assert!(line["score"].as_f64().is_some_and(|score| score > 0.999), "{line}");
    }
}

#[test]
fn where_there_is_nobody_to_search_among_that_is_said_at_once() {
    let Some((packs, set)) = prepared() else { return };
    let home = tempfile::tempdir().expect("a folder");
    let (empty, faceless, gone) = (home.path().join("empty"), home.path().join("faceless"), home.path().join("gone"));
    fs::create_dir(&empty).expect("a folder");
    fs::create_dir(&faceless).expect("a folder");
    fs::write(faceless.join("a.jpg"), "no picture").expect("a file");
    let people = folder(&set, &[("002_gallery.jpg", "a.jpg")]);
    let probes = folder(&set, &[("002_probe.jpg", "p2.jpg")]);
    for (gallery, probe, says) in [
        (gone.as_path(), probes.path(), "no such file or folder"),
        (&empty, probes.path(), "no photos among the files and folders given to --gallery"),
        (&faceless, probes.path(), "no photo of --gallery shows a face"),
        (people.path(), &empty, "no photos among the files and folders given to --probe"),
        (people.path(), &gone, "1 files got no answer"),
    ] {
        let output = worker(&["--pack", packs[0], "--gallery", text(gallery), "--probe", text(probe), "--lang", "zh"]);
        let (told, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.code() == Some(1) && error.contains(says), "{says}: {error}");
        assert!(!told.contains("本场次中未找到"), "nobody was looked for: {told}");
    }
}
