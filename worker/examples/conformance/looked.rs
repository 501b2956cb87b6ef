//! The photos of a set with what `check` found on each.

use std::collections::HashMap;
use std::fs;

use gradphoto_shared::check::{Advice, CheckOutcome, RuleFinding, Verdict};
use gradphoto_shared::job::Task;
use gradphoto_shared::spec::Spec;
use gradphoto_tests::photos::photos;
use gradphoto_worker::pipeline::Pipeline;

/// One photo.
pub(crate) struct Looked {
    pub(crate) file: String,
    /// What the manifest says is there.
    pub(crate) labels: Vec<String>,
    /// Further columns of the set's list of attributes, by name.
    pub(crate) attributes: HashMap<String, String>,
    pub(crate) check: CheckOutcome,
}

impl Looked {
    /// Every photo of a set, checked and standardised; none where the set is absent.
    pub(crate) fn at(pipeline: &mut Pipeline, set: &str) -> Vec<Self> {
        let Some(folder) = photos(set) else { return Vec::new() };
        let spec = Spec::preset("chsi").expect("a preset");
        let attributes = attributes(&folder.join("attributes.csv"));
        let manifest = fs::read_to_string(folder.join("manifest.csv")).expect("a manifest");
        // File and label are plain words in the first two columns.
        let rows = manifest.lines().skip(1).filter_map(|line| {
            let mut cells = line.split(',');
            Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
        });
        let look = |(file, label): (String, String)| {
            let photo = fs::read(folder.join(&file)).expect("a photo of the manifest");
            let tasks = [Task::Standardise, Task::Check];
            let product = pipeline.run(&photo, &tasks, &spec, &|| true).expect("a pipeline that works");
            let check = product.and_then(|product| product.check).expect("an answer to check");
            let labels = label.split(';').map(str::to_owned).collect();
            Self { attributes: attributes.get(&file).cloned().unwrap_or_default(), file, labels, check }
        };
        rows.map(look).collect()
    }

    pub(crate) fn is(&self, label: &str) -> bool {
        self.labels.iter().any(|own| own == label)
    }

    pub(crate) fn is_retaken(&self) -> bool {
        self.check.advice == Advice::Retake
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
}

fn attributes(list: &std::path::Path) -> HashMap<String, HashMap<String, String>> {
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
