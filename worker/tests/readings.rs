//! Readings of real people's photos: whether they tell apart what the rules want to tell apart. The full pack's
//! optional models lie in the home folder after `worker models pull --pack full --role check --from FOLDER`.

use std::collections::HashMap;
use std::path::Path;

use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::{home, photos, pictures_in, skipped};
use gradphoto_worker::measure::{Readings, jpeg, moire};
use gradphoto_worker::model::{Device, Engine, Movement, Runtime};
use gradphoto_worker::pack::{Pack, Role, runtime_library};
use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use gradphoto_worker::stage::landmark::{Crowd, Landmarked};
use gradphoto_worker::stage::view::View;
use gradphoto_worker::stage::{Stop, detect, landmark};

/// The engine of a pack whose optional models are there, or a line on standard error and `None`.
fn engine(pack: &str, role: Role) -> Option<Engine> {
    let runtime = Runtime::open(&runtime_library(&home()).expect("tests/run.sh fetches it"), Device::Cpu);
    match Pack::open(&home(), pack) {
        Ok(pack) if pack.model(role).is_some() => {
            Some(Engine::load(&runtime.expect("a library that loads"), &pack).expect("models that load"))
        }
        _ => {
            skipped(&format!("{} of the model pack {pack}", role.name()));
            None
        }
    }
}

/// Everything that is read of a photo; `None` where there is no face.
struct Read {
    readings: Readings,
    face: Landmarked,
}

fn read(engine: &mut Engine, photo: &Path) -> Option<Read> {
    let photo = std::fs::read(photo).expect("readable");
    let mut limits = Spec::preset("chsi").expect("built in").input;
    (limits.min_face_width_px, limits.second_face_share) = (0.0, f32::INFINITY);
    let source = Source::open(&photo, &DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 }).ok()?;
    let view = View::working(&source).ok()?;
    let found = detect::detect(&mut engine.detector, &view).and_then(|located| {
        let Crowd { subject: face, area, .. } = landmark::landmark(&mut engine.landmarker, &view, &located, &limits)?;
        let readings = Readings::take(engine, &view, &area, &face, |_| true)?;
        Ok(Read { readings, face })
    });
    match found {
        Ok(read) => Some(read),
        Err(Stop::Refused(_)) => None,
        Err(Stop::Failed(error)) => panic!("{error}"),
    }
}

/// Labels of each picture of a set.
fn labels(set: &Path) -> HashMap<String, Vec<String>> {
    let manifest = std::fs::read_to_string(set.join("manifest.csv")).expect("a manifest");
    let row = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        Some((cells.next()?, cells.next()?.split(';').map(str::to_owned).collect()))
    };
    manifest.lines().filter_map(row).collect()
}

/// Reads those pictures of a set that have one of some labels.
fn read_all(engine: &mut Engine, set: &Path, wanted: &[&str]) -> Vec<(String, Vec<String>, Read)> {
    let labels = labels(set);
    let mut all = Vec::new();
    for path in pictures_in(set) {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let labels = labels.get(&name).cloned().unwrap_or_default();
        if labels.iter().any(|label| wanted.contains(&label.as_str()))
            && let Some(read) = read(engine, &path)
        {
            all.push((name, labels, read));
        }
    }
    all
}

#[test]
fn glasses_and_sunglasses_are_told_from_bare_faces() {
    let (Some(set), Some(mut engine)) = (photos("defects_derived"), engine("full", Role::Glasses)) else { return };
    let with = ["clear_glasses", "glare_glasses", "tinted_glasses"];
    let wanted = [with.as_slice(), &["sunglasses", "clean", "noise", "half_lit_face", "colour_cast"]].concat();
    let all = read_all(&mut engine, &set, &wanted);
    assert_eq!(all.len(), 56, "7 persons x 8 versions");
    for (file, labels, read) in all {
        let clear = read.readings.glasses.clear.expect("the pack has the model") > 0.0;
        let dark = read.readings.glasses.dark.expect("the pack has the model") > 0.0;
        assert_eq!(clear, with.contains(&labels[0].as_str()), "{file}");
        assert_eq!(dark, labels[0] == "sunglasses", "{file}");
    }
}

