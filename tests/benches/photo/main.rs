//! What a photo costs: processor time per stage with one thread at work and with two, beside the bare sum of its model
//! runs, one decode and one encode, measured in the same run; photos per second of whole processes, and their memory. What it prints stands in
//! docs/PHOTO_SPEED.md; read the ratios, machines differ.
//!
//! `cargo bench --workspace --bench photo -- [--photos 8] [--rounds 5] [--cycle 0] [--pack base|full] [--json]`
//!
//! The photos are made from `../shared/photos/london`: 12 megapixels, noise, quality 92, 4:2:0; the
//! second lies on its side and says so in its EXIF block.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

mod cost;
mod cpu;
mod input;
mod spent;
mod whole;

use gradphoto_tests::row::Row;

/// Whatever went wrong; a bench tells it and ends.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// What was asked for.
struct Asked {
    /// Photos of 12 megapixels.
    photos: usize,
    /// Times that each photo is worked on; the least of each cost counts, since a busy machine only ever adds.
    rounds: usize,
    /// Photos of one run whose memory is watched; 0 leaves it out.
    cycle: usize,
    packs: Vec<String>,
    json: bool,
}

impl Asked {
    fn read() -> Result<Self> {
        let packs = vec!["base".to_owned(), "full".to_owned()];
        let mut asked = Self { photos: 8, rounds: 5, cycle: 0, packs, json: false };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or("a value is missing");
            match word.as_str() {
                "--photos" => asked.photos = value()?.parse()?,
                "--rounds" => asked.rounds = value()?.parse()?,
                "--cycle" => asked.cycle = value()?.parse()?,
                "--pack" => asked.packs = vec![value()?],
                "--json" => asked.json = true,
                // What cargo bench adds.
                "--bench" => {}
                _ => return Err(format!("what is {word}?").into()),
            }
        }
        Ok(asked)
    }
}

fn main() -> Result<()> {
    let asked = Asked::read()?;
    let folder = tempfile::tempdir()?;
    let photos = input::large(folder.path(), asked.photos)?;
    let mut rows: Vec<Row> = Vec::new();
    for pack in &asked.packs {
        rows.extend(cost::of(pack, &photos, asked.rounds)?);
        rows.extend(whole::rates(pack, folder.path(), asked.photos)?);
        if asked.cycle > 0 {
            rows.extend(whole::memory(pack, asked.cycle)?);
        }
    }
    if asked.json {
        println!("{}", serde_json::to_string(&rows)?);
    } else {
        rows.iter().for_each(|row| println!("{row}"));
    }
    Ok(())
}
