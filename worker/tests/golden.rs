//! Every rule's reading on photos of the lent sets is the one in `tests/fixtures/expected.csv`.
//!
//! `tests/run.sh golden` writes that table anew; look at what changed before it is committed.

use std::fs;

use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::{home, photos, skipped, workspace};
use gradphoto_worker::model::{Device, Engine, Runtime};
use gradphoto_worker::pack::{Pack, runtime_library};
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::rules::RULES;
use gradphoto_worker::stage::decode::DecodeLimits;

/// How far a reading may be from the expected one, by its unit: processors and versions of ONNX Runtime round
/// differently, and some readings are counts of pixels about a limit.
const TOLERANCES: [(&str, f32); 14] = [
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
fn readings_are_those_of_the_table() {
    let table = fs::read_to_string(workspace().join("tests/fixtures/expected.csv")).expect("the table");
    let mut lines = table.lines();
    let rules: Vec<&str> = lines.next().expect("a head").split(',').skip(3).collect();
    assert_eq!(rules, RULES.iter().map(|rule| rule.id).collect::<Vec<_>>(), "tests/run.sh golden writes it anew");
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    for pack in ["base", "full"] {
        let rows: Vec<_> = rows.iter().filter(|row| row[0] == pack).collect();
        assert!(rows.len() >= 60, "{pack} has {} photos", rows.len());
        let Some(mut pipeline) = pipeline(pack) else { continue };
        for row in rows {
            compare(&mut pipeline, row);
        }
    }
}

fn compare(pipeline: &mut Pipeline, row: &[&str]) {
    let (set, file) = (row[1], row[2]);
    let Some(folder) = photos(set) else { return };
    let photo = fs::read(folder.join(file)).expect("a photo of the set");
    let tasks = [Task::Standardise, Task::Check];
    let spec = Spec::preset("chsi").expect("a preset");
    let product = pipeline.run(&photo, &tasks, &spec, &|| true).expect("a pipeline that works");
    let found = product.and_then(|product| product.check).expect("an answer to check").rules;
    for ((rule, finding), expected) in RULES.iter().zip(&found).zip(&row[3..]) {
        let found = finding.reading.as_ref().map(|reading| reading.value);
        let most = tolerance(rule.unit).expect("another test says so");
        let is_near = match (found, expected.parse::<f32>()) {
            (Some(found), Ok(expected)) => (found - expected).abs() <= most,
            (found, expected) => found.is_none() && expected.is_err(),
        };
        assert!(is_near, "{} of {set}/{file}, pack {}: {found:?} for {expected}", rule.id, row[0]);
    }
}

fn pipeline(pack: &str) -> Option<Pipeline> {
    let Ok(pack) = Pack::open(&home(), pack) else {
        skipped(&format!("pack {pack}"));
        return None;
    };
    let runtime = Runtime::open(&runtime_library(&home()).expect("tests/run.sh fetches it"), Device::Cpu);
    let engine = Engine::load(&runtime.expect("a library that loads"), &pack).expect("models that load");
    Some(Pipeline::new(engine, DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 }))
}
