//! Real pictures with labelled defects: how many are found, how many of the found have them, and which are wrong.

use gradphoto_shared::check::Verdict;

use crate::looked::{Looked, names};
use crate::wrong::Wrong;
use crate::{interval, share};

/// Codes that say what a label says.
const LABELS: [(&str, &[&str]); 25] = [
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
    ("mask", &["face_covered", "mouth_covered", "mouth_half_covered", "no_face"]),
    ("occluded", &["face_covered", "mouth_covered", "mouth_half_covered", "hand_in_picture", "no_face"]),
    ("hands_on_head", &["hand_in_picture"]),
    ("sunglasses", &["sunglasses", "eyes_shaded"]),
    ("hat", &["head_covered"]),
    ("hood", &["head_covered", "hood"]),
    ("headband", &["head_covered", "hair_ornament"]),
    ("headphones", &["head_covered", "hair_ornament"]),
    ("fringe_over_brows", &["brow_covered", "brows_covered"]),
    ("bare_shoulders", &["bare_shoulders"]),
    ("faces_2", &["several_faces"]),
    ("faces_4", &["several_faces"]),
    ("two_faces", &["several_faces"]),
    ("no_face", &["no_face"]),
    ("blur", &["blurred"]),
];

pub(crate) fn report(photos: &[Looked], page: &Wrong) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Real pictures with defects (defects_real)\n");
    println!(
        "Labels are sure of what they name, not of what they leave out, but for `none`: so precision counts pictures"
    );
    println!("labelled with it among those and the ones labelled none that are told so.\n");
    println!("| label | codes | recall | of it surely | precision |\n|---|---|---|---|---|");
    let plain: Vec<&Looked> = photos.iter().filter(|photo| photo.is("none")).collect();
    let mut wrong = Vec::new();
    for (label, codes) in LABELS {
        let own: Vec<&Looked> = photos.iter().filter(|photo| photo.is(label)).collect();
        let found = own.iter().filter(|photo| photo.says(codes)).count();
        let sure = own.iter().filter(|photo| photo.fails(codes)).count();
        let accused: Vec<&Looked> = plain.iter().copied().filter(|photo| photo.says(codes)).collect();
        println!(
            "| {label} | {} | {} | {sure} | {} |",
            codes.join(", "),
            interval(found, own.len()),
            share(found, found + accused.len())
        );
        let missed: Vec<&Looked> = own.iter().copied().filter(|photo| !photo.says(codes)).collect();
        if missed.len() + accused.len() > 0 {
            let named = |photos: &[&Looked]| names(photos.iter().copied()).join(" ");
            wrong.push(format!("| {label} | {} | {} |", named(&missed), named(&accused)));
        }
        page.add(["defects_real", label, "missed"], missed);
        page.add(["defects_real", label, "told of none"], accused);
    }
    for (rule, label, low) in [("eyes_open", "eyes_closed", true), ("mouth_closed", "mouth_open", false)] {
        let readings = |with: bool| -> Vec<f32> {
            let own = photos.iter().filter(|photo| photo.is(label) == with && (with || photo.is("none")));
            own.filter_map(|photo| photo.reading(rule)).map(|value| if low { -value } else { value }).collect()
        };
        let (with, without) = (readings(true), readings(false));
        println!(
            "\nEqual error rate of `{rule}` for {label}: {:.1} % ({} pictures with, {} labelled none; asked 3 %).",
            100.0 * equal_error(&with, &without),
            with.len(),
            without.len()
        );
    }
    println!("\nPictures that are wrong (tight web crops: many of those labelled none are turned or blurred):\n");
    println!("| label | missed | labelled none and told so |\n|---|---|---|");
    wrong.iter().for_each(|line| println!("{line}"));
    println!("\nRules that fail on pictures labelled none ({}):\n", plain.len());
    for finding in &plain[0].check.rules {
        let failed =
            plain.iter().filter(|photo| photo.finding(&finding.rule).is_some_and(|f| f.verdict == Verdict::Fail));
        let count = failed.count();
        if count > 0 {
            println!("- `{}` {}", finding.rule, share(count, plain.len()));
        }
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
