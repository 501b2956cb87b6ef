//! `read_code` on real and on made pictures of codes: what must be read, and what must never be.

mod pictures;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_tests::photos::{photos, pictures_in};
use gradphoto_worker::code::read;
use gradphoto_worker::stage::decode::DecodeLimits;
use image::{GrayImage, Luma, RgbImage, imageops};
use pictures::{gradient, jpeg, png};
use serde_json::Value;
use zxingcpp::{BarcodeCreator, BarcodeFormat};

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 64 << 20, max_pixels: 100_000_000 };
/// Secret enough to be looked for in what a worker says.
const TEXT: &str = "k3T9+Zq7/collection=code";
/// A code whose label lacks a letter that the code has: two readers and the code's own check bytes say so.
const MISLABELLED: &str = "zx2_13.png";

/// A picture of a code, `module` pixels a module, with four modules of margin.
fn code(text: &str, module: u32) -> GrayImage {
    let made = BarcodeCreator::new(BarcodeFormat::QRCode).from_slice(text).expect("a text that fits");
    let small = made.to_image().expect("a picture");
    let (width, height) = (small.width() as u32, small.height() as u32);
    let small = GrayImage::from_raw(width, height, small.data()).expect("one value a pixel");
    imageops::resize(&small, width * module, height * module, imageops::FilterType::Nearest)
}

fn on_paper(parts: &[(&GrayImage, i64, i64)], width: u32, height: u32) -> RgbImage {
    let mut paper = GrayImage::from_pixel(width, height, Luma([255]));
    for (part, left, top) in parts {
        imageops::overlay(&mut paper, *part, *left, *top);
    }
    image::DynamicImage::ImageLuma8(paper).into_rgb8()
}

fn answer(picture: &RgbImage) -> ReadCodeOutcome {
    read(&png(picture), &LIMITS).expect("a sound picture")
}

#[test]
fn a_code_is_read_in_every_direction_and_size() {
    let found = ReadCodeOutcome::found(TEXT);
    for module in [2, 3, 8] {
        let mut picture = on_paper(&[(&code(TEXT, module), 60, 90)], 900, 700);
        for turn in 0..4 {
            assert_eq!(answer(&picture), found, "{module} px, turned {turn} times");
            picture = imageops::rotate90(&picture);
        }
        assert_eq!(answer(&imageops::flip_horizontal(&picture)), found, "{module} px, mirrored");
        imageops::invert(&mut picture);
        assert_eq!(answer(&picture), found, "{module} px, light on dark");
    }
}

#[test]
fn several_codes_are_told_and_the_same_code_twice_is_one() {
    let (one, two) = (code(TEXT, 4), code("another", 4));
    let both = answer(&on_paper(&[(&one, 20, 20), (&two, 420, 20)], 800, 400));
    assert_eq!(both, ReadCodeOutcome::because(ReasonCode::SeveralCodes));
    let twice = answer(&on_paper(&[(&one, 20, 20), (&one, 420, 20)], 800, 400));
    assert_eq!(twice, ReadCodeOutcome::found(TEXT));
}

#[test]
fn a_picture_without_a_code_has_none() {
    for picture in [gradient(400, 300), RgbImage::new(100, 100), on_paper(&[], 1200, 80)] {
        assert_eq!(answer(&picture), ReadCodeOutcome::because(ReasonCode::NoCode));
    }
}

#[test]
fn what_is_cut_or_scratched_yields_its_own_text_or_none() {
    let whole = code(TEXT, 6);
    let (width, height) = whole.dimensions();
    for share in 1..10 {
        let cut = imageops::crop_imm(&whole, 0, 0, width * share / 10, height).to_image();
        let mut scratched = whole.clone();
        imageops::overlay(&mut scratched, &GrayImage::new(width * share / 10, height / 2), 0, i64::from(height / 4));
        for part in [cut, scratched] {
            match answer(&on_paper(&[(&part, 80, 80)], 600, 600)) {
                ReadCodeOutcome::Found { text } => assert_eq!(text.reveal(), Some(TEXT), "{share} tenths"),
                other => assert!(["none", "unreadable"].contains(&other.name()), "{}", other.name()),
            }
        }
    }
}

#[test]
fn a_cut_code_is_seen_and_not_taken_for_none() {
    let whole = code(TEXT, 6);
    let (width, height) = whole.dimensions();
    for tenths in 5..=8 {
        let cut = imageops::crop_imm(&whole, 0, 0, width * tenths / 10, height).to_image();
        let mut picture = on_paper(&[(&cut, 80, 80)], 600, 600);
        for light_on_dark in [false, true] {
            if light_on_dark {
                imageops::invert(&mut picture);
            }
            let found = answer(&picture);
            let is_whole = found == ReadCodeOutcome::found(TEXT);
            assert!(is_whole || found == ReadCodeOutcome::because(ReasonCode::CodeUnreadable), "{tenths}: {found:?}");
        }
    }
}

