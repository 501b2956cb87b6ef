//! How long a search among the faces of a session takes, and what they cost in memory. The faces are made up: the time
//! of an exact scan does not depend on whose they are. What it prints stands in docs/GALLERY.md.
//!
//! `cargo bench --workspace --bench search [-- FACES ..]`

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::time::{Duration, Instant};

use gradphoto_shared::face::{Descriptor, Face, FaceModel, ShotSignature};
use gradphoto_worker::face::{Entry, Gallery};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A room, a session, and a season of a large school.
const FACES: [usize; 3] = [100, 3_000, 50_000];
/// Numbers of a descriptor, and bytes of a signature.
const NUMBERS: usize = 128;
const SHOT_BYTES: usize = 253;
/// Searches of which the median and the slowest are told.
const SEARCHES: usize = 200;

fn main() {
    let asked: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    println!(
        "| faces | search, median | search, slowest | enrol one more | load all | memory |\n|---|---|---|---|---|---|"
    );
    for faces in if asked.is_empty() { FACES.to_vec() } else { asked } {
        measure(faces);
    }
}

fn measure(faces: usize) {
    let mut chance = StdRng::seed_from_u64(faces as u64);
    let entries: Vec<Entry<usize>> = (0..faces).map(|photo| entry(photo, &mut chance)).collect();
    let mut gallery = Gallery::new(model()).expect("limits of the model");
    let start = Instant::now();
    for entry in entries {
        assert!(gallery.insert(entry));
    }
    let load = start.elapsed();
    let mut searches: Vec<Duration> = (0..SEARCHES)
        .map(|_| {
            let probe = face(&mut chance);
            let start = Instant::now();
            let decision = gallery.decide(&probe.descriptor);
            let took = start.elapsed();
            assert!(decision.best().is_some_and(|best| best < 0.9));
            took
        })
        .collect();
    searches.sort_unstable();
    let one_more = entry(faces, &mut chance);
    let start = Instant::now();
    assert!(gallery.insert(one_more));
    let enrol = start.elapsed();
    let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
    println!(
        "| {faces} | {} | {} | {} | {} | {:.1} MB |",
        ms(searches[SEARCHES / 2]),
        ms(searches[SEARCHES - 1]),
        ms(enrol),
        ms(load),
        gallery.bytes() as f64 / 1e6
    );
}

fn model() -> FaceModel {
    FaceModel::new("mobilefacenet_128/1").expect("a lawful name")
}

fn face(chance: &mut StdRng) -> Face {
    let numbers = (0..NUMBERS).map(|_| chance.random::<f32>() - 0.5).collect();
    let shot = (0..SHOT_BYTES).map(|_| chance.random::<u8>()).collect();
    Face {
        model: model(),
        descriptor: Descriptor::new(numbers).expect("a direction"),
        shot: ShotSignature::new(shot).expect("few bytes"),
    }
}

fn entry(photo: usize, chance: &mut StdRng) -> Entry<usize> {
    Entry { photo, subject: None, face: face(chance) }
}
