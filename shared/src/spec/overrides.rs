//! What one session changes of a built-in standard.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::Spec;
use super::text::unreadable;
use crate::{Error, Result};

/// Longest text of overrides in bytes: a preset that says every limit anew has about 10,000.
const BYTES_MAX: usize = 16 << 10;
/// Stands between a preset and the digest of what a session changes of it.
const MARK: char = '+';
/// Hex digits of that digest: 64 bits tell the few standards of a session apart.
const DIGITS: usize = 16;

/// What a session changes of a built-in standard: a table like that of a preset, with only what differs, for
/// example `{"rules": {"no_glasses": {"asked": true}}, "file": {"max_bytes": 61440}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct Overrides(Map<String, Value>);

impl Overrides {
    /// Reads what [`Self::text`] wrote.
    ///
    /// # Errors
    /// [`Error::InvalidSpec`] when it is no table.
    pub fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|cause| Error::InvalidSpec(cause.to_string()))
    }

    /// Reads them from a file, TOML like a preset or, by its ending, `.json`.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::InvalidSpec`] when it is no table.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path);
        let text = text.map_err(|cause| Error::io(format!("read the overrides {}", path.display()), cause))?;
        if path.extension().is_some_and(|ending| ending == "json") {
            return Self::read(&text);
        }
        toml::from_str(&text).map_err(|cause| unreadable(cause, Some(&text)))
    }

    /// As one line of JSON, the same for the same changes.
    #[must_use]
    pub fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The standard that results from `base`; its name is the base's, `+`, and a digest of the changes, so that
    /// a name always means the same limits.
    ///
    /// # Errors
    /// [`Error::UnknownSpec`] for the base; [`Error::InvalidSpec`] naming what is unknown, too long or
    /// contradicts something.
    pub fn on(&self, base: &str) -> Result<Spec> {
        let preset = Spec::preset(base)?;
        let text = self.text();
        if text.len() > BYTES_MAX {
            return Err(Error::InvalidSpec(format!("overrides are longer than {BYTES_MAX} bytes")));
        }
        if let Some(word) = ["base", "name"].into_iter().find(|word| self.0.contains_key(*word)) {
            let why = "the session's `spec` says what they change";
            return Err(Error::InvalidSpec(format!("overrides must not hold `{word}`: {why}")));
        }
        let own = toml::Table::try_from(&self.0);
        let mut own = own.map_err(|_| Error::InvalidSpec("overrides hold a null".to_owned()))?;
        own.insert("base".to_owned(), base.into());
        // It was JSON or a file of the caller's, whose lines nobody has here.
        let mut spec = Spec::of(&own.to_string(), false)?;
        // What the base does not name no worker measures.
        if let Some(rule) = spec.rules.keys().find(|rule| !preset.rules.contains_key(*rule)) {
            return Err(Error::InvalidSpec(format!("rules.{rule} is no rule")));
        }
        let digest = hex::encode(Sha256::digest(format!("{base}{MARK}{text}")));
        spec.name = format!("{base}{MARK}{}", &digest[..DIGITS]);
        Ok(spec)
    }
}

/// The preset under a standard that a session changed; `None` for a preset itself.
#[must_use]
pub fn base_of(name: &str) -> Option<&str> {
    name.split_once(MARK).map(|(base, _)| base)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overrides(value: Value) -> Overrides {
        serde_json::from_value(value).expect("a table")
    }

    #[test]
    fn a_session_changes_what_it_says_and_the_name_tells_standards_apart() {
        let base = Spec::preset("chsi").expect("a preset");
        let table = json!({"file": {"max_bytes": 61440}, "rules": {"one_face": {"severity": "warn"}}});
        let changed = overrides(table.clone()).on("chsi").expect("lawful");
        assert_eq!((changed.file.max_bytes, changed.file.min_bytes), (61_440, base.file.min_bytes));
        assert_eq!(changed.rules["one_face"].fail_below, base.rules["one_face"].fail_below);
        assert_eq!(base_of(&changed.name), Some("chsi"));
        assert_eq!(base_of("chsi"), None);
        let again = Overrides::read(&overrides(table.clone()).text()).expect("own text").on("chsi").expect("lawful");
        assert_eq!(again, changed);
        let white = overrides(table).on("chsi_white").expect("lawful");
        let other = overrides(json!({"file": {"max_bytes": 61441}})).on("chsi").expect("lawful");
        assert!(white.name != changed.name && other.name != changed.name);
    }

    #[test]
    fn what_no_worker_could_follow_is_refused_and_named() {
        for (table, word) in [
            (json!({"rules": {"moustache": {"severity": "warn", "fail_above": 1}}}), "rules.moustache"),
            (json!({"rules": {"one_face": {"fail_below": 3}}}), "rules.one_face"),
            (json!({"file": {"max_bytes": 1}}), "file.min_bytes"),
            (json!({"file": {"colour": 1}}), "colour"),
            (json!({"file": null}), "null"),
            (json!({"name": "own"}), "name"),
            (json!({"base": "chsi_white"}), "base"),
            (json!({"title": "x".repeat(BYTES_MAX)}), "longer"),
        ] {
            let error = overrides(table).on("chsi").expect_err(word);
            assert!(error.to_string().contains(word), "{error} does not name {word}");
        }
        assert!(matches!(Overrides::default().on("none"), Err(Error::UnknownSpec)));
        assert!(Overrides::read("[]").is_err());
    }
}
