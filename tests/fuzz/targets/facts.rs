//! EXIF blocks and colour profiles, each in a sound JPEG. The first two bytes say how long the EXIF block is; what
//! follows it is the profile.

#![no_main]

use std::sync::LazyLock;

use gradphoto_fuzz::{LIMITS, end_at_own_panics, split};
use gradphoto_worker::stage::decode::Source;
use libfuzzer_sys::fuzz_target;

/// Most bytes of a segment behind its length.
const SEGMENT: usize = 65_000;
/// Smallest picture that is not refused.
const SIDE: usize = 72;

static SOUND: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let pixels: Vec<u8> = (0..SIDE * SIDE * 3).map(|at| (at % 251) as u8).collect();
    let format = turbojpeg::PixelFormat::RGB;
    let image = turbojpeg::Image { pixels: &pixels[..], width: SIDE, pitch: SIDE * 3, height: SIDE, format };
    turbojpeg::compress(image, 80, turbojpeg::Subsamp::Sub2x2).expect("lawful pixels").to_vec()
});

fuzz_target!(init: end_at_own_panics(), |bytes: &[u8]| {
    let (exif, profile) = split(bytes);
    let exif = segment(0xe1, b"Exif\0\0", exif);
    let profile = segment(0xe2, b"ICC_PROFILE\0\x01\x01", profile);
    let file = [&SOUND[..2], &exif, &profile, &SOUND[2..]].concat();
    let source = Source::open(&file, &LIMITS).expect("no block beside the pixels makes a photo unreadable");
    assert_eq!(source.facts().size, (SIDE as u32, SIDE as u32));
    let picture = source.pixels(1.0).expect("no block beside the pixels makes a photo unreadable");
    assert_eq!(picture.dimensions(), (SIDE as u32, SIDE as u32));
});

fn segment(marker: u8, name: &[u8], data: &[u8]) -> Vec<u8> {
    let data = &data[..data.len().min(SEGMENT)];
    let length = ((2 + name.len() + data.len()) as u16).to_be_bytes();
    [&[0xff, marker], &length[..], name, data].concat()
}
