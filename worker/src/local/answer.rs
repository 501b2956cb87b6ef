//! What came of one file, as a JSON line or a row.

use std::collections::BTreeSet;
use std::path::Path;

use gradphoto_shared::check::{CheckOutcome, RuleFinding};
use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::outcome::{ReasonCode, StageTime, Standardised};
use serde::Serialize;

use super::{Photo, Shown};

/// How a file fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The certificate picture lies in the folder; where only the code was asked for, it was read.
    Finished,
    /// That could not be, because of the photo.
    Refused,
    /// No certificate picture was asked for; the other tasks have their answers.
    Answered,
    /// The work could not be done.
    Error,
}

/// The language of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Language {
    /// English.
    En,
    /// Chinese.
    Zh,
}

/// What came of one file; serialised, one line of `worker process --json`.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// The file as it was found.
    pub file: String,
    /// How it fared.
    pub outcome: Outcome,
    /// Why it was refused, most important first; empty otherwise.
    pub reasons: Vec<ReasonCode>,
    /// Why the work could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The finished picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Picture>,
    /// The answer to `check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckOutcome>,
    /// The answer to `read_code`, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_code: Option<ReadCodeOutcome>,
    /// The evidence picture, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// Time per stage, in the order they ran.
    pub stages: Vec<StageTime>,
    /// Name and version of the model pack.
    pub pack: String,
    /// What a report shows of it.
    #[serde(skip)]
    pub(crate) shown: Option<Shown>,
}

/// Why work could not be done.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// A stable word: `unreadable`, `unwritable`, or an error's code.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// A finished picture and where it lies.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    /// The file.
    pub picture: String,
    /// The same under a watermark, where one was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<String>,
    /// Everything about it.
    #[serde(flatten)]
    pub facts: Standardised,
}

impl Answer {
    pub(crate) fn new(photo: &Photo, pack: &str) -> Self {
        Self {
            file: photo.path.to_string_lossy().into_owned(),
            outcome: Outcome::Error,
            reasons: Vec::new(),
            error: None,
            result: None,
            check: None,
            read_code: None,
            evidence: None,
            stages: Vec::new(),
            pack: pack.to_owned(),
            shown: None,
        }
    }

    pub(super) fn timed(self, stages: Vec<StageTime>) -> Self {
        Self { stages, ..self }
    }

    /// With the answer to `check`. A file that is asked for no certificate picture is answered by it.
    pub(super) fn with_check(self, check: Option<CheckOutcome>) -> Self {
        let outcome = if check.is_some() { Outcome::Answered } else { self.outcome };
        Self { outcome, check, ..self }
    }

    /// With the answer to `read_code`. A file that was asked for nothing else is finished when there is a text.
    pub(super) fn with_code(self, read_code: Option<ReadCodeOutcome>, alone: bool) -> Self {
        let answer = match &read_code {
            Some(ReadCodeOutcome::Found { .. }) if alone => Self { outcome: Outcome::Finished, ..self },
            Some(outcome) if alone => self.refused(outcome.reasons().iter().map(|reason| reason.code).collect()),
            _ => self,
        };
        Self { read_code, ..answer }
    }

    pub(super) fn with_evidence(self, path: &Path) -> Self {
        Self { evidence: Some(path.to_string_lossy().into_owned()), ..self }
    }

    pub(super) fn with_shown(self, shown: Option<Shown>) -> Self {
        Self { shown, ..self }
    }

    pub(super) fn finished(self, path: &Path, preview: Option<&Path>, facts: Standardised) -> Self {
        let name = |path: &Path| path.to_string_lossy().into_owned();
        let picture = Picture { picture: name(path), preview: preview.map(name), facts };
        Self { outcome: Outcome::Finished, result: Some(picture), ..self }
    }

    pub(crate) fn refused(self, reasons: Vec<ReasonCode>) -> Self {
        Self { outcome: Outcome::Refused, reasons, ..self }
    }

    pub(super) fn failed(self, code: &str, message: String) -> Self {
        Self { outcome: Outcome::Error, error: Some(Failure { code: code.to_owned(), message }), ..self }
    }

    /// What the counts at the end count it under: the codes of its reasons, error and findings, each once.
    pub(crate) fn codes(&self) -> BTreeSet<&str> {
        let reasons = self.reasons.iter().map(|reason| reason.code());
        let findings = self.check.iter().flat_map(CheckOutcome::codes);
        reasons.chain(self.error.iter().map(|error| error.code.as_str())).chain(findings).collect()
    }

