//! What a report shows of a photo: two small pictures and the marked one.

use std::fmt;

use image::{RgbImage, imageops};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::pipeline::{Product, StandardiseProduct};
use crate::stage::decode::{DecodeLimits, Source};

/// A small picture's place, 3 : 4 like the certificate picture: a face can be known again in it, and two of them take
/// some 8 KB of a page.
const WIDTH: u32 = 120;
const HEIGHT: u32 = 160;
const QUALITY: i32 = 72;

/// What a photo may cost that was worked on already.
const LIMITS: DecodeLimits = DecodeLimits { max_bytes: u64::MAX, max_pixels: 1_000_000_000 };

/// Two small pictures and the marked one.
#[derive(Clone)]
pub(crate) struct Shown {
    /// The photo as a small JPEG, where it can be decoded.
    pub(crate) before: Option<Vec<u8>>,
    /// The finished picture as a small JPEG.
    pub(crate) after: Option<Vec<u8>>,
    /// The marked photo as an SVG without words.
    pub(crate) marked: Option<String>,
}

impl Shown {
    pub(super) fn of(photo: &[u8], product: &Product) -> Self {
        let after = match &product.standardise {
            Some(StandardiseProduct::Finished { jpeg, .. }) => small(jpeg),
            _ => None,
        };
        Self { before: small(photo), after, marked: product.evidence.as_ref().map(|evidence| evidence.marked()) }
    }
}

/// Names no bytes.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

/// A picture scaled into its place, decoded no larger than twice that; `None` where it cannot be decoded.
fn small(bytes: &[u8]) -> Option<Vec<u8>> {
    let source = Source::open(bytes, &LIMITS).ok()?;
    let (width, height) = source.size();
    let fit = (WIDTH as f32 / width as f32).min(HEIGHT as f32 / height as f32).min(1.0);
    let picture = source.pixels(2.0 * fit).ok()?;
    let side = |side: u32, most: u32| ((side as f32 * fit).round() as u32).clamp(1, most);
    jpeg(&imageops::thumbnail(&picture, side(width, WIDTH), side(height, HEIGHT))).ok()
}

fn jpeg(picture: &RgbImage) -> turbojpeg::Result<Vec<u8>> {
    let mut compressor = Compressor::new()?;
    compressor.set_quality(QUALITY)?;
    compressor.set_subsamp(Subsamp::Sub2x2)?;
    compressor.set_optimize(true)?;
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_slice();
    compressor.compress_to_vec(Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB })
}
