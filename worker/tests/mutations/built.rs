//! Breakages that know the format: lengths, sides, bombs, and the same picture in another format.

use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use image::{RgbImage, imageops};
use png::{BitDepth, ColorType};
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

use crate::pictures;

/// Long side in pixels of a picture in another format: a face is still found.
const SIDE: u32 = 480;

/// The picture of a file, small; a made one where it has none.
fn picture(file: &[u8]) -> RgbImage {
    let limits = DecodeLimits { max_bytes: 64 << 20, max_pixels: 100_000_000 };
    let decoded = Source::open(file, &limits).and_then(|source| source.pixels(0.25));
    let Ok(picture) = decoded else { return pictures::gradient(200, 260) };
    let share = f64::from(SIDE) / f64::from(picture.width().max(picture.height()));
    let side = |side: u32| ((f64::from(side) * share).round() as u32).max(80);
    imageops::resize(&picture, side(picture.width()), side(picture.height()), imageops::FilterType::Triangle)
}

fn is_jpeg(file: &[u8]) -> bool {
    file.starts_with(&[0xff, 0xd8])
}

/// The file where it is a JPEG, else its picture as one.
fn as_jpeg(file: &[u8]) -> Vec<u8> {
    if is_jpeg(file) { file.to_vec() } else { pictures::jpeg(&picture(file)) }
}

