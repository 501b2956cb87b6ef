//! What became of the photos: a table, CSV, JSON lines.

use std::collections::BTreeMap;
use std::path::Path;

use gradphoto_shared::check::CheckOutcome;
use gradphoto_shared::outcome::{JobResult, Reason, StandardiseOutcome, Standardised};
use gradphoto_shared::search::EnrolOutcome;
use gradphoto_shared::{Error, Result};
use serde_json::json;

use crate::client::{Fate, Row};
use crate::cmd::table::Table;

const HEADINGS: [&str; 11] = [
    "file",
    "job",
    "outcome",
    "reasons",
    "advice",
    "findings",
    "bytes",
    "quality",
    "hair_top_px",
    "eyes_px",
    "face_width_px",
];

/// Writes `results.csv` and `results.jsonl` into `out`.
pub(super) fn write(out: &Path, rows: &[Row]) -> Result<()> {
    for (name, text) in [("results.csv", table(rows).csv()), ("results.jsonl", json_lines(rows))] {
        let file = out.join(name);
        std::fs::write(&file, text).map_err(|cause| Error::io(format!("write {}", file.display()), cause))?;
    }
    Ok(())
}

/// The table and a line of counts.
pub(super) fn summary(rows: &[Row]) -> String {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.outcome()).or_insert(0) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    format!("{}{} files: {}\n", table(rows).draw(), rows.len(), counts.join(", "))
}

/// How many files got no answer, and each reason once; `None` where all have one.
pub(super) fn failures(rows: &[Row]) -> Option<String> {
    let failed = rows.iter().filter_map(|row| match &row.fate {
        Fate::Failed(reason) => Some(reason),
        _ => None,
    });
    let reasons: BTreeMap<_, _> = failed.clone().map(|reason| (&reason.code, &reason.says)).collect();
    let told = reasons.into_iter().map(|(code, says)| match says {
        Some(says) => format!("{says} ({code})"),
        None => code.clone(),
    });
    let told = told.collect::<Vec<_>>().join("; ");
    (!told.is_empty()).then(|| format!("{} of {} files got no answer: {told}", failed.count(), rows.len()))
}

fn table(rows: &[Row]) -> Table {
    let mut table = Table::new(&HEADINGS);
    for row in rows {
        let facts = facts(row);
        let number = |text: Option<String>| text.unwrap_or_default();
        let placed = |value: fn(&Standardised) -> f32| number(facts.map(|facts| format!("{:.1}", value(facts))));
        table.row(vec![
            row.file.display().to_string(),
            number(row.job.map(|job| job.to_string())),
            row.outcome().to_owned(),
            reasons(row).join(" "),
            check(row).map(|check| check.advice.name().to_owned()).unwrap_or_default(),
            check(row).map(|check| check.codes().collect::<Vec<_>>().join(" ")).unwrap_or_default(),
            number(facts.map(|facts| facts.bytes.to_string())),
            number(facts.map(|facts| facts.quality.to_string())),
            placed(|facts| facts.placement.hair_top_px),
            placed(|facts| facts.placement.eyes_px),
            placed(|facts| facts.placement.face_width_px),
        ]);
    }
    table
}

/// One JSON object per file, a line each.
pub(super) fn json_lines(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let facts = facts(row);
        let result = match &row.fate {
            Fate::Done(result) => Some(result),
            _ => None,
        };
        let object = json!({
            "file": row.file.to_string_lossy(),
            "job": row.job,
            "outcome": row.outcome(),
            "reasons": reasons(row),
            "picture": facts.map(|_| &row.picture),
            "bytes": facts.map(|facts| facts.bytes),
            "quality": facts.map(|facts| facts.quality),
            "hair_top_px": facts.map(|facts| facts.placement.hair_top_px),
            "eyes_px": facts.map(|facts| facts.placement.eyes_px),
            "face_width_px": facts.map(|facts| facts.placement.face_width_px),
            "result": result,
        });
        format!("{object}\n")
    };
    rows.iter().map(line).collect()
}

fn facts(row: &Row) -> Option<&Standardised> {
    match &row.fate {
        Fate::Done(result) => match result.standardise.as_ref()? {
            StandardiseOutcome::Finished { facts, .. } => Some(facts),
            StandardiseOutcome::Refused { .. } => None,
        },
        _ => None,
    }
}

/// What `check` found, where it was asked.
fn check(row: &Row) -> Option<&CheckOutcome> {
    match &row.fate {
        Fate::Done(result) => result.check.as_ref(),
        _ => None,
    }
}

/// Codes of the reasons for a refusal, or of the notes on a finished picture.
fn reasons(row: &Row) -> Vec<String> {
    let codes =
        |reasons: &[Reason]| -> Vec<String> { reasons.iter().map(|reason| reason.code.code().to_owned()).collect() };
    match &row.fate {
        Fate::Submitted => Vec::new(),
        Fate::Refused(code) => vec![code.clone()],
        Fate::Failed(reason) => vec![reason.code.clone()],
        Fate::Done(result) => match &result.standardise {
            Some(StandardiseOutcome::Refused { reasons }) => codes(reasons),
            Some(StandardiseOutcome::Finished { facts, .. }) => codes(&facts.notes),
            None => other_reasons(result).map(codes).unwrap_or_default(),
        },
    }
}

/// Why a task other than `standardise` has no better answer.
fn other_reasons(result: &JobResult) -> Option<&[Reason]> {
    match (&result.enrol, &result.search, &result.read_code) {
        (Some(EnrolOutcome::Refused { reasons }), ..) => Some(reasons),
        (_, Some(search), _) => Some(search.reasons()),
        (.., Some(code)) => Some(code.reasons()),
        _ => None,
    }
}
