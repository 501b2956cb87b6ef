//! `check` on real photos with both packs: what willing people's portraits and made defects are told.

mod pipelines;

use std::fs;
use std::path::Path;

use gradphoto_shared::check::{Advice, CheckOutcome, NotAssessed, Place, Verdict};
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::photos;
use gradphoto_worker::pack::Role;
use gradphoto_worker::pipeline::{Pipeline, Product, StandardiseProduct};
use gradphoto_worker::rules;

use crate::pipelines::pipeline;

const BOTH: [Task; 2] = [Task::Standardise, Task::Check];

fn run(pipeline: &mut Pipeline, photo: &[u8], tasks: &[Task]) -> Product {
    run_by("chsi", pipeline, photo, tasks)
}

fn run_by(spec: &str, pipeline: &mut Pipeline, photo: &[u8], tasks: &[Task]) -> Product {
    let spec = Spec::preset(spec).expect("a preset");
    pipeline.run(photo, tasks, &spec, &|| true).expect("a pipeline that works").expect("nobody stops it")
}

fn check(pipeline: &mut Pipeline, photo: &Path) -> CheckOutcome {
    let photo = fs::read(photo).expect("a photo of the set");
    run(pipeline, &photo, &[Task::Check]).check.expect("an answer to check")
}

/// Files of a set and their labels: plain words in the first two columns of its manifest.
fn labelled(set: &Path) -> Vec<(String, String)> {
    let manifest = fs::read_to_string(set.join("manifest.csv")).expect("a manifest");
    let row = |line: &str| {
        let mut cells = line.split(',').map(str::to_owned);
        Some((cells.next()?, cells.next()?))
    };
    manifest.lines().skip(1).filter_map(row).collect()
}

#[test]
fn nearly_no_portrait_of_a_willing_person_is_sent_back() {
    let Some(london) = photos("london") else { return };
    let hidden = fs::read_to_string(london.join("attributes.csv")).expect("what people saw");
    for pack in ["base", "full"] {
        let Some(mut pipeline) = pipeline(pack) else { continue };
        let neutral = labelled(&london).into_iter().filter(|(_, label)| label == "neutral");
        let (mut retaken, mut count) = (Vec::new(), 0);
        for (file, _) in neutral {
            count += 1;
            let outcome = check(&mut pipeline, &london.join(&file));
            // Who hides both ears or brows is sent back rightly; people who looked wrote that down.
            let is_hidden = hidden.lines().any(|line| line.starts_with(&file) && line.contains(",covered,"));
            if outcome.advice == Advice::Retake && !is_hidden {
                retaken.push((file, outcome.codes().map(str::to_owned).collect::<Vec<_>>()));
            }
        }
        assert!(retaken.len() * 50 <= count, "{pack}: {} of {count} at most 2 in 100: {retaken:?}", retaken.len());
    }
}

#[test]
fn made_defects_are_told_by_their_code_and_clean_portraits_are_not_sent_back() {
    let Some(derived) = photos("defects_derived") else { return };
    let expected = [
        ("two_persons", "several_faces"),
        ("half_lit_face", "half_lit_face"),
        ("over_exposed", "too_bright"),
        ("under_exposed", "too_dark"),
        ("blur", "blurred"),
        ("greyscale", "greyscale"),
        ("sky_blue_clothes", "background_blue_clothes"),
        ("striped_clothes", "patterned_clothes"),
        ("border_text", "border"),
        ("face_mask", "face_covered"),
        ("red_eye", "red_eye"),
        ("head_cut", "head_cut_off"),
    ];
    for pack in ["base", "full"] {
        let Some(mut pipeline) = pipeline(pack) else { continue };
        for (file, label) in labelled(&derived) {
            let path = derived.join(&file);
            if ["clean", "dark_clothes"].contains(&label.as_str()) {
                let outcome = check(&mut pipeline, &path);
                assert_ne!(outcome.advice, Advice::Retake, "{pack} {file}: {:?}", outcome.codes().collect::<Vec<_>>());
            } else if pack == "base" && label == "two_persons" {
                // Its detector misses one of 7 half-hidden faces; docs/ACCURACY.md counts them.
            } else if let Some((_, code)) = expected.iter().find(|(expected, _)| *expected == label) {
                let outcome = check(&mut pipeline, &path);
                assert!(outcome.codes().any(|said| said == *code), "{pack} {file} is not told {code}");
            }
        }
    }
}