/// Where the segments of a JPEG before its first scan begin, each with its marker.
fn segments(jpeg: &[u8]) -> Vec<(usize, u8)> {
    let (mut found, mut at) = (Vec::new(), 2);
    while let Some(&[0xff, marker, high, low]) = jpeg.get(at..at + 4) {
        found.push((at, marker));
        if marker == 0xda {
            break;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    found
}

fn some<T: Copy>(of: &[T], random: &mut StdRng) -> Option<T> {
    (!of.is_empty()).then(|| of[random.random_range(0..of.len())])
}

/// A segment or chunk that says it is longer or shorter than it is.
pub(super) fn wrong_length(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = file.to_vec();
    let place = match is_jpeg(&file) {
        true => some(&segments(&file), random).map(|(at, _)| (at + 2, 2)),
        // The first chunk of a PNG, or the size of a WebP.
        false => Some((if file.starts_with(b"RIFF") { 4 } else { 8 }, 4)),
    };
    if let Some((at, length)) = place.filter(|(at, length)| at + length <= file.len()) {
        random.fill_bytes(&mut file[at..at + length]);
    }
    file
}

/// Sides that the data do not have, up to the largest that the format can say.
pub(super) fn wrong_sides(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = file.to_vec();
    let side = |random: &mut StdRng| -> u16 {
        let near = random.random_range(1..6000);
        some(&[0, 1, 72, 4000, 9_999, 10_000, 16_384, 65_500, 65_535, near], random).unwrap_or(near)
    };
    let (height, width) = (side(random), side(random));
    if is_jpeg(&file) {
        let frame = segments(&file).into_iter().find(|(_, marker)| matches!(marker, 0xc0..=0xc2));
        if let Some((at, _)) = frame.filter(|(at, _)| at + 9 <= file.len()) {
            file[at + 5..at + 7].copy_from_slice(&height.to_be_bytes());
            file[at + 7..at + 9].copy_from_slice(&width.to_be_bytes());
        }
    } else if file.len() > 32 {
        file[16..20].copy_from_slice(&u32::from(width).to_be_bytes());
        file[20..24].copy_from_slice(&u32::from(height).to_be_bytes());
        let mut check = flate2::Crc::new();
        check.update(&file[12..29]);
        file[29..33].copy_from_slice(&check.sum().to_be_bytes());
    }
    file
}

/// A table or header of a JPEG with noise in it.
pub(super) fn noisy_segment(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = as_jpeg(file);
    if let Some((at, _)) = some(&segments(&file), random) {
        let from = at + 4 + random.random_range(0..32);
        let to = (from + random.random_range(1..32)).min(file.len());
        if from < to {
            random.fill_bytes(&mut file[from..to]);
        }
    }
    file
}

/// An EXIF block full of entries that point anywhere, of directories that name themselves as the next one.
pub(super) fn exif_bomb(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let entries: u16 = some(&[1, 100, 4_000, 0xffff], random).unwrap_or(1);
    let written = entries.min(5_000);
    let mut block = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    block.extend(entries.to_be_bytes());
    for _ in 0..written {
        // Sub-directories, maker notes, thumbnails, orientation, and any other tag.
        let other: u16 = random.random();
        let tag = some(&[0x8769, 0x8825, 0xa005, 0x927c, 0x0201, 0x0112, 0x0131, 0x9286, other], random);
        block.extend(tag.unwrap_or(other).to_be_bytes());
        let (kind, count): (u16, u32) = (random.random_range(0..14), random.random());
        block.extend(kind.to_be_bytes());
        block.extend(some(&[0, 1, 4, 0x7fff_ffff, 0xffff_ffff, count], random).unwrap_or(count).to_be_bytes());
        block.extend(some(&[0_u32, 8, 10, 0xffff_fff0, count], random).unwrap_or(8).to_be_bytes());
    }
    block.extend(8_u32.to_be_bytes());
    pictures::with_segment(&as_jpeg(file), 0xe1, &block)
}

/// A colour profile with some of its bytes drawn anew, or with pieces that do not fit together.
pub(super) fn broken_profile(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut profile = moxcms::ColorProfile::new_display_p3().encode().expect("built in");
    for _ in 0..random.random_range(0..40) {
        let at = random.random_range(0..profile.len());
        profile[at] = random.random();
    }
    let (number, count) = if random.random() { (1, 1) } else { (random.random(), random.random()) };
    let block = [b"ICC_PROFILE\0", &[number, count][..], &profile].concat();
    pictures::with_segment(&as_jpeg(file), 0xe2, &block)
}

/// A progressive JPEG whose last scan comes again and again.
pub(super) fn many_scans(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let file = pictures::progressive(&picture(file));
    let scan = file.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a progressive file has scans");
    let (body, end) = file.split_at(file.len() - 2);
    let times = some(&[1, 5, 30, 80, 1_000], random).unwrap_or(1);
    [body, &body[scan..].repeat(times), end].concat()
}

/// A PNG that unfolds to very much: pixels, a text or a profile of zeros.
pub(super) fn packed_bomb(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    if random.random_range(0..4) == 0 {
        return pictures::png_bomb();
    }
    let zeros = |name: &[u8]| {
        let mut packed = flate2::write::ZlibEncoder::new(name.to_vec(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, &vec![0; 64 << 20]).expect("memory");
        packed.finish().expect("memory")
    };
    let png = pictures::png(&picture(file));
    match random.random_range(0..3) {
        0 => pictures::with_chunk(&png, b"zTXt", &zeros(b"text\0\0")),
        1 => pictures::with_chunk(&png, b"iTXt", &zeros(b"text\0\x01\0\0\0")),
        _ => pictures::with_chunk(&png, b"iCCP", &zeros(b"profile\0\0")),
    }
}

/// The same picture in another lawful format.
pub(super) fn other_format(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let picture = picture(file);
    let size = picture.dimensions();
    match random.random_range(0..9) {
        0 => pictures::cmyk_jpeg(&picture),
        1 => pictures::grey_jpeg(&picture),
        2 => pictures::progressive(&picture),
        3 => pictures::png(&picture),
        4 => {
            let wide: Vec<u8> = picture.as_raw().iter().flat_map(|&level| [level, level]).collect();
            pictures::png_of(size, ColorType::Rgb, BitDepth::Sixteen, &wide)
        }
        5 => {
            let clear: Vec<u8> = picture.pixels().flat_map(|p| [p[0], p[1], p[2], p[0]]).collect();
            pictures::png_of(size, ColorType::Rgba, BitDepth::Eight, &clear)
        }
        6 => pictures::webp_of(size, picture.as_raw()),
        7 => pictures::webp_with(&picture, Some(pictures::exif(random.random_range(0..10))), Some(vec![7; 500])),
        _ => {
            let clear: Vec<u8> = picture.pixels().flat_map(|p| [p[0], p[1], p[2], 255 - p[1]]).collect();
            pictures::webp_of(size, &clear)
        }
    }
}

/// A moving picture, whole or cut.
pub(super) fn moving(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = if random.random() { pictures::moving_webp() } else { pictures::moving_png(&picture(file)) };
    if random.random() {
        file.truncate(random.random_range(0..file.len()));
    }
    file
}
