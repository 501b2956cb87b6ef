//! The networks of the packs as they lie in the home folder, against answers of the original interpreters.
//!
//! `data/networks.json` holds, per network and picture, evenly spaced values and the mean of each output,
//! written once by the interpreter named beside them: `LiteRT` with its reference kernels, and for the selfie
//! network, whose last operator only MediaPipe has, MediaPipe itself on a picture of the network's own size. The face descriptor's 128 numbers are those of
//! face-api on its own interpreter, tfjs in plain JavaScript.
//! The greatest differences seen were 1.2e-4 (landmarks, in pixels), 1.8e-4 (alpha) and 8.2e-3 (bodies, in pixels,
//! of numbers up to 249).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use gradphoto_worker::pack::{Pack, Role, runtime_library};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::Tensor;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    pack: String,
    contract: String,
    picture: String,
    side: usize,
    picture_sum: u64,
    range: String,
    outputs: Vec<Output>,
}

#[derive(Deserialize)]
struct Output {
    name: String,
    values: usize,
    mean: f64,
    tolerance: f64,
    sample: Vec<f64>,
}

/// The home folder that `tests/run.sh` fills.
fn home() -> PathBuf {
    match std::env::var_os("GRADPHOTO_HOME") {
        Some(home) => Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(home),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../var"),
    }
}

fn environment() -> &'static Environment {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| ort::init_from(runtime_library(&home()).unwrap()).unwrap().build().unwrap())
}

/// The picture `drawn`: a face, hair and shoulders out of ellipses, on a sloping grey; or `noise`.
fn picture(name: &str, side: usize) -> Vec<u8> {
    match name {
        "drawn" => {
            let at = |index: usize| drawn(((index % side) * 256 / side) as i64, (index / side * 256 / side) as i64);
            (0..side * side).flat_map(at).collect()
        }
        "noise" => (0..side as u64 * side as u64 * 3)
            .map(|index| ((index.wrapping_mul(2_654_435_761) % (1 << 32)) >> 24) as u8)
            .collect(),
        other => panic!("no picture {other}"),
    }
}

/// Red, green and blue of the drawn face at a place in a square of 256.
fn drawn(x: i64, y: i64) -> [u8; 3] {
    let square = |length: i64| length * length;
    let is_cloth = square(x - 128) + (3 * square(y - 300)).div_euclid(2) < 9500;
    let is_hair = square(x - 128) * 3 + square(y - 118) * 2 < 14500;
    let is_skin = square(x - 128) * 3 + square(y - 128) * 2 < 10500;
    let is_eye = [105, 151].iter().any(|eye| square(x - eye) + 3 * square(y - 118) < 90);
    let is_mouth = square(x - 128) + 6 * square(y - 166) < 260;
    [(0, 224, 40, 60), (1, 172, 60, 36), (2, 140, 110, 30)].map(|(channel, skin, cloth, dark)| {
        let value = match (is_mouth, is_eye, is_skin, is_hair, is_cloth) {
            (true, ..) => dark + 60,
            (_, true, ..) => dark,
            (_, _, true, ..) => skin - (x - 128).div_euclid(4),
            (_, _, _, true, _) => dark,
            (.., true) => cloth,
            _ => 200 - x / 8 - y / 16 + 10 * channel,
        };
        value.clamp(0, 255) as u8
    })
}

fn role(contract: &str) -> Role {
    match contract {
        "blazeface-full-192" => Role::Detect,
        "mesh-468-192" | "mesh-478-256" => Role::Landmark,
        "selfie-256" => Role::Matte,
        "portrait-mnv3-256" => Role::MatteCheck,
        "dlib-resnet-150" => Role::Embed,
        "iris-64" => Role::Iris,
        "blazepose-256" => Role::Body,
        other => panic!("no contract {other}"),
    }
}

fn check(case: &Case, pack: &Pack) {
    let what = format!("{} {} on {}", case.pack, case.contract, case.picture);
    let picture = picture(&case.picture, case.side);
    assert_eq!(picture.iter().copied().map(u64::from).sum::<u64>(), case.picture_sum, "{what}: another picture");
    let to_value = |byte: &u8| match case.range.as_str() {
        "0..255" => f32::from(*byte),
        "0..1" => f32::from(*byte) / 255.0,
        "-1..1" => f32::from(*byte) / 127.5 - 1.0,
        other => panic!("no range {other}"),
    };
    let model = pack.model(role(&case.contract)).unwrap();
    assert_eq!(model.contract, case.contract);
    let mut session = Session::builder(environment()).unwrap().commit_from_file(&model.path).unwrap();
    let shape = [1, case.side, case.side, 3];
    let input = Tensor::from_array((shape, picture.iter().map(to_value).collect::<Vec<f32>>())).unwrap();
    let answers = session.run(ort::inputs![input]).unwrap();
    for expected in &case.outputs {
        let (_, values) = answers[expected.name.as_str()].try_extract_tensor::<f32>().unwrap();
        assert_eq!(values.len(), expected.values, "{what}: {}", expected.name);
        let mean = values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
        assert!((mean - expected.mean).abs() <= expected.tolerance, "{what}: mean {mean} for {}", expected.mean);
        for (index, sample) in expected.sample.iter().enumerate() {
            let place = index * (expected.values - 1) / (expected.sample.len() - 1).max(1);
            let value = f64::from(values[place]);
            assert!((value - sample).abs() <= expected.tolerance, "{what}: {value} for {sample} at {place}");
        }
    }
}

fn check_all(name: &str, pack: &Pack) -> usize {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/networks.json")).unwrap();
    let is_there = |case: &&Case| pack.model(role(&case.contract)).is_some();
    cases.iter().filter(|case| case.pack == name).filter(is_there).map(|case| check(case, pack)).count()
}

#[test]
fn the_base_pack_answers_as_the_original_networks_do() {
    let pack = Pack::open(&home(), "base").expect("tests/run.sh pulls it; by hand: worker models pull");
    let is_checked = pack.model(Role::Iris).is_some() && pack.model(Role::Body).is_some();
    assert!(is_checked, "tests/run.sh pulls them; by hand: worker models pull --role check");
    let has_descriptor = pack.model(Role::Embed).is_some();
    if !has_descriptor {
        // tests/run.sh fetches it where there is npm.
        assert!(!has_npm(), "npm is here, and the descriptor was not fetched: worker models pull --role all");
        eprintln!("skipped: npm is absent, and with it the face descriptor");
    }
    assert_eq!(check_all("base", &pack), if has_descriptor { 12 } else { 10 });
}

fn has_npm() -> bool {
    std::process::Command::new("npm").arg("--version").output().is_ok_and(|output| output.status.success())
}

#[test]
fn the_full_pack_answers_as_the_original_networks_do() {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/models");
    if !from.is_dir() {
        eprintln!("skipped: ../shared/models is absent");
        return;
    }
    let made = tempfile::tempdir().unwrap();
    let request = gradphoto_worker::pack::pull::Request { packs: &["full".into()], roles: &[], from: Some(&from) };
    let manifest = gradphoto_worker::pack::manifest::Manifest::ours();
    gradphoto_worker::pack::pull::pull(manifest, made.path(), &request, &mut |_| {}).unwrap();
    let pack = Pack::open(made.path(), "full").unwrap();
    assert_eq!(pack.label(), "full-1");
    assert_eq!(check_all("full", &pack), 6);
}
