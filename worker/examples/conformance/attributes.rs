//! What people who looked at the portraits wrote down, and how much of it is told.

use gradphoto_shared::check::Verdict;

use crate::looked::Looked;
use crate::wrong::Wrong;
use crate::{interval, share};

/// Column, value, and the value of those without it; and the rules that say so.
const LABELS: [(&str, &str, &str, &[&str]); 8] = [
    ("earring", "yes", "no", &["no_earrings"]),
    ("strong_eye_makeup", "yes", "no", &["no_make_up"]),
    ("teeth_visible", "yes", "no", &["mouth_closed"]),
    ("brows", "covered", "visible", &["brows_clear", "no_fringe_over_both"]),
    ("brows", "partly", "visible", &["brows_clear", "no_fringe_over_both"]),
    ("ears", "covered", "visible", &["both_ears_visible", "an_ear_visible"]),
    ("ears", "partly", "visible", &["both_ears_visible", "an_ear_visible"]),
    ("forehead_highlight", "yes", "no", &["highlights"]),
];

pub(crate) fn report(neutral: &[Looked], smiling: &[Looked], wrong: &Wrong) {
    let photos: Vec<&Looked> = neutral.iter().chain(smiling).collect();
    if photos.is_empty() {
        return;
    }
    println!("\n### What people saw on the portraits (london, neutral and smiling)\n");
    println!(
        "Labelled by eye in enlarged crops; real attributes, not drawn ones. What is told of none here is not found on"
    );
    println!("real people, however well the made versions of it below are found.\n");
    println!("| label | rules | told | of it surely | not assessed | told without it |\n|---|---|---|---|---|---|");
    for (column, value, without, rules) in LABELS {
        let having = |value: &str| photos.iter().copied().filter(|photo| photo.attribute(column) == value).collect();
        let (own, others): (Vec<&Looked>, Vec<&Looked>) = (having(value), having(without));
        let is_so = |photo: &Looked, verdicts: &[Verdict]| {
            rules.iter().filter_map(|rule| photo.finding(rule)).any(|found| verdicts.contains(&found.verdict))
        };
        let of = |photos: &[&Looked], verdicts: &[Verdict]| photos.iter().filter(|p| is_so(p, verdicts)).count();
        let told = [Verdict::Fail, Verdict::Unsure];
        let blind = own.len() - of(&own, &[Verdict::Pass, Verdict::Unsure, Verdict::Fail]);
        println!(
            "| {column} {value} | {} | {} | {} | {blind} | {} |",
            rules.join(", "),
            interval(of(&own, &told), own.len()),
            of(&own, &told[..1]),
            share(of(&others, &told), others.len())
        );
        let missed = own.iter().copied().filter(|photo| !is_so(photo, &told));
        wrong.add(["london", &format!("{column} {value}"), "missed"], missed);
    }
}
