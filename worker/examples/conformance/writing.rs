//! Writing drawn on the neutral portraits, and portraits without any.

use gradphoto_worker::layout::Font;
use gradphoto_worker::pipeline::Pipeline;
use gradphoto_worker::preview::Watermark;
use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage, imageops};

use crate::looked::{Looked, names};
use crate::{interval, share};

const CODES: [&str; 1] = ["text_in_picture"];
/// JPEG quality of the pictures with writing.
const QUALITY: u8 = 85;
/// Height of a line over the picture's: date stamps of cameras, names under portraits.
const STAMP: f32 = 0.04;
const CAPTION: f32 = 0.055;

/// What is drawn, and how.
type Kind = (&'static str, fn(&RgbImage) -> Vec<u8>);

const KINDS: [Kind; 3] = [
    ("date stamp: orange, right below", stamped),
    ("caption: black on a white strip below", captioned),
    ("watermark: pale, slanting, repeated, as this product's previews have it", previewed),
];

/// The tables. `plain` are sets without writing, by name.
pub(crate) fn report(pipelines: &mut [Pipeline], plain: &[(&str, &[Looked])]) {
    let mut rows = Vec::new();
    for (what, draw) in KINDS {
        let change = |photo: Vec<u8>| draw(&image::load_from_memory(&photo).expect("a portrait").into_rgb8());
        let photos = Looked::changed(pipelines, "chsi", "london", |_, label| label == "neutral", change);
        let told = photos.iter().filter(|photo| photo.says(&CODES)).count();
        let sure = photos.iter().filter(|photo| photo.fails(&CODES)).count();
        let missed = names(photos.iter().filter(|photo| !photo.says(&CODES)));
        rows.push(format!("| {what} | {} | {sure} | {} |", interval(told, photos.len()), missed.join(" ")));
    }
    println!("\n### Writing in the picture\n");
    println!("Drawn on the neutral portraits of london:\n");
    println!("| writing | told | of it surely | missed |\n|---|---|---|---|");
    rows.iter().for_each(|row| println!("{row}"));
    println!("\nTold of pictures on which nothing was written (press pictures may show print):\n");
    for (set, photos) in plain {
        let told = names(photos.iter().filter(|photo| photo.says(&CODES)));
        println!("- {set}: {}: {}", share(told.len(), photos.len()), told.join(", "));
    }
}

fn stamped(photo: &RgbImage) -> Vec<u8> {
    let mut picture = photo.clone();
    let (width, height) = picture.dimensions();
    let line = (width / 2, (STAMP * height as f32) as u32);
    print(&mut picture, "2024-05-18 12:30", (width - line.0, height - 2 * line.1), line, [255, 140, 0]);
    saved(&picture)
}

fn captioned(photo: &RgbImage) -> Vec<u8> {
    let (width, height) = photo.dimensions();
    let line = (width, (CAPTION * height as f32) as u32);
    let mut picture = RgbImage::from_pixel(width, height + line.1, Rgb([255; 3]));
    imageops::replace(&mut picture, photo, 0, 0);
    print(&mut picture, "Anna Miller 25103003", (0, height), line, [0; 3]);
    saved(&picture)
}

fn previewed(photo: &RgbImage) -> Vec<u8> {
    let preview = Watermark::new("PREVIEW", None).and_then(|watermark| watermark.preview(photo));
    preview.expect("letters that are built in")
}

/// Prints a text in the middle of a box.
fn print(picture: &mut RgbImage, text: &str, (left, top): (u32, u32), size: (u32, u32), colour: [u8; 3]) {
    for (x, y, ink) in Font::Latin.ink(text, size).enumerate_pixels() {
        if ink[0] > 0 {
            picture.put_pixel(left + x, top + y, Rgb(colour));
        }
    }
}

fn saved(picture: &RgbImage) -> Vec<u8> {
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY).encode_image(picture).expect("a picture that can be saved");
    file
}