    /// A row of the readable table, and a further line for every rule that did not pass.
    #[must_use]
    pub fn row(&self, language: Language) -> String {
        let text = |code: ReasonCode| match language {
            Language::En => code.text_en(),
            Language::Zh => code.text_zh(),
        };
        let mut row = match (self.outcome, &self.result, &self.error) {
            (Outcome::Finished, Some(picture), _) => finished(picture),
            (.., Some(error)) => format!("error     {}  {}: {}", self.file, error.code, error.message),
            (Outcome::Finished, ..) => format!("finished  {}", self.file),
            (Outcome::Refused, ..) => {
                let found =
                    |code: ReasonCode| self.check.iter().flat_map(CheckOutcome::codes).any(|of| of == code.code());
                let reasons = self.reasons.iter().map(|&code| match found(code) {
                    // The line of that rule has the sentence.
                    true => format!("  {}", code.code()),
                    false => format!("  {}: {}", code.code(), text(code)),
                });
                format!("refused   {}{}", self.file, reasons.collect::<String>())
            }
            _ => format!("answered  {}", self.file),
        };
        // The text itself is for whoever asked for JSON: a table is looked at over shoulders.
        row += &match &self.read_code {
            Some(ReadCodeOutcome::Found { text }) => format!("  code of {} characters", text.characters()),
            Some(outcome) => format!("  code: {}", outcome.name()),
            None => String::new(),
        };
        if let Some(check) = &self.check {
            row += &format!("  {}", check.advice.name());
            row.extend(check.rules.iter().filter_map(|finding| line(finding, language)));
        }
        row
    }
}

fn finished(picture: &Picture) -> String {
    let kilobytes = picture.facts.bytes as f64 / 1024.0;
    let notes: String = picture.facts.notes.iter().map(|note| format!(", {}", note.code.code())).collect();
    format!("finished  {}  {kilobytes:.1} KB, quality {}{notes}", picture.picture, picture.facts.quality)
}

/// The line of a rule that did not pass.
fn line(finding: &RuleFinding, language: Language) -> Option<String> {
    let text = match language {
        Language::En => &finding.en,
        Language::Zh => &finding.zh,
    };
    let (verdict, severity) = (finding.verdict.name(), finding.severity.name());
    let reading = finding.reading.as_ref().map(|reading| format!("{} {}", reading.value, reading.unit));
    let (code, text, reading) = (finding.code.as_ref()?, text.as_ref()?, reading.unwrap_or_default());
    Some(format!("\n  {verdict:<6} {severity:<6} {code} ({} {reading}): {text}", finding.rule))
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::spec::Spec;

    use super::*;
    use crate::rules;

    fn blank() -> Answer {
        Answer::new(&Photo { path: "in/a.jpg".into(), output: "a.jpg".into() }, "base-1")
    }

    #[test]
    fn a_refusal_is_one_line_of_json() {
        let line = serde_json::to_value(blank().refused(vec![ReasonCode::NoFace])).expect("plain");
        let expected = serde_json::json!({
            "file": "in/a.jpg", "outcome": "refused", "reasons": ["no_face"], "stages": [], "pack": "base-1",
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn rows_say_what_happened() {
        let row = blank().refused(vec![ReasonCode::NoFace]).row(Language::En);
        assert!(row.starts_with("refused   in/a.jpg  no_face: No face was found."), "{row}");
        let row = blank().with_code(Some(ReadCodeOutcome::found("A1b2=")), true).row(Language::En);
        assert_eq!(row, "finished  in/a.jpg  code of 5 characters");
        let row = blank().with_code(Some(ReadCodeOutcome::because(ReasonCode::NoCode)), true).row(Language::En);
        assert!(row.starts_with("refused   in/a.jpg  no_code: No code was found"), "{row}");
        let row = blank().failed("unreadable", "it is gone".to_owned()).row(Language::En);
        assert_eq!(row, "error     in/a.jpg  unreadable: it is gone");
        let check = rules::not_decoded(&Spec::preset("chsi").expect("a preset"), ReasonCode::Truncated);
        let both = blank().with_check(Some(check.clone())).refused(vec![ReasonCode::Truncated]);
        assert_eq!(both.codes().into_iter().collect::<Vec<_>>(), ["truncated"]);
        let row = both.row(Language::En);
        assert_eq!(row.matches(ReasonCode::Truncated.text_en()).count(), 1, "{row}");
        assert!(row.starts_with("refused   in/a.jpg  truncated  retake\n"), "{row}");
        let row = blank().with_check(Some(check)).row(Language::Zh);
        assert!(
            row.starts_with("answered  in/a.jpg  retake\n  fail   reject truncated (readable 0 yes_no): 图片"),
            "{row}"
        );
    }
}
