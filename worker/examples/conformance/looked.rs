//! The photos of a set with what `check` found on each.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use gradphoto_shared::check::{Advice, CheckOutcome, RuleFinding, Severity, Verdict};
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::photos;
use gradphoto_worker::pipeline::Pipeline;

/// One photo.
pub(crate) struct Looked {
    pub(crate) file: String,
    /// Where it lies, as it was before any change.
    pub(crate) path: PathBuf,
    /// What the manifest says is there.
    pub(crate) labels: Vec<String>,
    /// Further columns of the set's list of attributes, by name.
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) check: CheckOutcome,
}

/// What the pipeline says of a photo by a standard.
fn check(pipeline: &mut Pipeline, photo: &[u8], spec: &Spec) -> CheckOutcome {
    let product = pipeline.run(photo, &[Task::Standardise, Task::Check], spec, &|| true);
    let product = product.expect("a pipeline that works");
    product.and_then(|product| product.check).expect("an answer to check")
}

impl Looked {
    /// Every photo of a set that `wanted` says yes to by number and label, checked by `chsi` and standardised; none where
    /// the set is absent. Each pipeline works on a thread of its own.
    pub(crate) fn at(pipelines: &mut [Pipeline], set: &str, wanted: impl Fn(usize, &str) -> bool) -> Vec<Self> {
        Self::changed(pipelines, "chsi", set, wanted, |photo| photo)
    }

    /// As [`Looked::at`], by the standard `preset` and of files that were changed before.
    pub(crate) fn changed(
        pipelines: &mut [Pipeline],
        preset: &str,
        set: &str,
        wanted: impl Fn(usize, &str) -> bool,
        change: impl Fn(Vec<u8>) -> Vec<u8> + Sync,
    ) -> Vec<Self> {
        let Some(folder) = photos(set) else { return Vec::new() };
        let spec = Spec::preset(preset).expect("a preset");
        let attributes = attributes(&folder.join("attributes.csv"));
        let manifest = fs::read_to_string(folder.join("manifest.csv")).expect("a manifest");
        // File and label are plain words in the first two columns.
        let rows = manifest.lines().skip(1).filter_map(|line| {
            let mut cells = line.split(',');
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        });
        let numbered = rows.enumerate().filter(|(number, (_, label))| wanted(*number, label));
        let rows: Vec<(String, String)> = numbered.map(|(_, row)| row).collect();
        let next = AtomicUsize::new(0);
        let look = |pipeline: &mut Pipeline| {
            let mut looked = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some((file, label)) = rows.get(at) else { return looked };
                let path = folder.join(file);
                let photo = fs::read(&path).expect("a photo of the manifest");
                let check = check(pipeline, &change(photo), &spec);
                let labels = label.split(';').map(str::to_owned).collect();
                let attributes = attributes.get(file).cloned().unwrap_or_default();
                looked.push((at, Self { attributes, file: file.clone(), path, labels, check }));
            }
        };
        let mut all: Vec<(usize, Self)> = thread::scope(|scope| {
            let threads: Vec<_> = pipelines.iter_mut().map(|pipeline| scope.spawn(|| look(pipeline))).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a thread that ends")).collect()
        });
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, looked)| looked).collect()
    }

    pub(crate) fn is(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label)
    }

    pub(crate) fn is_any(&self, labels: &[&str]) -> bool {
        labels.iter().any(|label| self.is(label))
    }

    pub(crate) fn is_retaken(&self) -> bool {
        self.check.advice == Advice::Retake
    }

    /// Whether nothing but `accept` was advised.
    pub(crate) fn is_accepted(&self) -> bool {
        self.check.advice == Advice::Accept
    }

    /// The value of a column of the set's list of attributes.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }

    pub(crate) fn finding(&self, rule: &str) -> Option<&RuleFinding> {
        self.check.rules.iter().find(|finding| finding.rule == rule)
    }

    pub(crate) fn reading(&self, rule: &str) -> Option<f32> {
        Some(self.finding(rule)?.reading.as_ref()?.value)
    }

    /// Whether one of the codes was said, surely or not.
    pub(crate) fn says(&self, codes: &[&str]) -> bool {
        self.check.codes().any(|code| codes.contains(&code))
    }

    /// Whether one of the codes was said surely.
    pub(crate) fn fails(&self, codes: &[&str]) -> bool {
        let failed = self.check.rules.iter().filter(|finding| finding.verdict == Verdict::Fail);
        failed.filter_map(|finding| finding.code.as_deref()).any(|code| codes.contains(&code))
    }

    /// Codes for which alone the photo is sent back.
    pub(crate) fn rejects(&self) -> impl Iterator<Item = &str> {
        let failed = self.check.rules.iter().filter(|finding| finding.verdict == Verdict::Fail);
        failed.filter(|finding| finding.severity == Severity::Reject).filter_map(|finding| finding.code.as_deref())
    }
}

/// Codes with the number of photos that have each, as they stand in tables.
pub(crate) fn counted<'a>(codes: impl IntoIterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    codes.into_iter().for_each(|code| *counts.entry(code).or_default() += 1);
    counts.iter().map(|(code, count)| format!("{code} {count}")).collect::<Vec<_>>().join(", ")
}

/// The names of photos as they stand in tables.
pub(crate) fn names<'a>(photos: impl IntoIterator<Item = &'a Looked>) -> Vec<String> {
    photos.into_iter().map(|photo| format!("`{}`", photo.file)).collect()
}

fn attributes(list: &Path) -> HashMap<String, HashMap<String, String>> {
    let text = fs::read_to_string(list).unwrap_or_default();
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let pairs = names.iter().zip(&cells).map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned()));
        (cells[0].to_owned(), pairs.collect())
    };
    lines.map(row).collect()
}
