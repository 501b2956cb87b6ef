//! A webhook: what its tenant said of it, and how it stands.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer;
use crate::name::{HookId, SessionId};
use crate::{Error, Result};

/// What a webhook may be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// A job was answered.
    Done,
    /// A job was given up.
    Dead,
    /// A job was cancelled.
    Cancelled,
    /// A batch is complete.
    Batch,
}

impl HookEvent {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Done, Self::Dead, Self::Cancelled, Self::Batch];

    /// Its name in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
            Self::Batch => "batch",
        }
    }

    /// As `lua/reader_take.lua` takes it.
    pub(super) fn letter(self) -> char {
        match self {
            Self::Done => 'd',
            Self::Dead => 'x',
            Self::Cancelled => 'c',
            Self::Batch => 'b',
        }
    }
}

impl FromStr for HookEvent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(Error::InvalidName { what: "event" })
    }
}

/// What a tenant says of a webhook. A newer release may have written more: that is passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookSettings {
    /// Where to tell.
    pub url: String,
    /// What to tell of; everything where it is absent.
    #[serde(default = "everything")]
    pub events: Vec<HookEvent>,
    /// Tell of this session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

fn everything() -> Vec<HookEvent> {
    HookEvent::ALL.to_vec()
}

/// A webhook and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Its name.
    pub name: HookId,
    /// What the tenant said.
    pub settings: HookSettings,
    /// Counts secrets.
    pub version: u64,
    /// The secret before, and when it was replaced, in milliseconds since 1970 UTC.
    pub before: Option<(u64, u64)>,
    /// When it was parked, in milliseconds since 1970 UTC: nothing is sent until it is resumed.
    pub parked_at_ms: Option<u64>,
    /// Code of the last failure, where one came after the last success.
    pub error: Option<String>,
    /// Failures since the last success.
    pub failures: u64,
}

impl Hook {
    /// Fields beside its settings, which stand under its name; these have a colon between.
    pub(super) const WORDS: [&str; 7] = ["version", "before", "rotated", "parked", "since", "failures", "code"];

    /// Reads a webhook's fields.
    ///
    /// # Errors
    /// [`Error::RedisAnswer`], [`Error::Envelope`] when they are none.
    pub(super) fn read(name: &HookId, field: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let number = |word: &str| field(&format!("{name}:{word}")).and_then(|text| text.parse::<u64>().ok());
        let settings = field(name.as_str()).ok_or_else(|| answer::unexpected("a webhook"))?;
        Ok(Self {
            name: name.clone(),
            settings: serde_json::from_str(&settings).map_err(Error::Envelope)?,
            version: number("version").unwrap_or_default(),
            before: number("before").zip(number("rotated")),
            parked_at_ms: number("parked"),
            error: field(&format!("{name}:code")),
            failures: number("failures").unwrap_or_default(),
        })
    }
}
