//! Pictures with known defects: which are found, and what is said of those without.

use gradphoto_shared::check::Verdict;

use crate::looked::{Looked, counted, names};
use crate::wrong::Wrong;
use crate::{interval, share};

/// Percent asked to be found, and codes that say what a label says. A label without codes has no rule; it is listed all
/// the same.
const DERIVED: [(&str, u8, &[&str]); 38] = [
    ("background_object", 95, &["uneven_background", "other_person"]),
    ("background_shadow", 95, &["uneven_background"]),
    ("beauty_smooth", 80, &["too_smooth"]),
    ("beauty_warp", 80, &["too_smooth"]),
    ("blue_clothes", 80, &["blue_clothes", "background_blue_clothes"]),
    ("blur", 95, &["blurred"]),
    ("border_text", 95, &["border"]),
    ("chin_shadow", 80, &["chin_shadow"]),
    ("colour_cast", 80, &["colour_cast"]),
    ("dirty_lens", 80, &["hazy", "blurred"]),
    ("earrings", 80, &["earrings"]),
    ("face_mask", 95, &["face_covered", "mouth_covered", "mouth_half_covered"]),
    ("face_too_large", 95, &["head_cut_off", "chest_cut_off"]),
    ("face_too_small", 95, &["face_too_small", "enlarged"]),
    ("glare_glasses", 80, &["reflecting_glasses"]),
    ("greyscale", 80, &["greyscale"]),
    ("half_lit_face", 95, &["half_lit_face"]),
    ("head_cut", 95, &["head_cut_off"]),
    ("head_roll", 95, &["leaning_left", "leaning_right"]),
    ("highlight", 80, &["highlights"]),
    ("jpeg_artifacts", 80, &["compressed"]),
    ("low_resolution", 95, &["blurred"]),
    ("mirrored", 80, &[]),
    ("motion_blur", 95, &["blurred"]),
    ("mouth_covered", 80, &["face_covered", "mouth_covered", "mouth_half_covered"]),
    ("necklace", 80, &["necklace"]),
    ("noise", 80, &["noisy"]),
    ("off_centre", 95, &["off_centre", "chest_cut_off"]),
    ("over_exposed", 95, &["too_bright"]),
    ("recaptured_print", 80, &["recaptured"]),
    ("recaptured_screen", 80, &["recaptured"]),
    ("red_eye", 80, &["red_eye"]),
    ("sky_blue_clothes", 95, &["background_blue_clothes"]),
    ("striped_clothes", 95, &["patterned_clothes"]),
    ("sunglasses", 95, &["sunglasses", "eyes_shaded"]),
    ("tinted_glasses", 80, &["tinted_glasses"]),
    ("two_persons", 95, &["several_faces", "other_person"]),
    ("under_exposed", 95, &["too_dark"]),
];
/// What is no defect by the standard.
const ALLOWED: [&str; 3] = ["clean", "dark_clothes", "clear_glasses"];

const FILES: [(&str, u8, &[&str]); 3] = [
    ("front_camera", 95, &["front_camera"]),
    ("edited", 95, &["edited_file"]),
    ("size_differs_from_exif", 95, &["resized_file"]),
];

