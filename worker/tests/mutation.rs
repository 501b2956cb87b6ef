//! Thousands of broken files through the decoder: no panic gets out, none hangs, none grows.

mod pictures;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gradphoto_shared::outcome::ReasonCode;
use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use pictures::gradient;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Broken files per kind of picture; seven kinds.
const TRIES: u64 = 300;

/// Longest time for one file in milliseconds, ten times a machine under load.
const SLOWEST: Duration = Duration::from_millis(2_000);

/// One to four changes: a bit turned, a byte drawn anew, a stretch cut, moved in from elsewhere, or
/// doubled, the end left off.
fn broken(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..random.random_range(1..=4) {
        if file.len() < 2 {
            break;
        }
        let at = random.random_range(0..file.len());
        let until = (at + random.random_range(1..=64)).min(file.len());
        let elsewhere = random.random_range(0..file.len());
        match random.random_range(0..6) {
            0 => file[at] ^= 1 << random.random_range(0..8),
            1 => file[at] = random.random(),
            2 => drop(file.drain(at..until)),
            3 => {
                let stretch = file[at..until].to_vec();
                file.splice(elsewhere..elsewhere, stretch);
            }
            4 => file.truncate(at),
            _ => {
                let length = (until - at).min(file.len() - elsewhere);
                file.copy_within(at..at + length, elsewhere);
            }
        }
    }
    file
}

/// Counts panics in our own code, which the decoder's guard would hide; a library's are its own.
fn count_own_panics() {
    std::panic::set_hook(Box::new(|panic| {
        if panic.location().is_none_or(|place| place.file().starts_with("worker/")) {
            OWN_PANICS.fetch_add(1, Ordering::Relaxed);
        }
    }));
}

static OWN_PANICS: AtomicU32 = AtomicU32::new(0);

#[test]
fn no_broken_file_harms() {
    count_own_panics();
    let picture = gradient(90, 80);
    let profile = moxcms::ColorProfile::new_display_p3().encode().expect("built in");
    let block = [b"ICC_PROFILE\0\x01\x01", &profile[..]].concat();
    let turned = [b"Exif\0\0", &pictures::exif(6)[..]].concat();
    let kinds = [
        pictures::jpeg(&picture),
        pictures::progressive(&picture),
        pictures::cmyk_jpeg(&picture),
        pictures::with_segment(&pictures::with_segment(&pictures::jpeg(&picture), 0xe2, &block), 0xe1, &turned),
        pictures::png(&picture),
        pictures::webp_of((90, 80), picture.as_raw()),
        pictures::webp_with(&picture, Some(pictures::exif(5)), Some(profile)),
    ];
    let limits = DecodeLimits { max_bytes: 1 << 20, max_pixels: 1 << 20 };
    let (mut decoded, mut refused) = (0, 0);
    for (kind, file) in kinds.iter().enumerate() {
        for seed in 0..TRIES {
            let mut random = StdRng::seed_from_u64(seed);
            let file = broken(file, &mut random);
            let start = Instant::now();
            let answer = Source::open(&file, &limits).and_then(|source| {
                let picture = source.pixels(1.0)?;
                assert_eq!(picture.dimensions(), source.size(), "kind {kind} seed {seed}");
                Ok(picture)
            });
            assert!(start.elapsed() < SLOWEST, "kind {kind} seed {seed} took {:?}", start.elapsed());
            match answer {
                Ok(picture) => {
                    assert!(u64::from(picture.width()) * u64::from(picture.height()) <= limits.max_pixels);
                    decoded += 1;
                }
                Err(code) => {
                    assert!(ReasonCode::ALL.contains(&code));
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(OWN_PANICS.load(Ordering::Relaxed), 0);
    assert!(decoded > 50 && refused > 1_000, "{decoded} decoded, {refused} refused");
}
