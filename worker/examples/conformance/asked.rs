//! What only some standards ask.

use gradphoto_worker::pipeline::Pipeline;

use crate::looked::{Looked, names};
use crate::{interval, share};

/// The sets, and the labels whose pictures show glasses, tinted or not, and whose show none: others may, and are left out.
const SETS: [(&str, &[&str], &[&str]); 3] = [
    ("defects_real", &["glasses"], &["none"]),
    ("defects_derived", &["clear_glasses", "glare_glasses", "tinted_glasses"], &["clean", "dark_clothes"]),
    ("london", &[], &["neutral", "smiling"]),
];
const CODES: [&str; 1] = ["glasses"];

/// Glasses, where a standard allows none.
pub(crate) fn glasses(pipelines: &mut [Pipeline]) {
    println!("\n### Glasses where none are allowed (`chsi_no_glasses`)\n");
    let mut rows = Vec::new();
    for (set, with, without) in SETS {
        let is_wanted = |_, labels: &str| labels.split(';').any(|label| [with, without].concat().contains(&label));
        let photos = Looked::changed(pipelines, "chsi_no_glasses", set, is_wanted, |photo| photo);
        if photos.iter().all(|photo| photo.reading("no_glasses").is_none()) {
            continue;
        }
        let (own, others): (Vec<&Looked>, Vec<&Looked>) = photos.iter().partition(|photo| photo.is_any(with));
        let told = |photos: &[&Looked]| photos.iter().filter(|photo| photo.says(&CODES)).count();
        let sure = own.iter().filter(|photo| photo.fails(&CODES)).count();
        let missed = names(own.iter().copied().filter(|photo| !photo.says(&CODES)));
        rows.push(format!(
            "| {set} | {} | {sure} | {} | {} |",
            interval(told(&own), own.len()),
            missed.join(" "),
            share(told(&others), others.len())
        ));
    }
    if rows.is_empty() {
        return println!("Not assessed.");
    }
    println!("| set | with glasses, told | of it surely | missed | without, told |\n|---|---|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
}
