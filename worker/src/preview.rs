//! Previews: finished pictures under a watermark, for students to confirm before they pay.

use std::path::Path;

use gradphoto_shared::{Error, Result};
use image::imageops::FilterType;
use image::{GrayImage, RgbImage, imageops};
use sha2::{Digest, Sha256};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::layout::Font;

/// Height of the letters over the picture's width: large enough that no stroke can be painted out unseen.
const LETTER_SHARE: f32 = 0.075;
/// From one line of the pattern to the next, and from one text to the next, in heights of the letters: so close
/// that every crop of a head holds several.
const LINE_STEP: f32 = 2.4;
const TEXT_GAP: f32 = 1.6;
/// How the lines rise, in degrees, and by how much either way from picture to picture.
const RISE: f32 = 28.0;
const RISE_SPREAD: f32 = 5.0;
/// Cover of the bright letters and of the dark edge that carries them on bright ground.
const BRIGHT: f32 = 0.5;
const DARK: f32 = 0.32;
/// JPEG quality of a preview.
const QUALITY: i32 = 75;

/// A text that covers a picture in slanting lines.
#[derive(Clone)]
pub struct Watermark {
    text: String,
    /// Ink of the text once, at [`LETTER_SHARE`] of a picture [`MADE_FOR`] pixels wide.
    ink: GrayImage,
}

/// Width in pixels of the pictures for which the ink is made; others have it scaled.
const MADE_FOR: f32 = 480.0;

impl Watermark {
    /// A watermark of `text`, which has at most 24 letters, in those of the font in `file`, where one is named.
    ///
    /// # Errors
    /// [`Error::Config`] for an empty or longer text, and for letters for which there is no font; [`Error::Io`] when
    /// `file` cannot be read.
    pub fn new(text: &str, file: Option<&Path>) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > 24 {
            return Err(Error::Config("a watermark has 1 to 24 letters".to_owned()));
        }
        let font = Font::for_all([text].into_iter(), file)?;
        let (letter, ink) = (MADE_FOR * LETTER_SHARE, font.line(text, MADE_FOR * LETTER_SHARE).ink);
        // The built-in letters are smaller than asked for.
        let grow = (letter / ink.height() as f32).max(1.0);
        let side = |length: u32| (length as f32 * grow).round() as u32;
        let ink = imageops::resize(&ink, side(ink.width()), side(ink.height()), FilterType::CatmullRom);
        Ok(Self { text: text.to_owned(), ink })
    }

    /// The picture under the watermark, as a JPEG. The pattern lies differently in each picture, so that none can
    /// be found by laying many over each other.
    ///
    /// # Errors
    /// [`Error::Broken`] when the encoder refuses lawful pixels.
    pub fn preview(&self, picture: &RgbImage) -> Result<Vec<u8>> {
        let mut marked = picture.clone();
        self.cover(&mut marked);
        encode(&marked)
    }

    fn cover(&self, picture: &mut RgbImage) {
        let seed = Sha256::digest(picture.as_raw());
        let random = |at: usize| f32::from(seed[at]) / 255.0;
        let scale = MADE_FOR / picture.width().max(1) as f32;
        let (sin, cos) = (RISE + RISE_SPREAD * (2.0 * random(0) - 1.0)).to_radians().sin_cos();
        let letter = MADE_FOR * LETTER_SHARE;
        let (width, height) = (self.ink.width() as f32 + TEXT_GAP * letter, LINE_STEP * letter);
        let shift = (random(1) * width, random(2) * height);
        // Cover at a place of the picture, with each line pushed on against the one before.
        let cover = |x: f32, y: f32| {
            let (along, down) = (x * cos - y * sin + shift.0, x * sin + y * cos + shift.1);
            let line = (down / height).floor();
            let (along, down) = ((along + line * width * 0.41).rem_euclid(width), down - line * height);
            sampled(&self.ink, along, down)
        };
        for (x, y, pixel) in picture.enumerate_pixels_mut() {
            let (x, y) = (x as f32 * scale, y as f32 * scale);
            let bright = BRIGHT * cover(x, y);
            let dark = DARK * cover(x - 2.0, y - 2.0).max(cover(x + 1.5, y + 1.5)) * (1.0 - bright / BRIGHT);
            pixel.0 = pixel.0.map(|level| {
                let dimmed = f32::from(level) * (1.0 - dark);
                (dimmed + (255.0 - dimmed) * bright + 0.5) as u8
            });
        }
    }
}

impl std::fmt::Debug for Watermark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watermark").field(&self.text).finish()
    }
}

/// Ink between four pixels, 0 to 1; none outside.
fn sampled(ink: &GrayImage, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let at = |column: f32, row: f32| {
        let inside = column >= 0.0 && row >= 0.0 && column < ink.width() as f32 && row < ink.height() as f32;
        if inside { f32::from(ink.get_pixel(column as u32, row as u32)[0]) / 255.0 } else { 0.0 }
    };
    let line = |row: f32| at(left, row) * (1.0 - across) + at(left + 1.0, row) * across;
    line(top) * (1.0 - down) + line(top + 1.0) * down
}

fn encode(picture: &RgbImage) -> Result<Vec<u8>> {
    let compress = || -> turbojpeg::Result<Vec<u8>> {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(QUALITY)?;
        compressor.set_subsamp(Subsamp::Sub2x2)?;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.as_raw().as_slice();
        compressor.compress_to_vec(Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB })
    };
    compress().map_err(|cause| {
        tracing::error!(%cause, "the JPEG encoder refused a preview");
        Error::Broken { stage: "preview" }
    })
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    /// How many of a part's pixels the watermark changed by more than anybody overlooks.
    fn changed(before: &RgbImage, after: &RgbImage, (left, top, width, height): (u32, u32, u32, u32)) -> f32 {
        let places = (top..top + height).flat_map(|y| (left..left + width).map(move |x| (x, y)));
        let differs = |&(x, y): &(u32, u32)| {
            let (one, other) = (before.get_pixel(x, y), after.get_pixel(x, y));
            one.0.iter().zip(other.0).any(|(one, other)| one.abs_diff(other) > 20)
        };
        places.filter(differs).count() as f32 / (width * height) as f32
    }

    #[test]
    fn every_part_of_every_ground_is_marked() {
        let watermark = Watermark::new("PREVIEW", None).expect("Latin letters are built in");
        for level in [0, 60, 128, 200, 255] {
            let before = RgbImage::from_pixel(480, 640, Rgb([level; 3]));
            let mut after = before.clone();
            watermark.cover(&mut after);
            for part in (0..4).flat_map(|row| (0..3).map(move |column| (column * 160, row * 160, 160, 160))) {
                let share = changed(&before, &after, part);
                assert!((0.04..0.6).contains(&share), "level {level}, part {part:?}: {share}");
            }
        }
    }

    #[test]
    fn the_pattern_differs_from_picture_to_picture_and_not_from_run_to_run() {
        let watermark = Watermark::new("PREVIEW", None).expect("Latin letters are built in");
        let ground = |level: u8| {
            let mut picture = RgbImage::from_pixel(480, 640, Rgb([128; 3]));
            picture.put_pixel(0, 0, Rgb([level; 3]));
            watermark.cover(&mut picture);
            picture
        };
        assert_eq!(ground(1), ground(1));
        assert!(changed(&ground(1), &ground(2), (0, 0, 480, 640)) > 0.05);
    }

    #[test]
    fn a_text_has_some_letters_and_not_too_many() {
        for text in ["", "  ", &"X".repeat(25)] {
            assert!(matches!(Watermark::new(text, None), Err(Error::Config(_))), "{text:?}");
        }
    }
}
