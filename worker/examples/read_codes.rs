//! How well codes are read: `cargo run --example read_codes -- [--megapixels N] FOLDER...`
//!
//! Each folder holds pictures and a `manifest.csv` with the columns `file` and `label`: what its code says, texts of
//! several codes parted by `|`, or a remark in angle brackets where nobody knows or nothing is to be read. A label's
//! blanks at its ends and its kind of line ends do not count. A folder without a manifest holds no codes.
//!
//! With `--megapixels` every picture is enlarged to so many, with noise of up to 4 levels, as a JPEG: a large photo.
//!
//! Texts are compared and not printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_tests::photos::pictures_in;
use gradphoto_worker::code::read;
use gradphoto_worker::stage::decode::DecodeLimits;

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 64 << 20, max_pixels: 100_000_000 };

/// What a set came to.
#[derive(Default)]
struct Tally {
    /// To how many every picture is enlarged.
    megapixels: Option<f32>,
    labelled: usize,
    exact: usize,
    outcomes: BTreeMap<&'static str, usize>,
    times_ms: Vec<f64>,
    walls_ms: Vec<f64>,
}

fn main() {
    let mut words: Vec<_> = std::env::args().skip(1).collect();
    let mut megapixels = None;
    if words.first().is_some_and(|word| word == "--megapixels") && words.len() > 1 {
        megapixels = Some(words[1].parse().expect("a number of megapixels"));
        words.drain(..2);
    }
    for folder in words.iter().map(PathBuf::from) {
        let labels = labels(&folder);
        let mut tally = Tally { megapixels, ..Tally::default() };
        for (name, label) in &labels {
            tally.take(name, &folder.join(name), Some(label));
        }
        for path in pictures_in(&folder).iter().filter(|_| labels.is_empty()) {
            tally.take(&path.file_name().unwrap_or_default().to_string_lossy(), path, None);
        }
        tally.print(&folder);
    }
}

impl Tally {
    fn take(&mut self, name: &str, path: &Path, label: Option<&str>) {
        let mut photo = std::fs::read(path).expect("a picture that can be read");
        if let Some(megapixels) = self.megapixels {
            let Some(large) = enlarged(&photo, megapixels) else { return };
            photo = large;
        }
        let (began, began_wall) = (cpu_ms(), Instant::now());
        let outcome = read(&photo, &LIMITS).unwrap_or_else(ReadCodeOutcome::because);
        self.times_ms.push(cpu_ms() - began);
        self.walls_ms.push(began_wall.elapsed().as_secs_f64() * 1e3);
        *self.outcomes.entry(outcome.name()).or_default() += 1;
        let known = label.filter(|label| !is_remark(label));
        let word = match (&outcome, known) {
            (ReadCodeOutcome::Found { text }, Some(label)) => {
                if text.reveal().map(plain) == Some(plain(label)) {
                    "exact"
                } else {
                    "WRONG"
                }
            }
            (ReadCodeOutcome::Several { .. }, Some(label)) if label.contains('|') => "exact",
            (_, Some(_)) => "missed",
            (ReadCodeOutcome::Found { .. }, None) => "a text",
            _ => "no text",
        };
        self.labelled += usize::from(known.is_some());
        self.exact += usize::from(word == "exact");
        if !matches!(word, "exact" | "no text") || label.is_some_and(is_remark) {
            let remark = label.filter(|label| is_remark(label)).unwrap_or_default();
            println!("  {word:8} {:10} {name} {remark}", outcome.name());
        }
    }

    fn print(mut self, folder: &Path) {
        if self.times_ms.is_empty() {
            return;
        }
        self.times_ms.sort_by(f64::total_cmp);
        self.walls_ms.sort_by(f64::total_cmp);
        let of = |times: &[f64], share: f64| times[((times.len() - 1) as f64 * share).round() as usize];
        let at = |share: f64| of(&self.times_ms, share);
        let (count, exact, labelled) = (self.times_ms.len(), self.exact, self.labelled);
        println!("{}: {count} pictures, {exact} exact of {labelled} labelled, {:?}", folder.display(), self.outcomes);
        println!("  processor time: p50 {:.0} ms, p95 {:.0} ms, longest {:.0} ms", at(0.5), at(0.95), at(1.0));
        let wall = |share: f64| of(&self.walls_ms, share);
        println!("  wall time: p50 {:.0} ms, p95 {:.0} ms, longest {:.0} ms", wall(0.5), wall(0.95), wall(1.0));
    }
}

/// The picture with about `megapixels`, as a JPEG with noise; `None` where it cannot be decoded.
fn enlarged(photo: &[u8], megapixels: f32) -> Option<Vec<u8>> {
    let small = image::load_from_memory(photo).ok()?.into_rgb8();
    let scale = (megapixels * 1e6 / (small.width() * small.height()) as f32).sqrt();
    let side = |side: u32| ((side as f32 * scale) as u32).max(1);
    let (width, height) = (side(small.width()), side(small.height()));
    let mut large = image::imageops::resize(&small, width, height, image::imageops::FilterType::CatmullRom);
    let mut dice = 1_u32;
    for level in large.iter_mut() {
        // A common generator of the numbers of chance: the same picture has the same noise.
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *level = level.saturating_add((dice >> 24) as u8 % 9).saturating_sub(4);
    }
    let mut file = std::io::Cursor::new(Vec::new());
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 90).encode_image(&large).ok()?;
    Some(file.into_inner())
}

/// Processor time of this thread so far, in milliseconds: unlike wall time it does not count other programs.
fn cpu_ms() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts it");
    let nanoseconds: f64 = spent.split_whitespace().next().and_then(|word| word.parse().ok()).expect("a number");
    nanoseconds / 1e6
}

fn is_remark(label: &str) -> bool {
    label.starts_with('<') && label.ends_with('>') && label.is_ascii()
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

fn labels(folder: &Path) -> BTreeMap<String, String> {
    let Ok(mut table) = csv::Reader::from_path(folder.join("manifest.csv")) else { return BTreeMap::new() };
    let columns = table.headers().expect("a head").clone();
    let column = |name: &str| columns.iter().position(|column| column == name).expect("the column is there");
    let (file, label) = (column("file"), column("label"));
    let rows = table.records().map(|row| row.expect("a row"));
    rows.map(|row| (row[file].to_owned(), row[label].to_owned())).collect()
}
