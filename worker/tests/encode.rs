//! Finished pictures to files inside the window of the standard.

mod pictures;

use gradphoto_shared::spec::Spec;
use gradphoto_worker::stage::encode::{Encoded, encode};
use image::RgbImage;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Luminance quantisation steps of quality 50 in zigzag order (ITU-T T.81, table K.1), to read a quality
/// factor back from a file as libjpeg's scaling makes it.
const STEPS: [u32; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
];

/// A head-like blot on the official blue with `noise` levels of grain on it.
fn portrait(noise: i32) -> RgbImage {
    let mut random = StdRng::seed_from_u64(7);
    RgbImage::from_fn(480, 640, |x, y| {
        let (dx, dy) = (i64::from(x) - 240, i64::from(y) - 300);
        if dx * dx * 2 + dy * dy > 62_500 && y < 500 {
            return image::Rgb([100, 197, 255]);
        }
        let grain = random.random_range(-noise..=noise);
        let base = [190, 150, 130].map(|base: i32| base + i32::try_from((x + y) % 37).expect("small"));
        image::Rgb(base.map(|level| u8::try_from((level + grain).clamp(0, 255)).expect("clamped")))
    })
}

fn chsi() -> Spec {
    Spec::preset("chsi").expect("built in")
}

fn segment(file: &[u8], marker: u8) -> usize {
    file.windows(2).position(|pair| pair == [0xff, marker]).expect("the segment is there")
}

/// The quality factor by the file's luminance table.
fn quality_of(file: &[u8]) -> u8 {
    let table = segment(file, 0xdb) + 5;
    let scaled = |quality: u32| if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let fits = |quality: &u32| {
        STEPS
            .iter()
            .zip(&file[table..])
            .all(|(step, found)| u32::from(*found) == ((step * scaled(*quality) + 50) / 100).clamp(1, 255))
    };
    u8::try_from((1..=100).rev().find(fits).expect("tables of libjpeg's scaling")).expect("to 100")
}

fn check(noise: i32, spec: &Spec) -> Encoded {
    let picture = portrait(noise);
    let made = encode(&picture, spec).expect("lawful pixels");
    let bytes = made.bytes.len() as u64;
    assert_eq!(made.in_window, (spec.file.min_bytes..=spec.file.max_bytes).contains(&bytes), "{bytes} bytes");
    assert_eq!(quality_of(&made.bytes), made.quality);
    assert!((spec.file.min_quality..=spec.file.max_quality).contains(&made.quality), "quality {}", made.quality);
    assert_eq!(made.bytes, encode(&picture, spec).expect("lawful pixels").bytes, "the same pixels, the same bytes");
    let read = image::load_from_memory_with_format(&made.bytes, image::ImageFormat::Jpeg).expect("a sound JPEG");
    assert_eq!((read.width(), read.height(), read.color()), (480, 640, image::ColorType::Rgb8));
    made
}

#[test]
fn the_highest_quality_inside_the_window_is_taken() {
    let spec = chsi();
    let made = check(6, &spec);
    assert!(made.in_window && made.quality < spec.file.max_quality, "quality {}", made.quality);
    // One step more would leave the window.
    let mut next = spec.clone();
    next.file.min_quality = made.quality + 1;
    next.file.max_bytes = 1 << 30;
    next.file.max_quality = made.quality + 1;
    assert!(encode(&portrait(6), &next).expect("lawful").bytes.len() as u64 > spec.file.max_bytes);
}

#[test]
fn the_resolution_stands_in_the_file() {
    for dpi in [300, 350] {
        let mut spec = chsi();
        spec.picture.dpi = dpi;
        let file = check(6, &spec).bytes;
        let [high, low] = dpi.to_be_bytes();
        assert_eq!(file[2..4], [0xff, 0xe0], "JFIF comes first");
        assert_eq!(file[6..11], *b"JFIF\0");
        assert_eq!(file[13..18], [1, high, low, high, low]);
    }
}

#[test]
fn a_file_is_baseline_without_metadata() {
    let file = check(6, &chsi()).bytes;
    let scan = segment(&file, 0xda);
    let markers: Vec<u8> = {
        let (mut at, mut found) = (2, Vec::new());
        while at < scan {
            found.push(file[at + 1]);
            at += 2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        }
        found
    };
    assert!(markers.contains(&0xc0), "baseline: {markers:x?}");
    assert!(markers.iter().all(|marker| matches!(marker, 0xe0 | 0xdb | 0xc0 | 0xc4)), "{markers:x?}");
    assert!(file.ends_with(&[0xff, 0xd9]));
}

#[test]
fn colour_gives_way_before_the_window_does() {
    let sampling = |file: &[u8]| file[segment(file, 0xc0) + 11];
    assert_eq!(sampling(&check(6, &chsi()).bytes), 0x11, "full colour where there is room");
    let mut tight = chsi();
    let full = (1..60).map(|noise| (noise, encode(&portrait(noise), &tight).expect("lawful")));
    let (noise, _) = full.into_iter().find(|(_, made)| sampling(&made.bytes) == 0x22).expect("grain fills any window");
    assert!(check(noise, &tight).in_window);
    tight.file.max_quality = tight.file.min_quality;
    assert_eq!(check(noise, &tight).quality, tight.file.min_quality);
}

#[test]
fn a_window_out_of_reach_is_said() {
    let spec = chsi();
    let flat = RgbImage::from_pixel(480, 640, image::Rgb([100, 197, 255]));
    let made = encode(&flat, &spec).expect("lawful pixels");
    assert_eq!((made.in_window, made.quality), (false, spec.file.max_quality));
    assert!((made.bytes.len() as u64) < spec.file.min_bytes);
    let made = check(120, &spec);
    assert_eq!((made.in_window, made.quality), (false, spec.file.min_quality));
    assert!(made.bytes.len() as u64 > spec.file.max_bytes);
}
