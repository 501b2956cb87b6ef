//! Pictures with known defects: which are found, and what is said of those without.

use std::collections::BTreeSet;

use crate::looked::Looked;
use crate::share;

/// Codes that say what a label says. A label without codes has no rule that could find it with the packs of
/// today; it is listed all the same.
const DERIVED: [(&str, &[&str]); 38] = [
    ("background_object", &["uneven_background", "other_person"]),
    ("background_shadow", &["uneven_background"]),
    ("beauty_smooth", &["too_smooth"]),
    ("beauty_warp", &["too_smooth"]),
    ("blue_clothes", &["blue_clothes", "background_blue_clothes"]),
    ("blur", &["blurred"]),
    ("border_text", &["border"]),
    ("chin_shadow", &[]),
    ("colour_cast", &["colour_cast"]),
    ("dirty_lens", &["hazy", "blurred"]),
    ("earrings", &[]),
    ("face_mask", &["face_covered"]),
    ("face_too_large", &["head_cut_off", "chest_cut_off"]),
    ("face_too_small", &["face_too_small", "enlarged"]),
    ("glare_glasses", &[]),
    ("greyscale", &["greyscale"]),
    ("half_lit_face", &["half_lit_face"]),
    ("head_cut", &["head_cut_off"]),
    ("head_roll", &["leaning_left", "leaning_right"]),
    ("highlight", &["highlights"]),
    ("jpeg_artifacts", &["compressed"]),
    ("low_resolution", &["blurred"]),
    ("mirrored", &[]),
    ("motion_blur", &["blurred"]),
    ("mouth_covered", &["face_covered"]),
    ("necklace", &[]),
    ("noise", &["noisy"]),
    ("off_centre", &["off_centre", "chest_cut_off"]),
    ("over_exposed", &["too_bright"]),
    ("recaptured_print", &["border", "uneven_background"]),
    ("recaptured_screen", &["border", "noisy", "uneven_background", "patterned_clothes"]),
    ("red_eye", &["red_eye"]),
    ("sky_blue_clothes", &["background_blue_clothes"]),
    ("striped_clothes", &["patterned_clothes"]),
    ("sunglasses", &[]),
    ("tinted_glasses", &[]),
    ("two_persons", &["several_faces", "other_person"]),
    ("under_exposed", &["too_dark"]),
];
/// What is no defect by the standard.
const ALLOWED: [&str; 3] = ["clean", "dark_clothes", "clear_glasses"];

const REAL: [(&str, &[&str]); 17] = [
    ("eyes_closed", &["eyes_closed"]),
    ("one_eye_closed", &["eyes_closed"]),
    ("mouth_open", &["mouth_open"]),
    ("smile", &["smiling", "mouth_open"]),
    ("expression", &["smiling", "mouth_open"]),
    ("side_face", &["turned_left", "turned_right"]),
    ("looking_down", &["head_lowered", "eyes_closed"]),
    ("looking_up", &["head_raised"]),
    ("head_tilt", &["leaning_left", "leaning_right"]),
    ("looking_away", &["looking_away", "turned_left", "turned_right"]),
    ("mask", &["face_covered", "no_face"]),
    ("occluded", &["face_covered", "no_face"]),
    ("faces_2", &["several_faces"]),
    ("faces_4", &["several_faces"]),
    ("two_faces", &["several_faces"]),
    ("no_face", &["no_face"]),
    ("blur", &["blurred"]),
];

const FILES: [(&str, &[&str]); 3] =
    [("front_camera", &["front_camera"]), ("edited", &["edited_file"]), ("size_differs_from_exif", &["resized_file"])];

/// A row for each label: how many pictures are found, how many surely, and how many of the others are said
/// to have the same.
fn table(photos: &[Looked], rows: &[(&str, &[&str])], others: impl Fn(&Looked) -> bool) {
    println!(
        "| label | codes | found | of it surely | retake | same codes on pictures without it |\n|---|---|---|---|---|---|"
    );
    let others: Vec<&Looked> = photos.iter().filter(|photo| others(photo)).collect();
    for (label, codes) in rows {
        let own: Vec<&Looked> = photos.iter().filter(|photo| photo.is(label)).collect();
        let retaken = own.iter().filter(|photo| photo.is_retaken()).count();
        if codes.is_empty() {
            println!("| {label} | no rule yet | - | - | {} | - |", share(retaken, own.len()));
            continue;
        }
        let found = own.iter().filter(|photo| photo.says(codes)).count();
        let sure = own.iter().filter(|photo| photo.fails(codes)).count();
        let wrong = others.iter().filter(|photo| !photo.is(label) && photo.says(codes)).count();
        let strangers = others.iter().filter(|photo| !photo.is(label)).count();
        println!(
            "| {label} | {} | {} | {sure} | {} | {} |",
            codes.join(", "),
            share(found, own.len()),
            share(retaken, own.len()),
            share(wrong, strangers)
        );
    }
}

pub(crate) fn derived(photos: &[Looked]) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Made defects (defects_derived)\n");
    println!("Pictures without the defect are those of the labels {}.\n", ALLOWED.join(", "));
    table(photos, &DERIVED, |photo| ALLOWED.iter().any(|label| photo.is(label)));
}

pub(crate) fn allowed(photos: &[Looked]) {
    if photos.is_empty() {
        return;
    }
    println!("\n### What the standard allows (defects_derived)\n");
    println!("| label | retake | review or retake | codes said |\n|---|---|---|---|");
    for label in ALLOWED {
        let own: Vec<&Looked> = photos.iter().filter(|photo| photo.is(label)).collect();
        let retaken = own.iter().filter(|photo| photo.is_retaken()).count();
        let seen = own.iter().filter(|photo| photo.check.advice.name() != "accept").count();
        let codes: BTreeSet<&str> = own.iter().flat_map(|photo| photo.check.codes()).collect();
        let codes: Vec<&str> = codes.into_iter().collect();
        println!("| {label} | {} | {} | {} |", share(retaken, own.len()), share(seen, own.len()), codes.join(", "));
    }
}

pub(crate) fn real(photos: &[Looked]) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Real pictures with defects (defects_real)\n");
    println!("Labels are sure of what they name, not of what they leave out, but for `none`.\n");
    table(photos, &REAL, |photo| photo.is("none"));
    for (rule, label, low) in [("eyes_open", "eyes_closed", true), ("mouth_closed", "mouth_open", false)] {
        let readings = |with: bool| -> Vec<f32> {
            let own = photos.iter().filter(|photo| photo.is(label) == with && (with || photo.is("none")));
            own.filter_map(|photo| photo.reading(rule)).map(|value| if low { -value } else { value }).collect()
        };
        let (with, without) = (readings(true), readings(false));
        println!(
            "\nEqual error rate of `{rule}` for {label}: {:.1} % ({} pictures with, {} labelled none).",
            100.0 * equal_error(&with, &without),
            with.len(),
            without.len()
        );
    }
}

/// The rate at which as many pictures with a defect are missed as pictures without are accused; readings
/// are higher with it.
fn equal_error(with: &[f32], without: &[f32]) -> f64 {
    let rates = with.iter().chain(without).map(|&limit| {
        let missed = with.iter().filter(|&&value| value < limit).count() as f64 / with.len().max(1) as f64;
        let accused = without.iter().filter(|&&value| value >= limit).count() as f64 / without.len().max(1) as f64;
        missed.max(accused)
    });
    rates.fold(1.0, f64::min)
}

pub(crate) fn files(photos: &[Looked]) {
    if photos.is_empty() {
        return;
    }
    println!("\n### File evidence (exif)\n");
    table(photos, &FILES, |_| true);
}
