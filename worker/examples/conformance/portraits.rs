//! Portraits of willing people, mostly fine: what is refused though it should not be.

use gradphoto_shared::check::{Advice, RuleFinding, Verdict};

use crate::looked::Looked;
use crate::wrong::Wrong;
use crate::{groups, interval, share};

/// What people who looked at the portraits wrote down of what the standard does not take, and the rules that say so:
/// column, value, rules.
const LABELLED: [(&str, &str, &[&str]); 9] = [
    ("ears", "covered", &["an_ear_visible", "both_ears_visible"]),
    ("ears", "partly", &["both_ears_visible"]),
    ("brows", "covered", &["brows_clear", "no_fringe_over_both"]),
    ("brows", "partly", &["brows_clear"]),
    ("earring", "yes", &["no_earrings"]),
    ("strong_eye_makeup", "yes", &["no_make_up"]),
    ("teeth_visible", "yes", &["mouth_closed", "neutral_expression"]),
    ("forehead_highlight", "yes", &["highlights"]),
    // A T-shirt has no collar.
    ("clothes", "plain white T-shirt", &["collar"]),
];

/// Whether a rule is right to find something in this portrait, by its labels.
pub(crate) fn is_labelled(photo: &Looked, rule: &str) -> bool {
    LABELLED.iter().any(|(column, value, rules)| photo.attribute(column) == *value && rules.contains(&rule))
}

/// Whether a rule that sends photos back or to a person found something that the labels do not say.
fn is_wronged(photo: &Looked) -> bool {
    wrongs(photo).next().is_some()
}

/// Findings that send a photo back or to a person and that the labels do not say.
pub(crate) fn wrongs(photo: &Looked) -> impl Iterator<Item = &RuleFinding> {
    let findings = photo.check.rules.iter().filter(|found| found.advice() != Advice::Accept);
    findings.filter(|found| !is_labelled(photo, &found.rule))
}

/// How many are not accepted though no label says why, and how many of those are sent back.
pub(crate) fn wronged(photos: &[Looked]) -> (usize, usize) {
    let wronged = photos.iter().filter(|photo| is_wronged(photo));
    wronged.fold((0, 0), |(all, back), photo| (all + 1, back + usize::from(photo.is_retaken())))
}

pub(crate) fn report(neutral: &[Looked], wrong: &Wrong) {
    if neutral.is_empty() {
        return;
    }
    println!("\n### Neutral portraits (london)\n");
    let of = |advice: Advice| neutral.iter().filter(|photo| photo.check.advice == advice).count();
    println!("| advice | pictures |\n|---|---|");
    for advice in [Advice::Accept, Advice::Review, Advice::Retake] {
        println!("| {} | {} |", advice.name(), interval(of(advice), neutral.len()));
    }
    let (wronged, back) = wronged(neutral);
    println!(
        "\nNot accepted although no label says why: {}; sent back so: {} (asked: 2 %).",
        share(wronged, neutral.len()),
        share(back, neutral.len())
    );
    println!("\nRules that did not pass every picture; *labelled* are those that people saw too:\n");
    println!("| rule | severity | fail | unsure | of both labelled | not assessed |\n|---|---|---|---|---|---|");
    for finding in &neutral[0].check.rules {
        let rule = finding.rule.as_str();
        let count = |verdict: Verdict| {
            neutral.iter().filter_map(|photo| photo.finding(rule)).filter(|found| found.verdict == verdict).count()
        };
        let [fail, unsure, blind] = [Verdict::Fail, Verdict::Unsure, Verdict::NotAssessed].map(count);
        let found = neutral.iter().filter(|photo| photo.finding(rule).is_some_and(|found| found.code.is_some()));
        let labelled = found.filter(|photo| is_labelled(photo, rule)).count();
        if fail + unsure + blind > 0 {
            let severity = finding.severity.name();
            println!("| `{rule}` | {severity} | {} | {unsure} | {labelled} | {blind} |", share(fail, neutral.len()));
        }
    }
    print!("{}", groups::READ);
    groups::tables(neutral);
    println!("\nNot accepted:\n");
    for photo in neutral.iter().filter(|photo| !photo.is_accepted()) {
        let codes: Vec<&str> = photo.check.codes().collect();
        let labels = if is_wronged(photo) { "" } else { ", as labelled" };
        println!("- `{}` {}: {}{labels}", photo.file, photo.check.advice.name(), codes.join(", "));
    }
    for photo in neutral {
        wrongs(photo).for_each(|found| wrong.add(["london", &found.rule, "told without a label"], [photo]));
    }
}