#[test]
fn a_fringe_covers_brows_and_a_parting_does_not() {
    let (Some(set), Some(mut engine)) = (photos("defects_real"), engine("full", Role::Hair)) else { return };
    let fringes = read_all(&mut engine, &set, &["fringe_over_brows", "fringe"]);
    assert_eq!(fringes.len(), 8);
    for (file, _, read) in fringes {
        assert!(read.readings.hair_over_brows.most() > Some(0.2), "{file}: {:?}", read.readings.hair_over_brows);
        assert!(read.readings.bare_forehead < Some(0.75), "{file}: {:?}", read.readings.bare_forehead);
    }
    let Some(set) = photos("london") else { return };
    let all = read_all(&mut engine, &set, &["neutral"]);
    let covered: Vec<_> = all
        .iter()
        .filter(|(.., read)| read.readings.hair_over_brows.most() > Some(0.1))
        .map(|(file, ..)| file)
        .collect();
    assert_eq!(covered, ["143_neutral.jpg"], "the only one whose brows are labelled as covered");
    let over_eyes = all.iter().filter(|(.., read)| read.readings.hair_over_eyes.most() > Some(0.05)).count();
    assert_eq!((all.len(), over_eyes), (49, 0));
}

#[test]
fn ears_under_hair_are_told_from_bare_ears() {
    let (Some(set), Some(mut engine)) = (photos("london"), engine("full", Role::Parse)) else { return };
    let attributes = std::fs::read_to_string(set.join("attributes.csv")).expect("labels by eye");
    let ears = |file: &str| {
        let line = attributes.lines().find(|line| line.starts_with(file)).expect("a line for each picture");
        line.split(',').nth(5).expect("a column for ears").to_owned()
    };
    for (file, _, read) in read_all(&mut engine, &set, &["neutral", "smiling"]) {
        let most = read.readings.bare_ears.most().expect("both lie in the photo");
        match ears(&file).as_str() {
            "covered" => assert!(most <= 0.2, "{file}: {most}"),
            "visible" => assert!(most >= 0.1, "{file}: {most}"),
            _ => {}
        }
    }
}

#[test]
fn turned_heads_are_told_from_straight_ones() {
    let (Some(set), Some(mut engine)) = (photos("defects_real"), engine("full", Role::HeadPose)) else { return };
    let pose = |read: &Read| read.readings.head_pose.expect("the pack has the model");
    let all = read_all(&mut engine, &set, &["side_face", "looking_down", "looking_up"]);
    assert!(all.len() >= 11, "{}", all.len());
    for (file, labels, read) in all {
        let pose = pose(&read);
        let is_seen = |label: &String| match label.as_str() {
            "side_face" => pose.yaw.abs() > 25.0,
            "looking_down" => pose.pitch < -20.0,
            "looking_up" => pose.pitch > 10.0,
            _ => true,
        };
        assert!(labels.iter().all(is_seen), "{file}: {pose:?}");
    }
    let Some(set) = photos("defects_derived") else { return };
    // The same persons: turned in the picture, and mirrored.
    let mut roll = HashMap::new();
    let mut yaw = HashMap::new();
    for (file, labels, read) in read_all(&mut engine, &set, &["clean", "head_roll", "mirrored"]) {
        let person = file.split('_').next().unwrap_or_default().to_owned();
        roll.insert((person.clone(), labels[0].clone()), pose(&read).roll);
        yaw.insert((person, labels[0].clone()), pose(&read).yaw);
    }
    for (person, _) in roll.keys().filter(|(_, label)| label == "clean") {
        let of = |map: &HashMap<(String, String), f32>, label: &str| map[&(person.clone(), label.to_owned())];
        let turned = of(&roll, "head_roll") - of(&roll, "clean");
        assert!((7.0..16.0).contains(&turned.abs()), "{person}: {turned}");
        assert!((of(&yaw, "mirrored") + of(&yaw, "clean")).abs() < 3.0, "{person}: a mirror turns yaw round");
    }
}

