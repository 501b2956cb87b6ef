//! Every rule's reading on photos of the lent sets is the one in `tests/fixtures/expected.csv`.
//!
//! `tests/run.sh golden` writes that table anew; look at what changed before it is committed.

mod every_rule;

use std::fs;

use every_rule::Reader;
use gradphoto_tests::photos::{home, photos, skipped, workspace};
use gradphoto_worker::pack::{Pack, Role};
use gradphoto_worker::rules::RULES;

/// How far a reading may be from the expected one, by its unit: processors and versions of ONNX Runtime round
/// differently, and some readings are counts of pixels about a limit.
const TOLERANCES: [(&str, f32); 15] = [
    ("yes_no", 0.0),
    ("faces", 0.0),
    ("signs", 0.0),
    ("share", 0.02),
    ("ratio", 0.02),
    ("eye_widths", 0.01),
    ("face_widths", 0.02),
    ("certainty", 0.05),
    ("degrees", 0.5),
    ("pixels", 1.0),
    ("times", 0.02),
    ("levels", 1.0),
    ("logit", 0.3),
    ("differences", 0.1),
    ("strokes", 1.0),
];

fn tolerance(unit: &str) -> Option<f32> {
    TOLERANCES.iter().find(|(name, _)| *name == unit).map(|(_, most)| *most)
}

#[test]
fn every_unit_has_a_tolerance_and_every_tolerance_a_unit() {
    for rule in RULES {
        assert!(tolerance(rule.unit).is_some(), "{} is in {}", rule.id, rule.unit);
    }
    for (unit, _) in TOLERANCES {
        assert!(RULES.iter().any(|rule| rule.unit == unit), "nothing is in {unit}");
    }
}

#[test]
fn every_rule_is_read_on_two_photos_at_least() {
    let table = table();
    for (at, rule) in RULES.iter().enumerate() {
        let read = |pack: &str| table.iter().filter(|row| row[0] == pack && row[3 + at] != "-").count();
        let most = read("base").max(read("full"));
        assert!(most >= 2, "{} is read on {most} photos: see NEEDED in worker/examples/conformance/golden.rs", rule.id);
    }
}

#[test]
fn readings_are_those_of_the_table() {
    let table = table();
    for name in ["base", "full"] {
        let rows: Vec<_> = table.iter().filter(|row| row[0] == name).collect();
        assert!(rows.len() >= 60, "{name} has {} photos", rows.len());
        let Ok(pack) = Pack::open(&home(), name) else {
            skipped(&format!("pack {name}"));
            continue;
        };
        let mut reader = Reader::open(&pack);
        if !reader.compares() {
            skipped(&format!("what tells shots apart in pack {name}"));
        }
        for row in rows {
            compare(&mut reader, row);
        }
    }
}

/// The rows below the head: pack, set, file, and what each rule reads.
fn table() -> Vec<Vec<String>> {
    let table = fs::read_to_string(workspace().join("tests/fixtures/expected.csv")).expect("the table");
    let mut rows = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = rows.next().expect("a head");
    assert_eq!(head[3..], RULES.iter().map(|rule| rule.id).collect::<Vec<_>>(), "tests/run.sh golden writes it anew");
    rows.collect()
}

fn compare(reader: &mut Reader, row: &[String]) {
    let (set, file) = (&row[1], &row[2]);
    let Some(folder) = photos(set) else { return };
    let found = reader.read(&fs::read(folder.join(file)).expect("a photo of the set"));
    for ((rule, found), expected) in RULES.iter().zip(found).zip(&row[3..]) {
        if rule.needs.contains(&Role::Embed) && !reader.compares() {
            continue;
        }
        let most = tolerance(rule.unit).expect("another test says so");
        let is_near = match (found, expected.parse::<f32>()) {
            (Some(found), Ok(expected)) => (found - expected).abs() <= most,
            (found, expected) => found.is_none() && expected.is_err(),
        };
        assert!(is_near, "{} of {set}/{file}, pack {}: {found:?} for {expected}", rule.id, row[0]);
    }
}
