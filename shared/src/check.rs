//! What `check` answers: a finding for every rule, and one advice.

mod file;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::file::{FileEvidence, JpegEvidence};
use crate::blob::BlobKey;

/// The answer to `check`. A photo that cannot be decoded or shows no face has one too: the rule that says
/// so fails, the others are not assessed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckOutcome {
    /// What to do with the photo.
    pub advice: Advice,
    /// A finding for every rule of the standard, in the order in which rules are listed.
    pub rules: Vec<RuleFinding>,
    /// What the photo's file says about itself; absent where it cannot be decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileEvidence>,
    /// Where the evidence picture lies, where the worker keeps it: a key of the object store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<BlobKey>,
}

impl CheckOutcome {
    /// The answer that these findings add up to.
    #[must_use]
    pub fn of(rules: Vec<RuleFinding>) -> Self {
        let advice = rules.iter().map(RuleFinding::advice).max().unwrap_or(Advice::Accept);
        Self { advice, rules, file: None, evidence: None }
    }

    /// Codes of the rules that failed or are unsure, in their order.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().filter_map(|rule| rule.code.as_deref())
    }
}

/// What to do with a photo, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Advice {
    /// Nothing speaks against it.
    Accept,
    /// A person should look at it.
    Review,
    /// The student should take another.
    Retake,
}

impl Advice {
    /// Its word in results, tables and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Review => "review",
            Self::Retake => "retake",
        }
    }
}

/// What one rule found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleFinding {
    /// The rule's name, for example `eyes_open`.
    pub rule: String,
    /// What the reading means by the standard.
    pub verdict: Verdict,
    /// How much it weighs.
    pub severity: Severity,
    /// What was measured; absent when it was not assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// The limit past which the reading lies, in its unit; present when the verdict is `unsure` or `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f32>,
    /// Why it was not assessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<NotAssessed>,
    /// The stable word for what is wrong; present when the verdict is `unsure` or `fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A sentence that tells a student what to do, in English; with `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
    /// The same in Chinese; with `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zh: Option<String>,
    /// Where in the photo, in pixels of the upright original.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl RuleFinding {
    /// A finding that tells no more than its verdict.
    #[must_use]
    pub fn bare(rule: &str, verdict: Verdict, severity: Severity) -> Self {
        let rule = rule.to_owned();
        Self {
            rule,
            verdict,
            severity,
            reading: None,
            limit: None,
            why: None,
            code: None,
            en: None,
            zh: None,
            place: None,
        }
    }

    /// What this finding alone advises: only a clear failure of a rule that rejects sends a photo back, and
    /// doubt about one goes to a person. Hints are shown and decide nothing.
    #[must_use]
    pub fn advice(&self) -> Advice {
        match (self.verdict, self.severity) {
            (Verdict::Fail, Severity::Reject) => Advice::Retake,
            (Verdict::Unsure, Severity::Reject) | (Verdict::Fail, Severity::Warn) => Advice::Review,
            _ => Advice::Accept,
        }
    }
}

/// What a reading means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the limits.
    Pass,
    /// Between what is surely right and what is surely wrong.
    Unsure,
    /// Past the limits.
    Fail,
    /// The picture or the model pack cannot tell.
    NotAssessed,
}

impl Verdict {
    /// Its word in results and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Unsure => "unsure",
            Self::Fail => "fail",
            Self::NotAssessed => "not_assessed",
        }
    }
}

/// How much a rule weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A failure sends the photo back.
    Reject,
    /// A failure sends the photo to a person.
    Warn,
    /// A failure is only shown.
    Hint,
}

impl Severity {
    /// Its word in results and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Warn => "warn",
            Self::Hint => "hint",
        }
    }
}

/// A number with its unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// The number.
    pub value: f32,
    /// Its unit, for example `degrees`.
    pub unit: String,
}

/// Why a rule was not assessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotAssessed {
    /// The photo cannot be decoded.
    NotDecoded,
    /// No face was found.
    NoFace,
    /// The model pack has no model for it.
    NoModel,
    /// What it looks at is not in the picture.
    NotInPicture,
    /// The picture has too few pixels to tell.
    TooFewPixels,
    /// The file says nothing about it.
    NotInFile,
    /// No certificate picture was made in the same job.
    NoOutput,
    /// The standard does not ask for it.
    NotAsked,
    /// Another fault of the photo, which is told, hides it: a greyscale photo shows no colours.
    HiddenByFault,
    /// There is no other photo to compare with.
    NothingToCompare,
    /// The face, or one of the photos to compare with, cannot be compared: several faces, turned away, blurred, too
    /// small, or described by another model.
    NotComparable,
}

/// A place in a photo, in pixels of the upright original; it may reach out of the picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// An upright rectangle.
    Box {
        /// Left edge.
        left: f32,
        /// Upper edge.
        top: f32,
        /// Width.
        width: f32,
        /// Height.
        height: f32,
    },
    /// A closed line.
    Polygon {
        /// Its corners, each x and y.
        points: Vec<[f32; 2]>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(verdict: Verdict, severity: Severity) -> RuleFinding {
        RuleFinding::bare("r", verdict, severity)
    }

    #[test]
    fn the_worst_finding_decides() {
        let table: [(&[(Verdict, Severity)], Advice); 7] = [
            (&[], Advice::Accept),
            (&[(Verdict::Pass, Severity::Reject), (Verdict::NotAssessed, Severity::Reject)], Advice::Accept),
            (&[(Verdict::Fail, Severity::Hint), (Verdict::Unsure, Severity::Warn)], Advice::Accept),
            (&[(Verdict::Unsure, Severity::Reject)], Advice::Review),
            (&[(Verdict::Fail, Severity::Warn)], Advice::Review),
            (&[(Verdict::Fail, Severity::Reject), (Verdict::Fail, Severity::Warn)], Advice::Retake),
            (&[(Verdict::Fail, Severity::Warn), (Verdict::Fail, Severity::Reject)], Advice::Retake),
        ];
        for (findings, advice) in table {
            let outcome = CheckOutcome::of(findings.iter().map(|&(v, s)| finding(v, s)).collect());
            assert_eq!(outcome.advice, advice, "{findings:?}");
        }
    }

    #[test]
    fn a_place_says_its_kind() {
        let place = Place::Box { left: 1.0, top: 2.0, width: 3.0, height: 4.0 };
        let expected = serde_json::json!({"kind": "box", "left": 1.0, "top": 2.0, "width": 3.0, "height": 4.0});
        assert_eq!(serde_json::to_value(place).expect("plain"), expected);
        let place = Place::Polygon { points: vec![[1.0, 2.0]] };
        assert_eq!(
            serde_json::to_value(place).expect("plain"),
            serde_json::json!({"kind": "polygon", "points": [[1.0, 2.0]]})
        );
    }
}
