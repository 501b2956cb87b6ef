//! A standard as it is written: what it says over what its base says, and where it says it wrong.

use serde::Deserialize;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::{Spanned, Table, Value};

use super::{PRESETS, Spec};
use crate::{Error, Result};

/// Reads a standard, unchecked. `is_typed` says that somebody wrote this very text, so that its lines mean something.
///
/// # Errors
/// [`Error::InvalidSpec`] naming the line, where there is one, and the key.
pub(super) fn read(text: &str, is_typed: bool) -> Result<Spec> {
    let wrong = |cause| unreadable(cause, is_typed.then_some(text));
    let own = DeTable::parse(text).map_err(wrong)?;
    if own.get_ref().contains_key("base") {
        return Spec::deserialize(Deserializer::from(whole(own)?)).map_err(wrong);
    }
    Spec::deserialize(Deserializer::from(own)).map_err(|cause| {
        let why = "a standard that says only what differs begins with a base, as `base = \"chsi\"`";
        Error::InvalidSpec(format!("{}; {why}", says(cause, is_typed.then_some(text))))
    })
}

/// Why a text cannot be read, with the line of `text`, where it is known, and the key.
pub(super) fn unreadable(cause: toml::de::Error, text: Option<&str>) -> Error {
    Error::InvalidSpec(says(cause, text))
}

fn says(mut cause: toml::de::Error, text: Option<&str>) -> String {
    let before = text.zip(cause.span()).and_then(|(text, span)| text.get(..span.start));
    let line = before.map_or_else(String::new, |before| format!("line {}: ", before.matches('\n').count() + 1));
    // Without its input it names the key instead of drawing the line on lines of its own.
    cause.set_input(None);
    format!("{line}{}", cause.to_string().trim_end().replace('\n', " "))
}

/// A standard with what its base, and that one's own, says and it does not.
fn whole(mut own: Spanned<DeTable<'_>>) -> Result<Spanned<DeTable<'_>>> {
    let Some(base) = own.get_mut().remove("base") else { return Ok(own) };
    let known = |(name, _): &&(&str, &str)| base.get_ref().as_str() == Some(*name);
    let unknown = || Error::InvalidSpec(format!("base is no standard; possible values: {}", Spec::names()));
    let (_, text) = PRESETS.iter().find(known).ok_or_else(unknown)?;
    let mut all = whole(DeTable::parse(text).map_err(|cause| unreadable(cause, None))?)?;
    overlay(all.get_mut(), own.into_inner());
    Ok(all)
}

fn overlay<'text>(below: &mut DeTable<'text>, above: DeTable<'text>) {
    for (name, value) in above {
        let (span, value) = (value.span(), value.into_inner());
        match (below.get_mut(name.get_ref().as_ref()).map(Spanned::get_mut), value) {
            (Some(DeValue::Table(below)), DeValue::Table(above)) => overlay(below, above),
            (_, value) => {
                below.remove(name.get_ref().as_ref());
                below.insert(name, Spanned::new(span, value));
            }
        }
    }
}

/// What a preset says otherwise than its base, key by key.
pub(super) fn changes(text: &str) -> Vec<(String, String)> {
    let mut own: Table = toml::from_str(text).expect("a preset is lawful, as a test says");
    if own.remove("base").is_none() {
        return Vec::new();
    }
    own.retain(|key, _| !matches!(key, "name" | "title"));
    let mut changes = Vec::new();
    flatten("", own, &mut changes);
    changes
}

fn flatten(above: &str, table: Table, into: &mut Vec<(String, String)>) {
    for (key, value) in table {
        match value {
            Value::Table(table) => flatten(&format!("{above}{key}."), table, into),
            value => into.push((format!("{above}{key}"), value.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, says: &[&str]) {
        let error = Spec::from_toml(text).expect_err(text).to_string();
        assert!(!error.contains('\n') && says.iter().all(|says| error.contains(says)), "{text:?}: {error}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_its_key() {
        check("base = \"chsi\"\n[rules.yaw\nasked = true\n", &["line 2"]);
        check("base = \"chsi\"\n\n[rules.yaw]\nfail_above = \"much\"\n", &["line 4", "rules.yaw", "\"much\""]);
        check("base = \"chsi\"\n[rules.yaw]\nfail_over = 3\n", &["line 3", "fail_over", "fail_above"]);
        check("base = \"chsi\"\n[rules.yaw]\nseverity = \"fatal\"\n", &["line 3", "fatal", "reject"]);
        check("base = \"chsi\"\nfile = 3\n", &["line 2", "file"]);
        check("base = \"chsi\"\n[picture]\ncolour = 3\n", &["line 3", "colour"]);
    }

    #[test]
    fn a_base_that_is_missing_or_none_is_told_with_the_standards_that_there_are() {
        check("[rules.yaw]\nfail_above = 12\n", &["missing field", "base = \"chsi\""]);
        for text in ["base = \"none\"\n", "base = 3\n"] {
            check(text, &["base is no standard", "chsi, ", "chsi_white"]);
        }
    }

    #[test]
    fn what_a_preset_changes_is_told_key_by_key() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        assert_eq!(Spec::changes("chsi_no_glasses"), [pair("rules.no_glasses.asked", "true")]);
        assert!(Spec::changes("chsi_white").contains(&pair("picture.background", "[255, 255, 255]")));
        assert!(Spec::changes("chsi").is_empty() && Spec::changes("none").is_empty());
    }

    #[test]
    fn limits_that_contradict_the_base_are_told_with_both_numbers() {
        let text = "base = \"chsi\"\n[rules.yaw]\nfail_above = 1\n";
        check(text, &["rules.yaw", "unsure_above 8 lies beyond fail_above 1", "base"]);
    }
}
