//! Thousands of broken photos through `worker process`: none may crash it, hang it, or go without an answer.
//!
//! `cargo run -p gradphoto-worker --example mutate -- [--files 10000] [--seed 1] [--pack base] [--threads 2]
//! [--memory-mb 600] [--keep FOLDER]`
//!
//! The photos are those of `../shared/photos`. The same seed makes the same files. Files with a finding are kept in
//! the folder that `--keep` names. The last line sums it up: files by outcome, the slowest, the most memory.

#![expect(clippy::print_stdout, reason = "a program prints what it found")]

#[path = "../../tests/mutations/mod.rs"]
mod mutations;
#[path = "../../tests/pictures/mod.rs"]
mod pictures;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use gradphoto_tests::photos;
use mutations::MUTATIONS;
use mutations::run::{MOST_MEMORY_MB, Program, Report};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Sets that are broken, and how many photos of each at most; of some, the first are all one person.
const SETS: [(&str, usize); 8] = [
    ("exif", 17),
    ("london", 98),
    ("defects_real", 211),
    ("defects_derived", 60),
    ("synth_east_asian", 60),
    ("qr_real", 96),
    ("qr_chsi_like", 50),
    ("recapture", 27),
];
/// Largest photo in bytes that is broken: a larger one says nothing more, and costs the disk.
const LARGEST: u64 = 1 << 20;
/// Files that are made, looked at and removed together.
const TOGETHER: usize = 500;
/// Endings of the files; a stranger's ending says nothing.
const ENDINGS: [&str; 5] = ["jpg", "jpg", "png", "webp", "heic"];

struct Asked {
    files: usize,
    seed: u64,
    pack: String,
    threads: usize,
    memory_mb: u64,
    keep: Option<PathBuf>,
}

impl Asked {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut asked =
            Self { files: 10_000, seed: 1, pack: "base".to_owned(), threads: 2, memory_mb: MOST_MEMORY_MB, keep: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let value = words.next().ok_or("a value is missing")?;
            match word.as_str() {
                "--files" => asked.files = value.parse()?,
                "--seed" => asked.seed = value.parse()?,
                "--pack" => asked.pack = value,
                "--threads" => asked.threads = value.parse()?,
                "--memory-mb" => asked.memory_mb = value.parse()?,
                "--keep" => asked.keep = Some(value.into()),
                _ => return Err(format!("what is {word}?").into()),
            }
        }
        Ok(asked)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let asked = Asked::read()?;
    let originals = originals()?;
    println!("{} photos, seed {}, pack {}, {} threads", originals.len(), asked.seed, asked.pack, asked.threads);
    // An example lies in a folder beside the program of the same build.
    let own = std::env::current_exe()?;
    let worker = own.parent().and_then(Path::parent).ok_or("no folder above")?.join("worker");
    let home = photos::home();
    let program =
        Program { worker: &worker, home: &home, pack: &asked.pack, threads: asked.threads, memory_mb: asked.memory_mb };
    let mut report = Report::default();
    while report.files < asked.files {
        let place = tempfile::tempdir()?;
        let (folder, out) = (place.path().join("in"), place.path().join("out"));
        fs::create_dir_all(&folder)?;
        let until = asked.files.min(report.files + TOGETHER);
        for number in report.files..until {
            let (name, bytes) = broken(&originals, asked.seed, number);
            fs::write(folder.join(name), bytes)?;
        }
        let before = report.findings.len();
        program.run(&folder, &out, &mut report);
        for finding in &report.findings[before..] {
            println!("FINDING {finding}");
            keep(asked.keep.as_deref(), &folder, finding)?;
        }
        println!("{} files, slowest {:.0} ms, {} MB", report.files, report.slowest.0, report.memory_mb);
    }
    println!("{report}");
    println!("{}", report.summary());
    if report.findings.is_empty() { Ok(()) } else { Err("not every file had a good answer".into()) }
}

fn originals() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut originals = Vec::new();
    for (set, most) in SETS {
        let folder = photos::photos(set).ok_or("the photo sets are lent material")?;
        for path in photos::pictures_in(&folder).iter().take(most) {
            if fs::metadata(path)?.len() <= LARGEST {
                originals.push(fs::read(path)?);
            }
        }
    }
    Ok(originals)
}

/// Name and bytes of a broken file.
fn broken(originals: &[Vec<u8>], seed: u64, number: usize) -> (String, Vec<u8>) {
    let mut random = StdRng::seed_from_u64(seed << 32 | number as u64);
    let one = &originals[random.random_range(0..originals.len())];
    let other = &originals[random.random_range(0..originals.len())];
    let mutation = &MUTATIONS[number % MUTATIONS.len()];
    let bytes = (mutation.apply)(one, other, &mut random);
    let ending = ENDINGS[random.random_range(0..ENDINGS.len())];
    (format!("{number:06}-{}.{ending}", mutation.name), bytes)
}

/// Copies the file that a finding names.
fn keep(to: Option<&Path>, folder: &Path, finding: &str) -> Result<(), Box<dyn Error>> {
    let Some(to) = to else { return Ok(()) };
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(name) = path.file_name().filter(|name| finding.contains(name.to_string_lossy().as_ref())) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
