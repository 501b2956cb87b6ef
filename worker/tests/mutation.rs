//! Thousands of broken files through the decoder, and some through the whole program: no panic gets out, none hangs,
//! none grows, each has its answer.

mod mutations;
mod pictures;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gradphoto_shared::outcome::ReasonCode;
use gradphoto_tests::photos;
use gradphoto_worker::stage::decode::{DecodeLimits, Source};
use mutations::run::{MOST_MEMORY_MB, Program, Report};
use mutations::{MUTATIONS, stretches};
use pictures::gradient;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Broken files per kind of picture; seven kinds.
const TRIES: u64 = 300;

/// Longest time for one file in milliseconds, ten times a machine under load.
const SLOWEST: Duration = Duration::from_millis(2_000);

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
            let file = stretches(file, &mut random);
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

/// Broken files of each way that the whole program is given; `examples/mutate` gives it thousands.
const OF_EACH: u64 = 8;

#[test]
fn every_broken_file_has_its_answer() {
    let place = tempfile::tempdir().expect("a folder");
    let (folder, out) = (place.path().join("in"), place.path().join("out"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut originals: Vec<Vec<u8>> = photos::pictures_in(&photos::home().join("samples"))
        .iter()
        .map(|path| std::fs::read(path).expect("a sample"))
        .collect();
    assert!(!originals.is_empty(), "the samples are there once tests/run.sh has fetched them");
    let made = gradient(300, 400);
    originals.extend([pictures::jpeg(&made), pictures::png(&made), pictures::webp_of((300, 400), made.as_raw())]);
    for (way, mutation) in MUTATIONS.iter().enumerate() {
        for number in 0..OF_EACH {
            let mut random = StdRng::seed_from_u64(number);
            let original = |at: u64| &originals[usize::try_from(at).expect("few") % originals.len()];
            let bytes = (mutation.apply)(original(number + way as u64), original(number + 1), &mut random);
            std::fs::write(folder.join(format!("{}-{number}.jpg", mutation.name)), bytes).expect("a file");
        }
    }
    let program = Program {
        worker: std::path::Path::new(env!("CARGO_BIN_EXE_worker")),
        home: &photos::home(),
        pack: "base",
        threads: 2,
        memory_mb: MOST_MEMORY_MB,
    };
    let mut report = Report::default();
    program.run(&folder, &out, &mut report);
    assert!(report.findings.is_empty(), "{report}");
    assert!(report.outcomes.len() > 5, "{report}");
    let summary = report.summary();
    assert!(summary.starts_with(&format!("{} files: ", report.files)) && summary.ends_with(" 0 findings"), "{summary}");
}
