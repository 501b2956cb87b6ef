//! The answer to `read_code`. The text of a code is personal: it goes to whoever asked and nowhere else.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::outcome::{Reason, ReasonCode};

/// The text of a collection code. Prints as dots; only the answer that is handed to the caller spells it out;
/// while that lies in Redis, it is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(from = "Form", into = "Form")]
#[schema(value_type = String)]
pub struct CodeText(Form);

/// How a text is written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Plain(String),
    Sealed {
        /// Base64.
        sealed: String,
    },
}

impl From<Form> for CodeText {
    fn from(form: Form) -> Self {
        Self(form)
    }
}

impl From<CodeText> for Form {
    fn from(text: CodeText) -> Self {
        text.0
    }
}

impl CodeText {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Form::Plain(text.into()))
    }

    /// Takes a text that was sealed.
    pub(crate) fn sealed(bytes: &[u8]) -> Self {
        Self(Form::Sealed { sealed: STANDARD.encode(bytes) })
    }

    /// The sealed bytes; `None` where it is not sealed. What is no base64 is sealed nothing.
    pub(crate) fn as_sealed(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Form::Plain(_) => None,
            Form::Sealed { sealed } => Some(STANDARD.decode(sealed).unwrap_or_default()),
        }
    }

    /// The text itself, for the one place that hands it over; `None` where it is sealed.
    #[must_use]
    pub fn reveal(&self) -> Option<&str> {
        match &self.0 {
            Form::Plain(text) => Some(text),
            Form::Sealed { .. } => None,
        }
    }

    /// How many characters it has, for tables and logs; 0 where it is sealed.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.reveal().map_or(0, |text| text.chars().count())
    }
}

impl fmt::Debug for CodeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

/// The answer to `read_code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ReadCodeOutcome {
    /// The picture holds one code, and it was read.
    Found {
        /// What it says, whole and unchanged.
        text: CodeText,
    },
    /// The picture holds no code.
    None {
        /// Advice for the student; at least one.
        reasons: Vec<Reason>,
    },
    /// The picture holds codes that say different things.
    Several {
        /// Advice for the student; at least one.
        reasons: Vec<Reason>,
    },
    /// The picture holds a code that cannot be read without doubt.
    Unreadable {
        /// Advice for the student; at least one.
        reasons: Vec<Reason>,
    },
    /// The file is no picture that can be looked at.
    Refused {
        /// Why, most important first; at least one.
        reasons: Vec<Reason>,
    },
}

impl ReadCodeOutcome {
    /// A code that was read.
    #[must_use]
    pub fn found(text: impl Into<String>) -> Self {
        Self::Found { text: CodeText::new(text) }
    }

    /// The answer that a reason stands for: one of the three about codes, else a refusal of the file.
    #[must_use]
    pub fn because(code: ReasonCode) -> Self {
        let reasons = vec![code.into()];
        match code {
            ReasonCode::NoCode => Self::None { reasons },
            ReasonCode::SeveralCodes => Self::Several { reasons },
            ReasonCode::CodeUnreadable | ReasonCode::CodeGone => Self::Unreadable { reasons },
            _ => Self::Refused { reasons },
        }
    }

    /// `found`, `none`, `several`, `unreadable` or `refused`, for metrics and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Found { .. } => "found",
            Self::None { .. } => "none",
            Self::Several { .. } => "several",
            Self::Unreadable { .. } => "unreadable",
            Self::Refused { .. } => "refused",
        }
    }

    /// Why there is no text; empty where there is one.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Found { .. } => &[],
            Self::None { reasons }
            | Self::Several { reasons }
            | Self::Unreadable { reasons }
            | Self::Refused { reasons } => reasons,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_spelt_out_for_the_caller_only() {
        let answer = ReadCodeOutcome::found("A1b2=");
        assert_eq!(format!("{answer:?}"), "Found { text: •••• }");
        let told = serde_json::json!({"outcome": "found", "text": "A1b2="});
        assert_eq!(serde_json::to_value(&answer).expect("plain"), told);
        assert_eq!(serde_json::from_value::<ReadCodeOutcome>(told).expect("own answer"), answer);
    }

    #[test]
    fn every_answer_without_a_text_has_advice() {
        let table = [
            (ReasonCode::NoCode, "none"),
            (ReasonCode::SeveralCodes, "several"),
            (ReasonCode::CodeUnreadable, "unreadable"),
            (ReasonCode::CodeGone, "unreadable"),
            (ReasonCode::Truncated, "refused"),
        ];
        for (code, name) in table {
            let answer = ReadCodeOutcome::because(code);
            assert_eq!((answer.name(), answer.reasons()[0].code), (name, code));
            assert_eq!(serde_json::to_value(&answer).expect("plain")["outcome"], name);
        }
    }
}