/// A row for each label: how many pictures are found, how many surely, and how many of the others are said
/// to have the same.
fn table(set: &str, photos: &[Looked], rows: &[(&str, u8, &[&str])], others: impl Fn(&Looked) -> bool, page: &Wrong) {
    println!(
        "| label | codes | asked | found | of it surely | retake | rejected for others | same codes on pictures without it |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let others: Vec<&Looked> = photos.iter().filter(|photo| others(photo)).collect();
    for (label, asked, codes) in rows {
        let own: Vec<&Looked> = photos.iter().filter(|photo| photo.is(label)).collect();
        let retaken = own.iter().filter(|photo| photo.is_retaken()).count();
        let is_other = |code: &&str| !codes.contains(code);
        let rejected = counted(own.iter().flat_map(|photo| photo.rejects().filter(is_other)));
        page.add(
            [set, label, "rejected for others"],
            own.iter().copied().filter(|photo| photo.rejects().any(|code| is_other(&code))),
        );
        if codes.is_empty() {
            println!(
                "| {label} | no rule: not to be seen in a picture alone | - | - | - | {} | {rejected} | - |",
                share(retaken, own.len())
            );
            continue;
        }
        page.add([set, label, "missed"], own.iter().copied().filter(|photo| !photo.says(codes)));
        let found = own.iter().filter(|photo| photo.says(codes)).count();
        let sure = own.iter().filter(|photo| photo.fails(codes)).count();
        let wrong = others.iter().filter(|photo| !photo.is(label) && photo.says(codes)).count();
        let strangers = others.iter().filter(|photo| !photo.is(label)).count();
        println!(
            "| {label} | {} | {asked} % | {} | {sure} | {} | {rejected} | {} |",
            codes.join(", "),
            interval(found, own.len()),
            share(retaken, own.len()),
            share(wrong, strangers)
        );
    }
}

pub(crate) fn derived(photos: &[Looked], page: &Wrong) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Made defects (defects_derived)\n");
    println!(
        "Pictures without the defect are those of the labels {}. *Rejected for others*: codes of",
        ALLOWED.join(", ")
    );
    println!("rules that reject and fail, with the number of pictures, that do not say what the label says.\n");
    table("defects_derived", photos, &DERIVED, |photo| photo.is_any(&ALLOWED), page);
}

pub(crate) fn allowed(photos: &[Looked], page: &Wrong) {
    if photos.is_empty() {
        return;
    }
    println!("\n### What the standard allows (defects_derived)\n");
    println!("Every code said counts, whatever its severity; *surely* are those of rules that fail.\n");
    println!("| label | retake | review or retake | codes said, pictures | of them surely |\n|---|---|---|---|---|");
    for label in ALLOWED {
        let own: Vec<&Looked> = photos.iter().filter(|photo| photo.is(label)).collect();
        let retaken = own.iter().filter(|photo| photo.is_retaken()).count();
        let seen = own.iter().filter(|photo| photo.check.advice.name() != "accept").count();
        let codes = |is_sure: bool| {
            let findings = own.iter().flat_map(|photo| &photo.check.rules);
            let wanted = findings.filter(|found| !is_sure || found.verdict == Verdict::Fail);
            counted(wanted.filter_map(|found| found.code.as_deref()))
        };
        let (retaken, seen) = (share(retaken, own.len()), share(seen, own.len()));
        println!("| {label} | {retaken} | {seen} | {} | {} |", codes(false), codes(true));
        page.add(
            ["defects_derived", label, "told"],
            own.into_iter().filter(|photo| photo.check.codes().next().is_some()),
        );
    }
}

/// Photographs of screens and prints against originals; most show things, not faces.
pub(crate) fn recaptured(photos: &[Looked], page: &Wrong) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Screens and prints (recapture)\n");
    for (kind, labels) in [("screens and prints", &["screen", "print"][..]), ("originals", &["original"])] {
        let own: Vec<&Looked> = photos.iter().filter(|photo| photo.is_any(labels)).collect();
        let told = names(own.iter().copied().filter(|photo| photo.says(&["recaptured"])));
        let assessed = own.iter().filter(|photo| photo.reading("not_recaptured").is_some()).count();
        println!("- {kind}: {} told, {assessed} assessed: {}", share(told.len(), own.len()), told.join(", "));
        let is_original = labels == ["original"];
        let wrong = own.into_iter().filter(|photo| photo.says(&["recaptured"]) == is_original);
        page.add(["recapture", kind, if is_original { "told" } else { "missed" }], wrong);
    }
}

pub(crate) fn files(photos: &[Looked], page: &Wrong) {
    if photos.is_empty() {
        return;
    }
    println!("\n### File evidence (exif)\n");
    table("exif", photos, &FILES, |_| true, page);
}