/// Defects that further readings tell, on three of the seven people, the darkest and the palest skin among them.
#[test]
fn what_is_worn_and_what_covers_is_told_by_its_code() {
    let Some(derived) = photos("defects_derived") else { return };
    let by_pixels = [
        ("mouth_covered", "mouth_half_covered"),
        ("chin_shadow", "chin_shadow"),
        ("sunglasses", "eyes_shaded"),
        ("earrings", "earrings"),
        ("necklace", "necklace"),
        ("recaptured_screen", "recaptured"),
        ("recaptured_print", "recaptured"),
    ];
    let by_models = [
        ("sunglasses", "sunglasses"),
        ("tinted_glasses", "tinted_glasses"),
        ("glare_glasses", "reflecting_glasses"),
        ("face_mask", "mouth_covered"),
    ];
    for (pack, expected) in [("base", &by_pixels[..]), ("full", &[&by_pixels[..], &by_models[..]].concat())] {
        let Some(mut pipeline) = pipeline(pack) else { continue };
        let files = labelled(&derived).into_iter();
        for (file, label) in files.filter(|(file, _)| ["024", "069", "113"].iter().any(|who| file.starts_with(who))) {
            let Some((_, code)) = expected.iter().find(|(expected, _)| *expected == label) else { continue };
            let outcome = check(&mut pipeline, &derived.join(&file));
            let said: Vec<&str> = outcome.codes().collect();
            assert!(said.contains(code), "{pack} {file} is not told {code} but {said:?}");
        }
    }
}

#[test]
fn white_clothes_are_told_before_white_and_dark_ones_are_not() {
    let Some(derived) = photos("defects_derived") else { return };
    for pack in ["base", "full"] {
        let Some(mut pipeline) = pipeline(pack) else { continue };
        for (file, spec, is_told) in [
            ("024_clean.jpg", "chsi_white", true),
            ("069_clean.jpg", "chsi_grey", true),
            ("024_clean.jpg", "chsi", false),
            ("024_dark_clothes.jpg", "chsi_white", false),
            ("024_sky_blue_clothes.jpg", "chsi_white", false),
        ] {
            let photo = fs::read(derived.join(file)).expect("a photo of the set");
            let outcome = run_by(spec, &mut pipeline, &photo, &[Task::Check]).check.expect("an answer to check");
            let said: Vec<&str> = outcome.codes().filter(|code| code.contains("clothes")).collect();
            assert_eq!(said, if is_told { &["clothes_like_background"][..] } else { &[] }, "{pack} {file} {spec}");
        }
    }
}

#[test]
fn a_rule_that_is_not_asked_runs_no_model_and_one_without_its_model_says_so() {
    let Some(london) = photos("london") else { return };
    let Some(mut pipeline) = pipeline("base") else { return };
    let (file, _) = labelled(&london).swap_remove(0);
    let outcome = check(&mut pipeline, &london.join(file));
    let why = |rule: &str| outcome.rules.iter().find(|finding| finding.rule == rule).expect("a rule").why;
    assert_eq!(why("no_glasses"), Some(NotAssessed::NotAsked));
    for rule in ["an_ear_visible", "brows_clear", "no_sunglasses", "head_bare", "lower_face_bare"] {
        assert_eq!(why(rule), Some(NotAssessed::NoModel), "{rule}");
    }
    let spec = Spec::preset("chsi").expect("a preset");
    assert!(rules::want(&spec, Role::Sunglasses) && rules::want(&spec, Role::Iris) && rules::want(&spec, Role::Embed));
    let mut quiet = spec;
    quiet.rules.get_mut("no_sunglasses").expect("a rule").asked = false;
    assert!(!rules::want(&quiet, Role::Sunglasses));
}

#[test]
fn tasks_of_one_job_share_their_stages_and_change_nothing_of_each_other() {
    let Some(london) = photos("london") else { return };
    let Some(mut pipeline) = pipeline("base") else { return };
    let (file, _) = labelled(&london).swap_remove(0);
    let photo = fs::read(london.join(file)).expect("a photo of the set");
    let [both, standardise, check] =
        [&BOTH[..], &[Task::Standardise], &[Task::Check]].map(|tasks| run(&mut pipeline, &photo, tasks));
    let jpeg = |product: &Product| match &product.standardise {
        Some(StandardiseProduct::Finished { jpeg, .. }) => jpeg.clone(),
        other => panic!("not finished: {other:?}"),
    };
    assert_eq!(jpeg(&both), jpeg(&standardise));
    assert!(standardise.check.is_none() && check.standardise.is_none());
    let names = |product: &Product| product.stages.iter().map(|time| time.stage.clone()).collect::<Vec<_>>();
    let own = ["decode", "detect", "landmark", "outline", "place", "matte", "compose", "encode"];
    assert_eq!(names(&standardise), own);
    assert_eq!(names(&both), [&own[..], &["parse", "measure"]].concat());
    assert_eq!(names(&check), ["decode", "detect", "landmark", "outline", "parse", "measure"]);
    let (both, check) = (both.check.expect("an answer"), check.check.expect("an answer"));
    let finding = |outcome: &CheckOutcome, rule: &str| {
        outcome.rules.iter().find(|finding| finding.rule == rule).expect("a rule of the standard").clone()
    };
    assert_eq!(finding(&both, "output_background").verdict, Verdict::Pass);
    assert_eq!(finding(&check, "output_background").why, Some(NotAssessed::NoOutput));
    assert_eq!(finding(&both, "eyes_open"), finding(&check, "eyes_open"));
}

