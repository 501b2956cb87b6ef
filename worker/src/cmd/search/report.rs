//! What the person or the script sees of `worker search`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};

use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::{Error, Result};
use serde::Serialize;

use crate::face::shot::Likeness;
use crate::face::{Bounds, Decision, Double, Gallery, Match};
use crate::local::{Failure, Language, Unseen};

/// What came of one search.
pub(super) struct Searched {
    pub(super) probe: PathBuf,
    pub(super) answer: std::result::Result<Decision<PathBuf>, Unseen>,
    /// Who comes nearest, where that was asked for.
    pub(super) candidates: Vec<Match<PathBuf>>,
}

/// One line of JSON: exactly one of `probe`, `gallery` and `double` names a file.
#[derive(Serialize, Default)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gallery: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    double: Option<[String; 2]>,
    outcome: &'a str,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    found: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<ReasonCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<Candidate>,
}

#[derive(Serialize)]
struct Candidate {
    file: String,
    score: f32,
}

/// Tells of each photo as it comes, and of all at the end.
pub(super) struct Report {
    json: bool,
    language: Language,
    has_head: bool,
    outcomes: BTreeMap<&'static str, usize>,
    left_out: usize,
    errors: usize,
}

impl Report {
    pub(super) fn new(json: bool, language: Language) -> Self {
        Self { json, language, has_head: false, outcomes: BTreeMap::new(), left_out: 0, errors: 0 }
    }

    /// Tells of a photo of the gallery that cannot be found.
    pub(super) fn left_out(&mut self, photo: &Path, unseen: Unseen) -> Result<()> {
        self.left_out += 1;
        let line = Line { gallery: Some(name(photo)), ..self.unseen(unseen) };
        let row = format!("{:<11} {}{}", "left out", name(photo), self.words(&line));
        self.print(&line, &row)
    }

    /// Tells of a search.
    pub(super) fn searched(&mut self, searched: Searched) -> Result<()> {
        let Searched { probe, answer, candidates } = searched;
        let line = match answer {
            Err(unseen) => self.unseen(unseen),
            Ok(decision) => {
                let reasons = match decision {
                    Decision::Found(_) => Vec::new(),
                    Decision::Uncertain { .. } => vec![ReasonCode::SearchUncertain],
                    Decision::NotFound { .. } => vec![ReasonCode::NotInGallery],
                };
                let (outcome, score) = (decision.name(), decision.best());
                let found = match decision {
                    Decision::Found(found) => Some(name(&found.photo)),
                    _ => None,
                };
                Line { outcome, score, found, reasons, ..Line::default() }
            }
        };
        let candidate = |near: Match<PathBuf>| Candidate { file: name(&near.photo), score: near.score };
        let candidates: Vec<_> = candidates.into_iter().map(candidate).collect();
        let line = Line { probe: Some(name(&probe)), candidates, ..line };
        *self.outcomes.entry(line.outcome).or_default() += 1;
        let score = line.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"));
        let mut row = format!("{:<11} {score:>6}  {}", line.outcome, name(&probe));
        match &line.found {
            Some(found) => row += &format!("  is  {found}"),
            None => row += &self.words(&line),
        }
        for Candidate { file, score } in &line.candidates {
            // Writing into a string cannot fail.
            let _ = write!(row, "\n  near      {score:>6.3}  {file}");
        }
        if !self.json && !self.has_head {
            self.has_head = true;
            row = format!("{:<11} {:>6}  PHOTO\n{row}", "ANSWER", "SCORE");
        }
        self.print(&line, &row)
    }

    /// Tells of two photos of the gallery that look like one person.
    pub(super) fn double(&mut self, double: &Double<PathBuf>) -> Result<()> {
        let outcome = match double.likeness {
            Likeness::SameShot => "same_shot",
            _ => "looks_alike",
        };
        let both = [name(&double.one.photo), name(&double.other.photo)];
        let row = format!("{outcome:<11} {:>6.3}  {}  and  {}", double.one.score, both[0], both[1]);
        let line = Line { double: Some(both), outcome, score: Some(double.one.score), ..Line::default() };
        self.print(&line, &row)
    }

    pub(super) fn end(self, gallery: &Gallery<PathBuf>) -> Result<()> {
        let searched: usize = self.outcomes.values().sum();
        if !self.json {
            let faces = gallery.len();
            let mut text = format!("{searched} photos searched among {faces} faces");
            if self.left_out > 0 {
                text += &format!(" ({} photos of the gallery left out)", self.left_out);
            }
            let counts: Vec<_> = self.outcomes.iter().map(|(name, count)| format!("{count} {name}")).collect();
            text += &format!(": {}", counts.join(", "));
            let Bounds { found, unsure } = gallery.bounds();
            text += &format!("\nfound from {found:.3}, uncertain from {unsure:.3}");
            writeln!(stdout(), "{text}").map_err(output_failed)?;
        }
        match self.errors {
            0 => Ok(()),
            errors => Err(Error::Config(format!("{errors} files got no answer"))),
        }
    }

    fn unseen(&mut self, unseen: Unseen) -> Line<'static> {
        match unseen {
            Unseen::Unusable(reasons) => Line { outcome: "unusable", reasons, ..Line::default() },
            Unseen::Failed(error) => {
                self.errors += 1;
                Line { outcome: "error", error: Some(error), ..Line::default() }
            }
        }
    }

    /// The reasons in the person's language.
    fn words(&self, line: &Line<'_>) -> String {
        let text = |code: &ReasonCode| match self.language {
            Language::En => code.text_en(),
            Language::Zh => code.text_zh(),
        };
        let reasons = line.reasons.iter().map(|code| format!("  {}: {}", code.code(), text(code)));
        let error = line.error.iter().map(|error| format!("  {}: {}", error.code, error.message));
        reasons.chain(error).collect()
    }

    fn print(&self, line: &Line<'_>, row: &str) -> Result<()> {
        let text = if self.json {
            serde_json::to_string(line).map_err(|cause| Error::io("write an answer as JSON", cause.into()))?
        } else {
            row.to_owned()
        };
        writeln!(stdout(), "{text}").map_err(output_failed)
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn output_failed(cause: std::io::Error) -> Error {
    Error::io("write to standard output", cause)
}
