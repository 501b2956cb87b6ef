//! `worker process` and `worker sheet` as a person runs them, with the base pack.

mod pictures;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

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

/// Answers without what differs from run to run.
fn answers(output: &Output) -> Vec<Value> {
    let lines = std::str::from_utf8(&output.stdout).expect("UTF-8").lines();
    let answer = |line| {
        let mut answer: Value = serde_json::from_str(line).expect("one JSON object a line");
        answer.as_object_mut().expect("an object").remove("stages").expect("stages have times");
        answer
    };
    let answers: Vec<Value> = lines.map(answer).collect();
    assert!(!answers.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    answers
}

/// A folder with one file of each bad kind, and what each is answered.
fn bad_files(folder: &Path) -> Vec<(&'static str, &'static str)> {
    let picture = gradient(200, 200);
    let jpeg = pictures::jpeg(&picture);
    let files: [(&str, &str, Vec<u8>); 10] = [
        ("animated.webp", "animated", pictures::moving_webp()),
        ("bomb.jpg", "too_many_pixels", pictures::jpeg_claiming(20_000, 20_000)),
        ("cmyk.jpg", "no_face", pictures::cmyk_jpeg(&picture)),
        ("cut.jpg", "truncated", jpeg[..jpeg.len() / 2].to_vec()),
        ("dot.png", "too_small", pictures::png(&gradient(1, 1))),
        ("empty.jpg", "empty_file", Vec::new()),
        ("gif.jpg", "unsupported_format", b"GIF89a\x01\0\x01\0\0\0\0;".to_vec()),
        ("large.jpg", "too_many_bytes", [&jpeg[..], &vec![0; 300_000]].concat()),
        ("png_inside.jpg", "no_face", pictures::png(&picture)),
        ("text.jpg", "not_an_image", b"a text".to_vec()),
    ];
    fs::create_dir_all(folder).expect("a folder");
    files
        .map(|(name, code, bytes)| {
            fs::write(folder.join(name), bytes).expect("a file");
            (name, code)
        })
        .to_vec()
}

#[test]
fn every_bad_file_has_its_answer_and_harms_no_other() {
    let home = tempfile::tempdir().expect("a folder");
    let (photos, out) = (home.path().join("in"), home.path().join("out"));
    let expected = bad_files(&photos);
    let run = |threads: &str| {
        let output = worker(&[
            "process",
            "--json",
            "--max-bytes",
            "250K",
            "--threads",
            threads,
            "--out",
            text(&out),
            text(&photos),
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        answers(&output)
    };
    let alone = run("1");
    let found: Vec<_> = alone
        .iter()
        .map(|answer| {
            assert_eq!(answer["outcome"], "refused", "{answer}");
            let name = Path::new(answer["file"].as_str().expect("text")).file_name().expect("a name");
            (name.to_str().expect("plain"), answer["reasons"][0].as_str().expect("a code"))
        })
        .collect();
    assert_eq!(found, expected);
    assert_eq!(run("3"), alone, "more threads, the same answers in the same order");
    assert_eq!(fs::read_dir(&out).expect("made").count(), 0);
}

#[test]
fn a_file_that_cannot_be_read_is_said_and_the_others_go_on() {
    let home = tempfile::tempdir().expect("a folder");
    let (photo, out) = (home.path().join("text.jpg"), home.path().join("out"));
    fs::write(&photo, "a text").expect("a file");
    let gone = home.path().join("gone.jpg");
    let output = worker(&["process", "--json", "--out", text(&out), text(&gone), "/dev/zero", text(&photo)]);
    assert_eq!(output.status.code(), Some(1));
    let answers = answers(&output);
    let codes: Vec<_> = answers.iter().map(|answer| (&answer["outcome"], &answer["error"]["code"])).collect();
    let (error, unreadable) = (Value::from("error"), Value::from("unreadable"));
    assert_eq!(codes[..2], [(&error, &unreadable), (&error, &unreadable)]);
    assert_eq!(answers[2]["reasons"], serde_json::json!(["not_an_image"]));
    let output = worker(&["process", "--out", text(&out), text(&gone), text(&photo)]);
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("2 files: 0 finished, 1 refused, 1 errors"), "{table}");
    assert!(table.contains("unreadable 1") && table.contains("not_an_image 1"), "{table}");
}

#[test]
fn a_wrong_command_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = text(home.path());
    let photo = home.path().join("a.jpg");
    fs::write(&photo, pictures::jpeg(&gradient(100, 100))).expect("a file");
    let empty = home.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    let table: [(&[&str], i32, &str); 10] = [
        (&["process", "--out", folder, "--tasks", "check", "--preview", "NO", text(&photo)], 1, "--tasks standardise"),
        (&["process", "--out", folder, text(&empty)], 1, "no photos"),
        (&["process", "--out", folder, "--spec", "none", folder], 2, "possible values: chsi"),
        (&["process", "--out", folder, "--tasks", "embellish", folder], 2, "possible values: standardise"),
        (&["process", "--out", folder, "--home", text(&empty), text(&photo)], 1, "worker models pull --pack base"),
        (&["process", "--out", folder, "--max-bytes", "many", folder], 2, "number of bytes"),
        (&["process", text(&photo)], 1, "say with --out"),
        (&["process", "--tasks", "check", "--evidence", "svg", text(&photo)], 1, "say with --out"),
        (&["process", "--tasks", "check,standardise", text(&photo)], 1, "say with --out"),
        (&["process", "--preview", "预览", "--font", text(&photo), "--out", folder, folder], 1, "is no font"),
    ];
    for (arguments, code, words) in table {
        let output = worker(arguments);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {message}");
        assert!(message.contains(words), "{arguments:?}: {message}");
    }
}

#[test]
fn a_check_alone_writes_nothing_and_needs_no_place_for_it() {
    let home = tempfile::tempdir().expect("a folder");
    let photo = home.path().join("a.jpg");
    fs::write(&photo, pictures::jpeg(&gradient(200, 200))).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.args(["process", "--json", "--tasks", "check,read_code", "--log", "warn", "a.jpg"]);
    let output = command.env("GRADPHOTO_HOME", photos::home()).current_dir(home.path()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = answers(&output);
    assert_eq!((&answers[0]["outcome"], &answers[0]["check"]["advice"]), (&"answered".into(), &"retake".into()));
    let file = serde_json::json!({ "width_px": 200, "height_px": 200 });
    let said = answers[0]["check"]["file"].as_object().expect("what the file says");
    assert!(file.as_object().expect("an object").iter().all(|(key, value)| said[key] == *value), "{said:?}");
    assert!(said["jpeg"]["quality"].as_u64().is_some() && !said.contains_key("make"), "{said:?}");
    assert_eq!(fs::read_dir(home.path()).expect("a folder").count(), 1, "only the photo itself");
}

#[test]
fn real_photos_are_finished_and_shown() {
    let Some(london) = photos::photos("london") else { return };
    let home = tempfile::tempdir().expect("a folder");
    let at = |name: &str| home.path().join(name);
    fs::create_dir(at("in")).expect("a folder");
    let portrait = fs::read(&photos::pictures_in(&london)[0]).expect("a photo of the set");
    for name in ["a.jpg", "a.webp", "学生.jpg"] {
        fs::write(at("in").join(name), &portrait).expect("a file");
    }
    fs::write(at("in/none.jpg"), pictures::jpeg(&gradient(600, 800))).expect("a file");
    let output = worker(&["process", "--json", "--threads", "2", "--out", text(&at("out")), text(&at("in"))]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = answers(&output);
    let outcomes: Vec<_> = answers.iter().map(|answer| answer["outcome"].as_str().expect("text")).collect();
    assert_eq!(outcomes, ["finished", "finished", "refused", "finished"]);
    for name in ["a.jpg.jpg", "a.webp.jpg", "学生.jpg"] {
        let picture = image::open(at("out").join(name)).expect("a sound JPEG");
        assert_eq!((picture.width(), picture.height()), (480, 640), "{name}");
    }
    assert_eq!(answers[0]["result"]["sha256"], answers[1]["result"]["sha256"], "the same photo, the same picture");
    fs::write(at("answers.jsonl"), &output.stdout).expect("a file");
    let (before, after, sheet, results) = (at("in"), at("out"), at("sheet.jpg"), at("answers.jsonl"));
    let (before, after, sheet, results) = (text(&before), text(&after), text(&sheet), text(&results));
    let output = worker(&["sheet", "--before", before, "--after", after, "--out", sheet, "--results", results]);
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), sheet, "{}", String::from_utf8_lossy(&output.stderr));
    let picture = image::open(sheet).expect("a sound JPEG");
    assert_eq!((picture.width(), picture.height()), (24 + 4 * 392, 24 + 298));
}

/// A running `worker process --json` on many photos, and the folder of the finished ones.
fn begun(home: &Path) -> (Child, PathBuf) {
    let (photos, out) = (home.join("in"), home.join("out"));
    fs::create_dir_all(&photos).expect("a folder");
    for number in 0..300 {
        let sample = photos::home().join("samples/astronaut.png");
        std::os::unix::fs::symlink(sample, photos.join(format!("{number:03}.png"))).expect("a link");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.args(["process", "--json", "--log", "warn", "--threads", "2", "--out"]).arg(&out).arg(&photos);
    command.env("GRADPHOTO_HOME", photos::home()).stdout(Stdio::piped()).stderr(Stdio::piped());
    (command.spawn().expect("the worker starts"), out)
}

#[test]
fn who_interrupts_keeps_whole_answers_and_whole_pictures_only() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut child, out) = begun(home.path());
    let mut output = BufReader::new(child.stdout.take().expect("ours"));
    let mut first = String::new();
    output.read_line(&mut first).expect("an answer");
    let done = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(done.expect("kill is there").success());
    let lines: Vec<String> = output.lines().map(|line| line.expect("UTF-8")).collect();
    let output = child.wait_with_output().expect("the worker ends");
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("stopped after") && told.contains("of 300 files"), "{told}");
    assert!(lines.len() < 250, "{} answers after the signal", lines.len());
    let finished = lines.iter().filter(|line| {
        let answer: Value = serde_json::from_str(line).expect("a whole answer");
        answer["outcome"] == "finished"
    });
    let names = fs::read_dir(&out).expect("a folder").map(|entry| entry.expect("readable").file_name());
    let pictures: Vec<_> = names.collect();
    assert_eq!(pictures.len(), finished.count() + 1, "{pictures:?}");
    assert!(pictures.iter().all(|name| name.to_string_lossy().ends_with(".jpg")), "{pictures:?}");
}

#[test]
fn who_reads_no_further_is_told_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let (mut child, _) = begun(home.path());
    let mut first = String::new();
    BufReader::new(child.stdout.take().expect("ours")).read_line(&mut first).expect("an answer");
    let output = child.wait_with_output().expect("the worker ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), ""));
}
