//! Ways to break a photo, one line each in [`MUTATIONS`]. The same seed breaks it in the same way.
#![allow(dead_code, reason = "each program uses its own part")]

pub(crate) mod built;
pub(crate) mod run;

use rand::rngs::StdRng;
use rand::{Rng, RngExt};

/// A way to break a photo.
pub(crate) struct Mutation {
    /// Its name, which the broken file bears.
    pub(crate) name: &'static str,
    /// The broken file, made of two sound ones.
    pub(crate) apply: fn(&[u8], &[u8], &mut StdRng) -> Vec<u8>,
}

const fn mutation(name: &'static str, apply: fn(&[u8], &[u8], &mut StdRng) -> Vec<u8>) -> Mutation {
    Mutation { name, apply }
}

/// Every way.
pub(crate) const MUTATIONS: &[Mutation] = &[
    mutation("bits", |file, _, random| bits(file, random)),
    mutation("stretches", |file, _, random| stretches(file, random)),
    mutation("cut", |file, _, random| file[..random.random_range(0..=file.len())].to_vec()),
    mutation("spliced", spliced),
    mutation("noise", |file, _, random| noise(file, random)),
    mutation("head_only", |file, _, random| head_only(file, random)),
    mutation("length", |file, _, random| built::wrong_length(file, random)),
    mutation("sides", |file, _, random| built::wrong_sides(file, random)),
    mutation("tables", |file, _, random| built::noisy_segment(file, random)),
    mutation("markers", |file, _, random| markers(file, random)),
    mutation("exif_bomb", |file, _, random| built::exif_bomb(file, random)),
    mutation("profile", |file, _, random| built::broken_profile(file, random)),
    mutation("scans", |file, _, random| built::many_scans(file, random)),
    mutation("packed_bomb", |file, _, random| built::packed_bomb(file, random)),
    mutation("format", |file, _, random| built::other_format(file, random)),
    mutation("format_bits", |file, _, random| bits(&built::other_format(file, random), random)),
    mutation("moving", |file, _, random| built::moving(file, random)),
    mutation("tail", |file, other, random| [file, &other[..random.random_range(0..=other.len())]].concat()),
];

/// One to four changes: a bit turned, a byte drawn anew, a stretch cut, moved in from elsewhere, or doubled, the end
/// left off.
pub(crate) fn stretches(file: &[u8], random: &mut StdRng) -> Vec<u8> {
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

/// One to 64 bits turned, half of the time within the first kilobyte, where the headers are.
fn bits(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = file.to_vec();
    let near = if random.random() { file.len().min(1024) } else { file.len() };
    for _ in 0..random.random_range(1..=64) {
        if near > 0 {
            file[random.random_range(0..near)] ^= 1 << random.random_range(0..8);
        }
    }
    file
}

/// The head of one and the tail of another.
fn spliced(file: &[u8], other: &[u8], random: &mut StdRng) -> Vec<u8> {
    let (head, tail) = (random.random_range(0..=file.len()), random.random_range(0..=other.len()));
    [&file[..head], &other[tail..]].concat()
}

/// A stretch of any length drawn anew.
fn noise(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = file.to_vec();
    let (from, to) = (random.random_range(0..=file.len()), random.random_range(0..=file.len()));
    random.fill_bytes(&mut file[from.min(to)..from.max(to)]);
    file
}

/// The first bytes and noise behind them, or nothing at all.
fn head_only(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut tail = vec![0; random.random_range(0..4096)];
    random.fill_bytes(&mut tail);
    [&file[..file.len().min(random.random_range(0..64))], &tail].concat()
}

/// Markers strewn in: restarts, ends, new starts of pictures and of scans.
fn markers(file: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut file = file.to_vec();
    for _ in 0..random.random_range(1..=20) {
        let at = random.random_range(0..=file.len());
        let code = [0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0xc0, 0xc2, 0xc4, 0xdb, 0xdd, 0xff, 0x01][random.random_range(0..12)];
        file.splice(at..at, [0xff, code]);
    }
    file
}
