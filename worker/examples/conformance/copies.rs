//! Honest copies of the portraits, a little turned, lit or sized otherwise: as near as the sets come to people whom nobody
//! saw when limits were set.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use gradphoto_shared::check::Verdict;
use gradphoto_worker::pipeline::Pipeline;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, crop_imm, flip_horizontal, interpolate_bilinear, resize};
use image::{Rgb, RgbImage};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::looked::Looked;
use crate::portraits::{wronged, wrongs};
use crate::wrong::Wrong;
use crate::{groups, interval, share};

/// What is done to a portrait, how, and the JPEG quality of the copy.
type Copy = (&'static str, fn(&RgbImage) -> RgbImage, u8);

const COPIES: [Copy; 9] = [
    ("mirrored", |photo| flip_horizontal(photo), 92),
    ("mirrored and cut closer", closer, 75),
    ("turned by 2 degrees", turned, 92),
    ("of 760 pixels", |photo| resize(photo, 760, 760, FilterType::Lanczos3), 85),
    ("lighter, gamma 0.85", |photo| curved(photo, [1.0; 3], 0.85), 92),
    ("darker, gamma 1.18", |photo| curved(photo, [1.0; 3], 1.18), 92),
    ("warmer, red 4 % up, blue 5 % down", |photo| curved(photo, [1.04, 1.0, 0.95], 1.0), 92),
    ("cooler, red 4 % down, blue 4 % up", |photo| curved(photo, [0.96, 1.0, 1.04], 1.0), 92),
    ("with noise of up to 7 levels", noisy, 88),
];

/// Degrees of the turn, and the share of a side that is cut off so that no corner is empty.
const TURN: f32 = 2.0;
const CUT: f32 = 0.036;

/// The tables, for the neutral portraits.
pub(crate) fn report(pipelines: &mut [Pipeline], wrong: &Wrong) {
    let mut all = Vec::new();
    let mut rows = Vec::new();
    for (what, change, quality) in COPIES {
        let copy =
            |photo: Vec<u8>| saved(&change(&image::load_from_memory(&photo).expect("a portrait").into_rgb8()), quality);
        let copies = Looked::changed(pipelines, "chsi", "london", |_, label| label == "neutral", copy);
        let (falsely, back) = wronged(&copies);
        rows.push(format!("| {what} | {} | {} |", share(falsely, copies.len()), share(back, copies.len())));
        for (photo, found) in copies.iter().flat_map(|photo| wrongs(photo).map(move |found| (photo, found))) {
            let file = copy(fs::read(&photo.path).expect("a portrait"));
            wrong.add_file(["london copies", &found.rule, what], &photo.file, &file);
        }
        all.extend(copies);
    }
    if all.is_empty() {
        return;
    }
    println!("\n### Copies of the neutral portraits\n");
    println!(
        "Each changed in nine ways that leave it lawful: what is told of them and no label says is a mistake, but for"
    );
    println!("heads that the turn brings past 5 degrees.\n");
    println!("| copy | not accepted though no label says why | sent back so |\n|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
    let (falsely, back) = wronged(&all);
    println!("| all | {} | {} |", interval(falsely, all.len()), interval(back, all.len()));
    println!(
        "\nBy rule, *persons* are those of whom a copy is told so:\n\n| rule | fail | unsure | persons |\n|---|---|---|---|"
    );
    let mut told: BTreeMap<&str, (usize, usize, BTreeSet<&str>)> = BTreeMap::new();
    for photo in &all {
        for found in wrongs(photo) {
            let (fail, unsure, persons) = told.entry(&found.rule).or_default();
            *(if found.verdict == Verdict::Fail { fail } else { unsure }) += 1;
            persons.insert(&photo.file[..3]);
        }
    }
    for (rule, (fail, unsure, persons)) in told {
        let persons: Vec<&str> = persons.into_iter().collect();
        println!("| `{rule}` | {fail} | {unsure} | {} |", persons.join(", "));
    }
    groups::tables(&all);
}

fn closer(photo: &RgbImage) -> RgbImage {
    let (width, height) = photo.dimensions();
    crop_imm(&flip_horizontal(photo), width / 22, height / 45, width - width / 8, height - height / 14).to_image()
}

fn turned(photo: &RgbImage) -> RgbImage {
    let (width, height) = (photo.width() as f32, photo.height() as f32);
    let (sine, cosine) = TURN.to_radians().sin_cos();
    let [left, top] = [width * CUT, height * CUT];
    RgbImage::from_fn((width - 2.0 * left) as u32, (height - 2.0 * top) as u32, |column, row| {
        let (x, y) = (column as f32 + left - width / 2.0, row as f32 + top - height / 2.0);
        let place = (width / 2.0 + x * cosine - y * sine, height / 2.0 + x * sine + y * cosine);
        interpolate_bilinear(photo, place.0, place.1).unwrap_or(Rgb([255; 3]))
    })
}

fn curved(photo: &RgbImage, factors: [f32; 3], gamma: f32) -> RgbImage {
    let level = |level: u8, factor: f32| (255.0 * (f32::from(level) / 255.0).powf(gamma) * factor).round() as u8;
    let curves: Vec<[u8; 3]> = (0..=255).map(|from| factors.map(|factor| level(from, factor))).collect();
    let mut copy = photo.clone();
    copy.pixels_mut().for_each(|Rgb(levels)| *levels = [0, 1, 2].map(|at| curves[usize::from(levels[at])][at]));
    copy
}

fn noisy(photo: &RgbImage) -> RgbImage {
    let mut random = StdRng::seed_from_u64(1);
    let mut copy = photo.clone();
    copy.iter_mut().for_each(|level| *level = level.saturating_add_signed(random.random_range(-7..=7)));
    copy
}

fn saved(photo: &RgbImage, quality: u8) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality).encode_image(photo).expect("a picture that can be saved");
    file
}
