//! A stranger's file to pixels, in every format.

#![no_main]

use gradphoto_fuzz::{LIMITS, end_at_own_panics};
use gradphoto_worker::measure::jpeg;
use gradphoto_worker::stage::decode::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: end_at_own_panics(), |file: &[u8]| {
    let _ = jpeg::traces(file);
    let Ok(source) = Source::open(file, &LIMITS) else { return };
    let (width, height) = source.size();
    assert!(u64::from(width) * u64::from(height) <= LIMITS.max_pixels);
    assert_eq!(source.facts().size, (width, height));
    for scale in [0.125, 1.0] {
        if let Ok(picture) = source.pixels(scale) {
            let least = |side: u32| (side as f32 * scale).floor() as u32;
            assert!((least(width)..=width).contains(&picture.width()), "{width} at {scale}: {}", picture.width());
            assert!((least(height)..=height).contains(&picture.height()), "{height} at {scale}: {}", picture.height());
        }
    }
});