#[test]
fn expressions_tell_closed_eyes_and_smiles() {
    let (Some(set), Some(mut engine)) = (photos("london"), engine("full", Role::Expression)) else { return };
    let share = |read: &Read, movement| read.readings.expression.expect("a mesh with irises").share(movement);
    let mut smiles = [0.0; 2];
    let all = read_all(&mut engine, &set, &["neutral", "smiling"]);
    for (file, labels, read) in &all {
        assert!(share(read, Movement::BlinkLeft).max(share(read, Movement::BlinkRight)) < 0.35, "{file}");
        smiles[usize::from(labels[0] == "smiling")] += share(read, Movement::SmileLeft) / (all.len() as f32 / 2.0);
    }
    assert!(smiles[0] < 0.1 && smiles[1] > 0.3, "mean smile, neutral and smiling: {smiles:?}");
    let Some(set) = photos("defects_real") else { return };
    for (file, _, read) in read_all(&mut engine, &set, &["one_eye_closed"]) {
        let (left, right) = (share(&read, Movement::BlinkLeft), share(&read, Movement::BlinkRight));
        assert!(left > 0.5 && right < 0.3, "{file} shows the eye at the left closed: {left} {right}");
    }
}

#[test]
fn a_face_on_a_screen_does_not_live() {
    let (Some(set), Some(mut engine)) = (photos("recapture"), engine("full", Role::LiveNear)) else { return };
    let live = |engine: &mut Engine, path: &Path| read(engine, path).expect("a face").readings.live;
    assert!(live(&mut engine, &set.join("face_image_F2.jpg")) < Some(0.1));
    let Some(set) = photos("exif") else { return };
    assert!(live(&mut engine, &set.join("camera_dslr.jpg")) > Some(0.9));
}

#[test]
fn optional_models_wait_until_they_are_asked_for() {
    let Some(mut engine) = engine("base", Role::Iris) else { return };
    assert!(engine.iris.is_there() && !engine.iris.is_loaded());
    assert!(!engine.hair.is_there());
    assert!(engine.hair.get().expect("no error").is_none(), "a role that the pack has not is no error");
    engine.warm_up_for_check().expect("models that load");
    assert!(engine.iris.is_loaded() && !engine.hair.is_loaded());
    assert!(!engine.body.is_loaded(), "no rule asks for it");
}

#[test]
fn the_base_pack_finds_irises_and_shoulders_and_says_what_it_cannot_tell() {
    let (Some(set), Some(mut base)) = (photos("london"), engine("base", Role::Iris)) else { return };
    let mut full = engine("full", Role::Hair);
    for path in pictures_in(&set).iter().filter(|path| path.to_string_lossy().contains("neutral")).take(12) {
        let found = read(&mut base, path).expect("a face");
        let readings = &found.readings;
        assert_eq!((readings.glasses.clear, readings.live, readings.head_pose), (None, None, None));
        assert_eq!((readings.expression, readings.hair_over_brows.most()), (None, None));
        let eyes = readings.eyes.as_ref().expect("the pack has the model");
        assert!(
            eyes.iter().all(|eye| eye.iris.len() == 5 && eye.openness > Some(0.15)),
            "{}: {eyes:?}",
            path.display()
        );
        let shoulders = readings.shoulders.expect("people down to the chest");
        assert!(shoulders.slope().abs() < 8.0, "{}: {shoulders:?}", path.display());
        assert!(shoulders.left.place.x < found.face.left_cheek.x && shoulders.right.place.x > found.face.right_cheek.x);
        let Some(full) = &mut full else { continue };
        let others = read(full, path).expect("a face").readings.eyes.expect("the mesh has them");
        let eye = found.face.points[33].distance(found.face.points[133]);
        for (eyes, others) in eyes.iter().zip(&others) {
            let off = eyes.iris[0].distance(others.iris[0]) / eye;
            assert!(off < 0.08, "{}: the packs' irises lie {off} of an eye apart", path.display());
        }
    }
}

#[test]
fn rasters_and_messengers_leave_their_traces() {
    let Some(set) = photos("defects_derived") else { return };
    let labels = labels(&set);
    for path in pictures_in(&set) {
        let label = labels[&path.file_name().expect("a file").to_string_lossy().into_owned()][0].as_str();
        let wave = || moire::strongest_wave(&image::open(&path).expect("a picture").to_rgb8()).expect("large enough");
        match label {
            "recaptured_screen" | "recaptured_print" => assert!(wave() > 4.5, "{}", path.display()),
            "clean" | "striped_clothes" => assert!(wave() < 3.5, "{}", path.display()),
            _ => {}
        }
    }
    let Some(set) = photos("recapture") else { return };
    let file = std::fs::read(set.join("y_real_01.jpg")).expect("readable");
    let traces = jpeg::traces(&file).expect("a JPEG with tables");
    assert!(traces.is_one_table && traces.is_progressive && !traces.is_example, "{traces:?}");
}
