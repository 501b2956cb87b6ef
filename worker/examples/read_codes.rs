//! How well codes are read: `cargo run --example read_codes -- FOLDER...`
//!
//! Each folder holds pictures and a `manifest.csv` with the columns `file` and `label`: what its code says, texts of
//! several codes parted by `|`, or a remark in angle brackets where nobody knows or nothing is to be read. A label's
//! blanks at its ends and its kind of line ends do not count. A folder without a manifest holds no codes.
//!
//! Texts are compared and not printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_tests::photos::pictures_in;
use gradphoto_worker::code::read;
use gradphoto_worker::stage::decode::DecodeLimits;

const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 64 << 20, max_pixels: 100_000_000 };

/// What a set came to.
#[derive(Default)]
struct Tally {
    labelled: usize,
    exact: usize,
    outcomes: BTreeMap<&'static str, usize>,
    times_ms: Vec<f64>,
}

fn main() {
    for folder in std::env::args().skip(1).map(PathBuf::from) {
        let labels = labels(&folder);
        let mut tally = Tally::default();
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
        let photo = std::fs::read(path).expect("a picture that can be read");
        let began = cpu_ms();
        let outcome = read(&photo, &LIMITS).unwrap_or_else(ReadCodeOutcome::because);
        self.times_ms.push(cpu_ms() - began);
        *self.outcomes.entry(outcome.name()).or_default() += 1;
        let known = label.filter(|label| !is_remark(label));
        let word = match (&outcome, known) {
            (ReadCodeOutcome::Found { text }, Some(label)) => {
                if plain(text.reveal()) == plain(label) {
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
        self.times_ms.sort_by(f64::total_cmp);
        let at = |share: f64| self.times_ms[((self.times_ms.len() - 1) as f64 * share).round() as usize];
        let (count, exact, labelled) = (self.times_ms.len(), self.exact, self.labelled);
        println!("{}: {count} pictures, {exact} exact of {labelled} labelled, {:?}", folder.display(), self.outcomes);
        println!("  processor time: p50 {:.0} ms, p95 {:.0} ms, longest {:.0} ms", at(0.5), at(0.95), at(1.0));
    }
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
