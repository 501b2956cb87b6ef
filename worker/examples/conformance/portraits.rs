//! Portraits of willing people, mostly fine: what is refused though it should not be, and whether some
//! people are refused more often than others.

use std::collections::BTreeMap;

use gradphoto_shared::check::{Advice, Verdict};

use crate::looked::Looked;
use crate::share;

pub(crate) fn report(london: &[Looked]) {
    let neutral: Vec<&Looked> = london.iter().filter(|photo| photo.is("neutral")).collect();
    if neutral.is_empty() {
        return;
    }
    println!("\n### Neutral portraits (london)\n");
    let of = |advice: Advice| neutral.iter().filter(|photo| photo.check.advice == advice).count();
    println!("| advice | pictures |\n|---|---|");
    for advice in [Advice::Accept, Advice::Review, Advice::Retake] {
        println!("| {} | {} |", advice.name(), share(of(advice), neutral.len()));
    }
    println!(
        "\nRules that did not pass every picture:\n\n| rule | severity | fail | unsure | not assessed |\n|---|---|---|---|---|"
    );
    for finding in &neutral[0].check.rules {
        let rule = finding.rule.as_str();
        let count = |verdict: Verdict| {
            neutral.iter().filter_map(|photo| photo.finding(rule)).filter(|found| found.verdict == verdict).count()
        };
        let [fail, unsure, blind] = [Verdict::Fail, Verdict::Unsure, Verdict::NotAssessed].map(count);
        if fail + unsure + blind > 0 {
            println!(
                "| `{rule}` | {} | {} | {unsure} | {blind} |",
                finding.severity.name(),
                share(fail, neutral.len())
            );
        }
    }
    for group in ["sex", "ethnicity"] {
        println!("\n| {group} | not accepted | retake |\n|---|---|---|");
        let mut groups: BTreeMap<&str, Vec<&&Looked>> = BTreeMap::new();
        for photo in &neutral {
            groups.entry(photo.attributes.get(group).map_or("", String::as_str)).or_default().push(photo);
        }
        for (name, photos) in groups {
            let refused = photos.iter().filter(|photo| photo.check.advice != Advice::Accept).count();
            let retaken = photos.iter().filter(|photo| photo.is_retaken()).count();
            println!("| {name} | {} | {} |", share(refused, photos.len()), share(retaken, photos.len()));
        }
    }
    println!("\nNot accepted:\n");
    for photo in neutral.iter().filter(|photo| photo.check.advice != Advice::Accept) {
        let codes: Vec<&str> = photo.check.codes().collect();
        println!("- `{}` {}: {}", photo.file, photo.check.advice.name(), codes.join(", "));
    }
}
