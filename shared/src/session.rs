//! A collection session: when it takes photos, and by which standard.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::name::{SessionId, TenantId};
use crate::spec::Overrides;
use crate::{Error, Result};

/// Whether a session takes jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Announced; takes no jobs yet.
    Planned,
    /// Takes jobs.
    Open,
    /// Takes no more jobs; what was accepted is still finished.
    Closed,
}

impl SessionState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Planned, Self::Open, Self::Closed];

    /// Its name in Redis and the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    /// Whether a session may go from this state to `next`: planned -> open <-> closed, and any state to
    /// itself.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self == next || matches!((self, next), (Self::Planned | Self::Closed, Self::Open) | (Self::Open, Self::Closed))
    }
}

impl FromStr for SessionState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|state| state.name() == text);
        found.ok_or(Error::InvalidName { what: "session state" })
    }
}

/// A collection session (场次/批次).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its name, chosen by the main system.
    pub id: SessionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Whether it takes jobs.
    pub state: SessionState,
    /// Name of the document standard its photos follow, for example `chsi`; where the session changes something
    /// of it, with a digest of the changes behind: `chsi+0123456789abcdef`.
    pub spec: String,
    /// What it changes of the standard.
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub overrides: Overrides,
    /// When it was made known, in milliseconds since 1970 UTC.
    pub created_at_ms: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_opens_and_closes_but_is_never_planned_again() {
        use SessionState::{Closed, Open, Planned};
        for from in SessionState::ALL {
            for to in SessionState::ALL {
                let lawful = from == to || [(Planned, Open), (Open, Closed), (Closed, Open)].contains(&(from, to));
                assert_eq!(from.may_become(to), lawful, "{from:?} -> {to:?}");
            }
            assert_eq!(from.name().parse::<SessionState>().unwrap(), from);
        }
    }
}