#[test]
fn a_text_with_a_nul_is_whole() {
    let found = answer(&on_paper(&[(&code("first\0second", 5), 50, 50)], 500, 500));
    assert_eq!(found, ReadCodeOutcome::found("first\0second"));
}

#[test]
fn a_file_that_is_no_picture_is_refused_with_its_reason() {
    let whole = jpeg(&gradient(300, 300));
    for (bytes, reason) in [
        (&[][..], ReasonCode::EmptyFile),
        (b"a text", ReasonCode::NotAnImage),
        (&whole[..whole.len() / 2], ReasonCode::Truncated),
    ] {
        assert_eq!(read(bytes, &LIMITS), Err(reason));
    }
}

/// File and label of each picture of a set.
fn labels(set: &Path) -> BTreeMap<String, String> {
    let mut table = csv::Reader::from_path(set.join("manifest.csv")).expect("a set has a manifest");
    let rows = table.records().map(|row| row.expect("a row"));
    rows.map(|row| (row[0].to_owned(), row[1].to_owned())).collect()
}

/// How many of a set's labelled codes are read; none may be read wrongly, nor anything where the label says
/// that nothing must be.
fn check_set(name: &str, least: f64) {
    let Some(set) = photos(name) else { return };
    let plain = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    let (mut exact, mut labelled, mut cut_unseen) = (0_u32, 0_u32, 0_u32);
    for (file, label) in labels(&set) {
        let photo = std::fs::read(set.join(&file)).expect("a picture of the set");
        let outcome = read(&photo, &LIMITS).unwrap_or_else(ReadCodeOutcome::because);
        let is_remark = label.starts_with('<') && label.ends_with('>') && label.is_ascii();
        labelled += u32::from(!is_remark);
        match outcome {
            ReadCodeOutcome::Found { .. } if file == MISLABELLED => {}
            ReadCodeOutcome::Found { text } if !is_remark => {
                assert!(text.reveal().map(plain) == Some(plain(&label)), "{file} is read wrongly");
                exact += 1;
            }
            ReadCodeOutcome::None { .. } if label.contains("must fail") => {
                cut_unseen += 1;
            }
            ReadCodeOutcome::Found { .. } => {
                assert!(!label.contains("must fail") && !label.contains("error"), "{file} yields a text");
            }
            ReadCodeOutcome::Several { .. } => exact += u32::from(label.contains('|')),
            _ => {}
        }
    }
    assert!(cut_unseen == 0, "{cut_unseen} cut codes count as none");
    assert!(f64::from(exact) >= least * f64::from(labelled), "{name}: {exact} of {labelled}");
}

#[test]
fn real_codes_are_read_and_none_wrongly() {
    check_set("qr_real", 0.80);
}

#[test]
fn dense_codes_are_read_and_none_wrongly() {
    check_set("qr_chsi_like", 0.96);
}

#[test]
fn portraits_hold_no_code() {
    for name in ["london", "defects_real"] {
        let Some(set) = photos(name) else { continue };
        for path in pictures_in(&set).iter().take(100) {
            let photo = std::fs::read(path).expect("a picture of the set");
            let outcome = read(&photo, &LIMITS).unwrap_or_else(ReadCodeOutcome::because);
            assert!(["none", "refused"].contains(&outcome.name()), "{}: {}", path.display(), outcome.name());
        }
    }
}

/// Runs the worker with a home that holds no models: codes need none.
fn worker(arguments: &[&str], home: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_worker"));
    command.args(["process", "--tasks", "read_code", "--log", "trace"]).args(arguments).env("GRADPHOTO_HOME", home);
    command.output().expect("the worker starts")
}

#[test]
fn the_text_stands_in_the_answer_and_nowhere_else() {
    let home = tempfile::tempdir().expect("a folder");
    let photo = home.path().join("code.png");
    std::fs::write(&photo, png(&on_paper(&[(&code(TEXT, 4), 30, 30)], 400, 400))).expect("a file");
    let photo = photo.to_str().expect("a plain name");
    let output = worker(&["--json", photo], home.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("one JSON line");
    assert_eq!(answer["read_code"], serde_json::json!({"outcome": "found", "text": TEXT}));
    assert_eq!((&answer["outcome"], &answer["pack"]), (&Value::from("finished"), &Value::from("none")));
    assert!(!String::from_utf8_lossy(&output.stderr).contains(TEXT), "a log tells the text");
    let table = worker(&[photo], home.path());
    let (said, logged) = (String::from_utf8_lossy(&table.stdout), String::from_utf8_lossy(&table.stderr));
    assert!(said.contains("code of 24 characters") && !said.contains(TEXT) && !logged.contains(TEXT), "{said}");
}
