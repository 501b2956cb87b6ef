//! What only some standards ask.

use gradphoto_worker::pipeline::Pipeline;

use crate::looked::{Looked, names};
use crate::{interval, share};

/// Something that only some standards mind.
struct Asked {
    about: &'static str,
    preset: &'static str,
    rule: &'static str,
    code: &'static str,
    /// The sets, and the labels whose pictures show it and whose do not: others may, and are left out.
    sets: &'static [(&'static str, &'static [&'static str], &'static [&'static str])],
}

/// In london everybody wears a white T-shirt.
const ASKED: [Asked; 4] = [
    Asked {
        about: "Glasses where none are allowed",
        preset: "chsi_no_glasses",
        rule: "no_glasses",
        code: "glasses",
        sets: &[
            ("defects_real", &["glasses"], &["none"]),
            ("defects_derived", &["clear_glasses", "glare_glasses", "tinted_glasses"], &["clean", "dark_clothes"]),
            ("london", &[], &["neutral", "smiling"]),
        ],
    },
    Asked { preset: "chsi_white", ..clothes("White clothes before white") },
    Asked { preset: "chsi_grey", ..clothes("White clothes before light grey") },
    Asked {
        sets: &[("london", &[], &["neutral", "smiling"]), ("defects_derived", &["sky_blue_clothes"], &["clean"])],
        ..clothes("Clothes before the standard's blue")
    },
];

const fn clothes(about: &'static str) -> Asked {
    Asked {
        about,
        preset: "chsi",
        rule: "clothes_outline",
        code: "clothes_like_background",
        sets: &[
            ("london", &["neutral", "smiling"], &[]),
            ("defects_derived", &["clean"], &["dark_clothes", "sky_blue_clothes"]),
        ],
    }
}

/// All that only some standards mind, as far as the pack can tell.
pub(crate) fn asked(pipelines: &mut [Pipeline]) {
    ASKED.iter().for_each(|asked| table(asked, pipelines));
}

fn table(asked: &Asked, pipelines: &mut [Pipeline]) {
    println!("\n### {} (`{}`)\n", asked.about, asked.preset);
    let codes = [asked.code];
    let mut rows = Vec::new();
    for (set, with, without) in asked.sets {
        let is_wanted = |_, labels: &str| labels.split(';').any(|label| [*with, *without].concat().contains(&label));
        let photos = Looked::changed(pipelines, asked.preset, set, is_wanted, |photo| photo);
        let (told, untold): (Vec<Looked>, Vec<Looked>) =
            photos.into_iter().partition(|photo| photo.reading(asked.rule).is_some());
        if told.is_empty() {
            continue;
        }
        let (own, others): (Vec<&Looked>, Vec<&Looked>) = told.iter().partition(|photo| photo.is_any(with));
        let says = |photos: &[&Looked]| photos.iter().filter(|photo| photo.says(&codes)).count();
        let sure = own.iter().filter(|photo| photo.fails(&codes)).count();
        let missed = names(own.iter().copied().filter(|photo| !photo.says(&codes)));
        rows.push(format!(
            "| {set} | {} | {sure} | {} | {} | {} |",
            interval(says(&own), own.len()),
            missed.join(" "),
            share(says(&others), others.len()),
            untold.len(),
        ));
    }
    if rows.is_empty() {
        return println!("Not assessed.");
    }
    println!(
        "| set | with it, told | of it surely | missed | without, told | not assessed |\n|---|---|---|---|---|---|"
    );
    rows.iter().for_each(|row| println!("{row}"));
}
