//! Names that callers choose: tenants, sessions, subjects, batches.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Error, Result};

/// Longest name in bytes; names stand in keys and paths, so they stay short.
pub const NAME_MAX: usize = 64;

/// What a name must be, behind what it stands for.
macro_rules! lawful {
    () => {
        ": 1 to 64 of A-Z a-z 0-9 _ . -, a letter or digit first, and not shaped like a national ID number"
    };
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schema(value_type = String, pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
        pub struct $type(String);

        impl $type {
            /// Checks `text` and takes it as a name.
            ///
            /// # Errors
            /// [`Error::InvalidName`] unless it is 1 to 64 of `A-Z a-z 0-9 _ . -`, starting with a
            /// letter or digit, and not shaped like a national ID number.
            pub fn new(text: impl Into<String>) -> Result<Self> {
                checked(text.into(), concat!($what, lawful!())).map(Self)
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = Error;

            fn try_from(text: String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }
    };
}

name!(
    /// Who pays: the owner of sessions, limits and API keys.
    TenantId,
    "tenant"
);
name!(
    /// A collection session (场次/批次) of one tenant.
    SessionId,
    "session"
);
name!(
    /// The main system's opaque id of a student; never a name or an ID number.
    SubjectId,
    "subject"
);
name!(
    /// A group of jobs of one session that is counted and told of as a whole.
    BatchId,
    "batch"
);
name!(
    /// Readers of a tenant's results who share the work.
    GroupId,
    "group"
);
name!(
    /// An endpoint of a tenant that is told of results.
    HookId,
    "webhook"
);

fn checked(text: String, what: &'static str) -> Result<String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let fits =
        (1..=NAME_MAX).contains(&text.len()) && text.as_bytes()[0].is_ascii_alphanumeric() && text.bytes().all(legal);
    if fits && !is_national_id_shaped(&text) { Ok(text) } else { Err(Error::InvalidName { what }) }
}

/// 17 digits and a digit or X (GB 11643): personal data that must not become part of a key.
fn is_national_id_shaped(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 18
        && bytes[..17].iter().all(u8::is_ascii_digit)
        && (bytes[17].is_ascii_digit() || bytes[17].eq_ignore_ascii_case(&b'x'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, lawful: bool) {
        assert_eq!(SubjectId::new(text).is_ok(), lawful, "{text:?}");
    }

    #[test]
    fn names_are_short_plain_and_impersonal() {
        check("25103003", true);
        check("Z3K8F7", true);
        check("a.b_c-d", true);
        check(&"a".repeat(64), true);
        check(&"a".repeat(65), false);
        check("", false);
        check("-a", false);
        check("a/b", false);
        check("张三", false);
        check("{1}", false);
        check("11010519491231002X", false);
    }
}
