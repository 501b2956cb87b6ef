//! What came of one file, as a JSON line or a row.

use std::fmt;
use std::path::Path;

use gradphoto_shared::code::ReadCodeOutcome;
use gradphoto_shared::outcome::{ReasonCode, StageTime, Standardised};
use serde::Serialize;

use super::Photo;

/// How a file fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The certificate picture lies in the folder; where only the code was asked for, it was read.
    Finished,
    /// That could not be, because of the photo.
    Refused,
    /// The work could not be done.
    Error,
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
    /// The answer to `read_code`, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_code: Option<ReadCodeOutcome>,
    /// Time per stage, in the order they ran.
    pub stages: Vec<StageTime>,
    /// Name and version of the model pack.
    pub pack: String,
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
    /// Everything about it.
    #[serde(flatten)]
    pub facts: Standardised,
}

impl Answer {
    pub(super) fn new(photo: &Photo, pack: &str) -> Self {
        Self {
            file: photo.path.to_string_lossy().into_owned(),
            outcome: Outcome::Error,
            reasons: Vec::new(),
            error: None,
            result: None,
            read_code: None,
            stages: Vec::new(),
            pack: pack.to_owned(),
        }
    }

    pub(super) fn timed(self, stages: Vec<StageTime>) -> Self {
        Self { stages, ..self }
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

    pub(super) fn finished(self, path: &Path, facts: Standardised) -> Self {
        let picture = Picture { picture: path.to_string_lossy().into_owned(), facts };
        Self { outcome: Outcome::Finished, result: Some(picture), ..self }
    }

    pub(super) fn refused(self, reasons: Vec<ReasonCode>) -> Self {
        Self { outcome: Outcome::Refused, reasons, ..self }
    }

    pub(super) fn failed(self, code: &str, message: String) -> Self {
        Self { outcome: Outcome::Error, error: Some(Failure { code: code.to_owned(), message }), ..self }
    }
}

/// A row of the readable table.
impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.result, &self.error) {
            (Some(picture), _) => {
                let kilobytes = picture.facts.bytes as f64 / 1024.0;
                let quality = picture.facts.quality;
                write!(f, "finished  {}  {kilobytes:.1} KB, quality {quality}", picture.picture)?;
                let notes = picture.facts.notes.iter().map(|note| note.code);
                notes.into_iter().try_for_each(|code| write!(f, ", {}", code.code()))?;
            }
            (None, Some(error)) => write!(f, "error     {}  {}: {}", self.file, error.code, error.message)?,
            (None, None) if self.outcome == Outcome::Finished => write!(f, "finished  {}", self.file)?,
            (None, None) => {
                write!(f, "refused   {}", self.file)?;
                self.reasons.iter().try_for_each(|code| write!(f, "  {}: {}", code.code(), code.text_en()))?;
            }
        }
        // The text itself is for whoever asked for JSON: a table is looked at over shoulders.
        match &self.read_code {
            Some(ReadCodeOutcome::Found { text }) => write!(f, "  code of {} characters", text.characters()),
            Some(outcome) => write!(f, "  code: {}", outcome.name()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let row = blank().refused(vec![ReasonCode::NoFace]).to_string();
        assert!(row.starts_with("refused   in/a.jpg  no_face: No face was found."), "{row}");
        let row = blank().with_code(Some(ReadCodeOutcome::found("A1b2=")), true).to_string();
        assert_eq!(row, "finished  in/a.jpg  code of 5 characters");
        let row = blank().with_code(Some(ReadCodeOutcome::because(ReasonCode::NoCode)), true).to_string();
        assert!(row.starts_with("refused   in/a.jpg  no_code: No code was found"), "{row}");
        let row = blank().failed("unreadable", "it is gone".to_owned()).to_string();
        assert_eq!(row, "error     in/a.jpg  unreadable: it is gone");
    }
}