#[test]
fn a_photo_without_a_face_or_without_pixels_is_checked_all_the_same() {
    let Some(mut pipeline) = pipeline("base") else { return };
    let wall = image::RgbImage::from_pixel(600, 800, image::Rgb([180, 190, 200]));
    let mut png = std::io::Cursor::new(Vec::new());
    wall.write_to(&mut png, image::ImageFormat::Png).expect("memory takes it");
    for (photo, code) in [
        (&png.into_inner()[..], "no_face"),
        (b"a text", "not_an_image"),
        (b"", "empty_file"),
        (b"\xff\xd8\xff", "truncated"),
    ] {
        let outcome = run(&mut pipeline, photo, &[Task::Check]).check.expect("an answer to check");
        assert_eq!(outcome.advice, Advice::Retake, "{code}");
        assert_eq!(outcome.codes().collect::<Vec<_>>(), [code]);
        let told = outcome.rules.iter().find(|finding| finding.code.is_some()).expect("the code's rule");
        assert!(told.reading.is_some() && told.en.is_some() && told.zh.is_some(), "{told:?}");
    }
}

#[test]
fn a_place_lies_on_the_photo_that_was_sent() {
    let Some(real) = photos("defects_real") else { return };
    let Some(mut pipeline) = pipeline("full") else { return };
    for (file, _) in labelled(&real).into_iter().filter(|(_, label)| label == "mouth_open") {
        let outcome = check(&mut pipeline, &real.join(&file));
        let told = outcome.rules.iter().find(|finding| finding.code.as_deref() == Some("mouth_open"));
        let Some(Place::Box { left, top, width, height }) = told.and_then(|finding| finding.place.clone()) else {
            panic!("{file}: an open mouth has a box: {told:?}");
        };
        let picture = image::image_dimensions(real.join(&file)).expect("a picture");
        assert!(left + width > 0.0 && top + height > 0.0, "{file}");
        assert!(left < picture.0 as f32 && top < picture.1 as f32, "{file}");
    }
}

#[test]
fn a_checked_file_says_which_camera_took_it_and_when() {
    let (Some(set), Some(mut pipeline)) = (photos("exif"), pipeline("base")) else { return };
    let mut file = |name: &str| check(&mut pipeline, &set.join(name)).file.expect("a photo that can be decoded");
    let said = file("back_iphone.jpg");
    assert_eq!(said.camera().as_deref(), Some("Apple iPhone 13"));
    assert_eq!(said.lens.as_deref(), Some("iPhone 13 back dual wide camera 5.1mm f/1.6"));
    assert_eq!((said.software.as_deref(), said.taken_at.as_deref()), (Some("17.4"), Some("2026-03-18T18:01:02")));
    assert_eq!(file("photoshop.jpg").software.as_deref(), Some("Adobe Photoshop 25.4 (Windows)"));
    assert_eq!(file("camera_dslr.jpg").camera().as_deref(), Some("NIKON CORPORATION NIKON D850"));
    // What its camera noted, "beauty mode", is a comment; no comment leaves the worker.
    let noted = serde_json::to_string(&file("huawei_beauty.jpg")).expect("plain data");
    assert!(noted.contains("NOH-AN00") && !noted.to_lowercase().contains("beauty"), "{noted}");
    let bare = file("no_exif.jpg");
    assert_eq!((bare.camera(), bare.lens, bare.software, bare.taken_at), (None, None, None, None));
    assert!(bare.jpeg.is_some() && bare.width_px > 0 && bare.height_px > 0);
}

#[test]
fn where_only_the_camera_counts_a_file_without_one_goes_to_a_person() {
    let (Some(set), Some(mut pipeline)) = (photos("exif"), pipeline("base")) else { return };
    let photo = fs::read(set.join("no_exif.jpg")).expect("a photo of the set");
    let mut png = std::io::Cursor::new(Vec::new());
    image::load_from_memory(&photo).expect("sound").write_to(&mut png, image::ImageFormat::Png).expect("a PNG");
    let named = fs::read(set.join("back_iphone.jpg")).expect("a photo of the set");
    for (spec, photo, verdict) in [
        ("chsi", &photo, Verdict::NotAssessed),
        ("chsi_live", &photo, Verdict::Unsure),
        ("chsi_live", png.get_ref(), Verdict::Unsure),
        ("chsi_live", &named, Verdict::Pass),
    ] {
        let found = run_by(spec, &mut pipeline, photo, &[Task::Check]).check.expect("an answer to check");
        let finding = found.rules.iter().find(|rule| rule.rule == "camera_named").expect("a rule");
        assert_eq!(finding.verdict, verdict, "{spec}");
        let doubt = if verdict == Verdict::Unsure { Advice::Review } else { Advice::Accept };
        assert_eq!(finding.advice(), doubt, "{spec}");
    }
}
