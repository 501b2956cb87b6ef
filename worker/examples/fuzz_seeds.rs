//! Writes the first files of the corpora of `tests/fuzz`: tiny pictures made here, none of a person.
//!
//! `cargo run -p gradphoto-worker --example fuzz_seeds -- FOLDER`

use std::error::Error;
use std::fs;
use std::path::Path;

use moxcms::ColorProfile;
use zxingcpp::{BarcodeCreator, BarcodeFormat};

#[path = "../tests/pictures/mod.rs"]
mod pictures;

/// Modules in a row of the smallest QR code, and how many more each further version has.
const MODULES: (u32, u32) = (21, 4);

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("say where the seeds go")?;
    let folder = Path::new(&folder);
    for (target, seeds) in
        [("decode", decode()?), ("facts", facts()?), ("code", code()?), ("envelope", envelope()), ("spec", spec())]
    {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:02}")), seed)?;
        }
    }
    Ok(())
}

fn decode() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let picture = pictures::gradient(80, 73);
    let (width, height) = picture.dimensions();
    let jpeg = pictures::jpeg(&picture);
    let profile = ColorProfile::new_display_p3().encode()?;
    let block = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
    let turned = [b"Exif\0\0", &pictures::exif(6)[..]].concat();
    let wide: Vec<u8> = picture.as_raw().iter().flat_map(|&level| [level, level]).collect();
    let clear: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], pixel[0]]).collect();
    let indices: Vec<u8> = (0..width * height).map(|at| u8::from(at % 80 >= 40)).collect();
    let size = (width, height);
    Ok(vec![
        pictures::with_segment(&pictures::with_segment(&jpeg, 0xe2, &block), 0xe1, &turned),
        pictures::progressive(&picture),
        pictures::grey_jpeg(&picture),
        pictures::cmyk_jpeg(&picture),
        pictures::with_chunk(&pictures::png(&picture), b"eXIf", &pictures::exif(5)),
        pictures::png_of(size, png::ColorType::Rgb, png::BitDepth::Sixteen, &wide),
        pictures::png_of(size, png::ColorType::Rgba, png::BitDepth::Eight, &clear),
        pictures::png_of(size, png::ColorType::Indexed, png::BitDepth::Eight, &indices),
        pictures::moving_png(&picture),
        pictures::webp_of(size, picture.as_raw()),
        pictures::webp_with(&picture, Some(pictures::exif(8)), Some(profile)),
        pictures::moving_webp(),
        pictures::jpeg_claiming(20_000, 20_000),
        jpeg,
    ])
}

fn facts() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    // One entry: Software, ASCII, 9 bytes at offset 26.
    let software = b"II*\0\x08\0\0\0\x01\0\x31\x01\x02\0\x09\0\0\0\x1a\0\0\0\0\0\0\0Snapseed\0".to_vec();
    let joined = |exif: &[u8], profile: &[u8]| [&(exif.len() as u16).to_le_bytes(), exif, profile].concat();
    let profiles = [
        ColorProfile::new_srgb().encode()?,
        ColorProfile::new_display_p3().encode()?,
        ColorProfile::new_gray_with_gamma(2.2).encode()?,
    ];
    let mut seeds: Vec<_> = profiles.iter().map(|profile| joined(&software, profile)).collect();
    seeds.extend((1..=8).map(|number| joined(&pictures::exif(number), &[])));
    Ok(seeds)
}

fn code() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let texts = ["a", "k3T9+Zq7/collection=code", "0123456789012345678901234567890123456789", "HTTPS://EXAMPLE.ORG/学"];
    let mut seeds = Vec::new();
    for text in texts {
        let made = BarcodeCreator::new(BarcodeFormat::QRCode).from_slice(text)?.to_image()?;
        // One pixel a module; the picture may bring its own white border.
        let (width, data) = (made.width() as usize, made.data());
        let dark: Vec<usize> = (0..data.len()).filter(|&at| data[at] == 0).collect();
        let first = dark.iter().map(|at| at % width).min().ok_or("a code without dark modules")?;
        let last = dark.iter().map(|at| at % width).max().ok_or("a code without dark modules")?;
        let side = last - first + 1;
        let mut bits = vec![0_u8; (side * side).div_ceil(8)];
        for at in dark {
            let bit = (at / width - first) * side + (at % width - first);
            bits[bit / 8] |= 1 << (bit % 8);
        }
        let version = (u32::try_from(side)? - MODULES.0) / MODULES.1;
        seeds.push([&[u8::try_from(version)?], &bits[..]].concat());
    }
    Ok(seeds)
}

fn envelope() -> Vec<Vec<u8>> {
    let samples = [
        include_str!("../../tests/fixtures/envelopes/v1/least.json"),
        include_str!("../../tests/fixtures/envelopes/v1/later-field.json"),
        include_str!("../../tests/fixtures/envelopes/v1/scheduled.json"),
        include_str!("../../tests/fixtures/envelopes/v1/subject.json"),
        include_str!("../../tests/fixtures/envelopes/v2/least.json"),
        include_str!("../../tests/fixtures/envelopes/v2/scheduled.json"),
        include_str!("../../tests/fixtures/envelopes/v2/subject.json"),
    ];
    samples.iter().map(|text| text.as_bytes().to_vec()).collect()
}

fn spec() -> Vec<Vec<u8>> {
    let samples = [
        include_str!("../../shared/specs/chsi.toml"),
        include_str!("../../shared/specs/chsi_white.toml"),
        "base = \"chsi\"\nname = \"own\"\n[file]\nmax_bytes = 61440\n",
        "base = \"chsi\"\n[placement.face_width_px]\nmin = 1\nmax = 9e9\n",
        "base = \"chsi\"\n[rules.one_face]\nfail_below = 3\nseverity = \"warn\"\n",
    ];
    samples.iter().map(|text| text.as_bytes().to_vec()).collect()
}
