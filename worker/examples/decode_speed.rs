//! Times the decoder: `cargo run -p gradphoto-worker --example decode_speed`.
//!
//! A 12-megapixel JPEG (3024 x 4032, quality 92, 4:2:0) is made from noise on a gradient, as a phone with
//! a rear camera writes it, then decoded at each scale, upright, turned and with a Display-P3 profile.

use std::error::Error;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use image::RgbImage;
use moxcms::ColorProfile;

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 50_000_000, max_pixels: 100_000_000 };
const RUNS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let plain = photo()?;
    let turned = with_segment(&plain, 0xe1, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0");
    let profile = [b"ICC_PROFILE\0\x01\x01", &ColorProfile::new_display_p3().encode()?[..]].concat();
    let wide = with_segment(&plain, 0xe2, &profile);
    let mut out = stdout().lock();
    writeln!(out, "{} bytes, best of {RUNS}", plain.len())?;
    for (name, file) in [("plain", &plain), ("turned by 90", &turned), ("Display-P3", &wide)] {
        for scale in [0.125, 0.25, 0.5, 1.0] {
            let time = best(|| Source::open(file, &LIMITS).and_then(|source| source.pixels(scale)));
            writeln!(out, "{name:>14} at {scale:<5} {:6.1} ms", time.as_secs_f64() * 1e3)?;
        }
    }
    let time = best(|| Source::open(&plain, &LIMITS));
    writeln!(out, "{:>14}          {:6.1} ms", "header alone", time.as_secs_f64() * 1e3)?;
    Ok(())
}

fn best<T, E: std::fmt::Debug>(work: impl Fn() -> Result<T, E>) -> Duration {
    let once = |_| {
        let start = Instant::now();
        work().expect("a sound photo");
        start.elapsed()
    };
    (0..RUNS).map(once).min().unwrap_or_default()
}

fn photo() -> Result<Vec<u8>, turbojpeg::Error> {
    let mut state = 1_u32;
    let picture = RgbImage::from_fn(3024, 4032, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = state >> 29;
        image::Rgb([x / 14 + grain, y / 19 + grain, (x + y) / 34 + grain].map(|level| level.to_le_bytes()[0]))
    });
    let chroma = turbojpeg::Subsamp::Sub2x2;
    let image = turbojpeg::Image {
        pixels: picture.as_raw().as_slice(),
        width: 3024,
        pitch: 3 * 3024,
        height: 4032,
        format: turbojpeg::PixelFormat::RGB,
    };
    Ok(turbojpeg::compress(image, 92, chroma)?.to_vec())
}

fn with_segment(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, data, &jpeg[2..]].concat()
}
