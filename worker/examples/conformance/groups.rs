//! Whether some people are told more than others.

use std::collections::BTreeMap;

use gradphoto_shared::check::{Severity, Verdict};

use crate::looked::Looked;
use crate::share;

/// Rates of each group, then the rules that find something unlabelled in one group more than twice as often as in
/// another and in more than one person.
pub(crate) fn table(photos: &[Looked], columns: &[&str], is_labelled: impl Fn(&Looked, &str) -> bool) {
    for column in columns {
        let mut groups: BTreeMap<&str, Vec<&Looked>> = BTreeMap::new();
        for photo in photos {
            groups.entry(photo.attribute(column)).or_default().push(photo);
        }
        println!("\n| {column} | not accepted | retake |\n|---|---|---|");
        for (name, photos) in &groups {
            let refused = photos.iter().filter(|photo| !photo.is_accepted()).count();
            let retaken = photos.iter().filter(|photo| photo.is_retaken()).count();
            println!("| {name} | {} | {} |", share(refused, photos.len()), share(retaken, photos.len()));
        }
        for finding in &photos[0].check.rules {
            let rule = finding.rule.as_str();
            let wrong = |photo: &&&Looked| {
                let found = photo.finding(rule);
                found.is_some_and(|found| found.verdict == Verdict::Fail) && !is_labelled(photo, rule)
            };
            let counts: Vec<(&str, usize, usize)> = groups
                .iter()
                .map(|(name, photos)| (*name, photos.iter().filter(wrong).count(), photos.len()))
                .collect();
            let rate = |(_, part, whole): &(&str, usize, usize)| *part as f64 / *whole as f64;
            let most = counts.iter().map(rate).fold(0.0, f64::max);
            let least = counts.iter().map(rate).fold(1.0, f64::min);
            let count: usize = counts.iter().map(|(_, part, _)| part).sum();
            if count > 1 && most > 2.0 * least && finding.severity != Severity::Hint {
                let rates: Vec<String> = counts.iter().map(|(n, part, whole)| format!("{n} {part}/{whole}")).collect();
                println!("\n`{rule}` fails unevenly: {}.", rates.join(", "));
            }
        }
    }
}

/// People with narrow eyes, who must not be told that theirs are closed.
pub(crate) fn open_eyes(set: &str, photos: &[Looked]) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Faces of East Asians ({set})\n");
    println!("Whether eyes were open is not labelled: nearly all are.\n");
    let of = |verdict: Verdict| {
        let found = photos.iter().filter(|photo| photo.finding("eyes_open").is_some_and(|f| f.verdict == verdict));
        found.map(|photo| format!("`{}`", photo.file)).collect::<Vec<_>>()
    };
    let seen = photos.iter().filter(|photo| photo.reading("eyes_open").is_some()).count();
    for verdict in [Verdict::Fail, Verdict::Unsure] {
        let files = of(verdict);
        println!("- `eyes_open` {}: {} {}", verdict.name(), share(files.len(), seen), files.join(", "));
    }
}
