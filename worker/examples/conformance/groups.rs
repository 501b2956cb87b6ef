//! Whether some people are told more than others.

use std::collections::{BTreeMap, BTreeSet};

use gradphoto_shared::check::{RuleFinding, Severity, Verdict};

use crate::fair::{self, Count, Most};
use crate::looked::{Looked, names};
use crate::portraits::is_labelled;
use crate::share;
use crate::wrong::Wrong;

/// Photos by group, in the order of its names.
type Groups<'a> = BTreeMap<&'a str, Vec<&'a Looked>>;

/// Rates of each group, then what each rule tells of it that no label does.
pub(crate) fn tables(photos: &[Looked]) {
    for column in ["sex", "ethnicity"] {
        let mut groups = Groups::new();
        for photo in photos {
            groups.entry(photo.attribute(column)).or_default().push(photo);
        }
        println!("\n| {column} | not accepted | retake |\n|---|---|---|");
        for (name, photos) in &groups {
            let refused = photos.iter().filter(|photo| !photo.is_accepted()).count();
            let retaken = photos.iter().filter(|photo| photo.is_retaken()).count();
            println!("| {name} | {} | {} |", share(refused, photos.len()), share(retaken, photos.len()));
        }
        rules(&groups, &photos[0].check.rules);
    }
}

/// What each rule finds that no label tells: pictures of each group, and whether one stands out.
fn rules(groups: &Groups<'_>, rules: &[RuleFinding]) {
    let persons = |photos: &[&Looked], is_told: &dyn Fn(&Looked) -> bool| -> usize {
        let told = photos.iter().filter(|photo| is_told(photo)).map(|photo| photo.attribute("identity"));
        told.collect::<BTreeSet<_>>().len()
    };
    let counts = |is_told: &dyn Fn(&Looked) -> bool| -> Vec<Count> {
        groups.values().map(|photos| (persons(photos, is_told), persons(photos, &|_| true))).collect()
    };
    let heads: String = groups.iter().map(|(name, photos)| format!(" {name} ({}) |", photos.len())).collect();
    println!("\nWithout a label, fail + unsure:\n");
    println!("| rule | severity |{heads} most | against others | chance |\n|{}", "---|".repeat(groups.len() + 5));
    let (mut uneven, mut rejects) = (Vec::new(), Vec::new());
    for RuleFinding { rule, severity, .. } in rules {
        let falsely = |photo: &Looked, verdict: Verdict| {
            photo.finding(rule).is_some_and(|found| found.verdict == verdict) && !is_labelled(photo, rule)
        };
        let fails = |photo: &Looked| falsely(photo, Verdict::Fail);
        let is_told = |photo: &Looked| fails(photo) || falsely(photo, Verdict::Unsure);
        let Some(most) = fair::most(&counts(&is_told)) else { continue };
        let cells = groups.values().map(|photos| {
            let of = |verdict| photos.iter().filter(|photo| falsely(photo, verdict)).count();
            format!(" {} + {} |", of(Verdict::Fail), of(Verdict::Unsure))
        });
        let name = |most: &Most| groups.keys().nth(most.group).copied().unwrap_or_default();
        let (cells, severity_name, who) = (cells.collect::<String>(), severity.name(), name(&most));
        let times = if most.times.is_finite() { format!("{:.1} times", most.times) } else { "only there".to_owned() };
        println!("| `{rule}` | {severity_name} |{cells} {who} | {times} | {:.2} |", most.chance);
        if most.times > 2.0 && most.chance < 0.05 {
            uneven.push(format!("`{rule}` ({who})"));
        }
        let failed = fair::most(&counts(&fails)).filter(|most| most.times > 2.0 && *severity == Severity::Reject);
        rejects.extend(failed.map(|most| format!("`{rule}` ({}, chance {:.2})", name(&most), most.chance)));
    }
    let told = |found: &[String]| if found.is_empty() { "none".to_owned() } else { found.join(", ") };
    println!("\nMore than twice as often in one group as in others, and not by chance: {}.", told(&uneven));
    println!("False failures of rules that reject, more than twice as often, by chance or not: {}.", told(&rejects));
    let sizes = counts(&|_| true);
    let all = sizes.iter().map(|(_, persons)| persons).sum();
    let enough = groups.keys().zip(&sizes).map(|(name, (_, own))| match fair::enough(*own, all, groups.len()) {
        Some(least) => format!("{least} of {own} {name}"),
        None => format!("never for {own} {name}"),
    });
    let enough: Vec<String> = enough.collect();
    println!("A rule that tells nobody else so would be seen from so many persons on: {}.", enough.join(", "));
}

/// How [`tables`] are read.
pub(crate) const READ: &str = "
Sex and ethnicity: pictures that a rule tells something of that no label does, failed and unsure. *Most* is the group
that is told so most often, by persons, since copies of one person are alike; *against others* how many times as often as
all others together; *chance* how likely it is that some group stands out so by chance (Fisher's exact test, one-sided,
times the number of groups; not corrected for the number of rules).
";

/// What is told of faces of which nothing is known but that all are East Asian, and why much of it is `true_because`.
pub(crate) fn unlabelled(set: &str, photos: &[Looked], true_because: &str) {
    let Some(first) = photos.first() else { return };
    println!("\nWhat else is told of the {} pictures of {set}. Nothing is labelled, and much of it is", photos.len());
    println!("true: {true_because}.\n");
    println!("| rule | severity | fail | unsure |\n|---|---|---|---|");
    for RuleFinding { rule, severity, .. } in &first.check.rules {
        let of = |verdict| {
            photos.iter().filter(|photo| photo.finding(rule).is_some_and(|found| found.verdict == verdict)).count()
        };
        let (fail, unsure) = (of(Verdict::Fail), of(Verdict::Unsure));
        if fail + unsure > 0 {
            println!("| `{rule}` | {} | {} | {unsure} |", severity.name(), share(fail, photos.len()));
        }
    }
}

/// People with narrow eyes, who must not be told that theirs are closed.
pub(crate) fn open_eyes(set: &str, photos: &[Looked], wrong: &Wrong) {
    if photos.is_empty() {
        return;
    }
    println!("\n### Faces of East Asians ({set})\n");
    println!("Whether eyes were open is not labelled: nearly all are.\n");
    let seen = photos.iter().filter(|photo| photo.reading("eyes_open").is_some()).count();
    for verdict in [Verdict::Fail, Verdict::Unsure] {
        let is_so = |photo: &&Looked| photo.finding("eyes_open").is_some_and(|found| found.verdict == verdict);
        let own: Vec<&Looked> = photos.iter().filter(is_so).collect();
        let files = names(own.iter().copied()).join(", ");
        println!("- `eyes_open` {}: {} {files}", verdict.name(), share(own.len(), seen));
        wrong.add([set, "eyes_open", verdict.name()], own);
    }
}
