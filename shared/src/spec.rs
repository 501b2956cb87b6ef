//! Document standards: every limit that judges a photo stands here and nowhere else.

mod limits;
mod overrides;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde::Deserialize;
use toml::{Table, Value};

pub use self::limits::{Limits, RuleLimits, Side};
pub use self::overrides::{Overrides, base_of};
use crate::{Error, Result};

/// The presets that are built in, by name.
const PRESETS: [(&str, &str); 12] = [
    ("chsi", include_str!("../specs/chsi.toml")),
    ("chsi_100_500", include_str!("../specs/chsi_100_500.toml")),
    ("chsi_100_up", include_str!("../specs/chsi_100_up.toml")),
    ("chsi_30_60", include_str!("../specs/chsi_30_60.toml")),
    ("chsi_any_glasses", include_str!("../specs/chsi_any_glasses.toml")),
    ("chsi_forehead", include_str!("../specs/chsi_forehead.toml")),
    ("chsi_grey", include_str!("../specs/chsi_grey.toml")),
    ("chsi_light_blue", include_str!("../specs/chsi_light_blue.toml")),
    ("chsi_live", include_str!("../specs/chsi_live.toml")),
    ("chsi_no_glasses", include_str!("../specs/chsi_no_glasses.toml")),
    ("chsi_smile", include_str!("../specs/chsi_smile.toml")),
    ("chsi_white", include_str!("../specs/chsi_white.toml")),
];
/// The same, read: a worker asks for one with every job.
static READ: LazyLock<BTreeMap<String, Spec>> = LazyLock::new(|| {
    let read = |(_, text): &(&str, &str)| Spec::from_toml(text).expect("a preset is lawful, as a test says");
    PRESETS.iter().map(read).map(|spec| (spec.name.clone(), spec)).collect()
});

/// Names of all rules, which the first preset spells out; a test of the worker holds them to its table.
static RULES: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let all: Table = toml::from_str(PRESETS[0].1).expect("a preset is lawful, as a test says");
    let rules = all.get("rules").and_then(Value::as_table);
    rules.into_iter().flatten().map(|(name, _)| name.clone()).collect()
});

/// A document standard.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Its name in sessions and on the command line.
    pub name: String,
    /// Its full title.
    pub title: String,
    /// Size and colours of the finished picture.
    pub picture: Picture,
    /// Limits of the finished file.
    pub file: FileLimits,
    /// Where the head has to stand.
    pub placement: PlacementWindows,
    /// What the photo must bring.
    pub input: InputLimits,
    /// Weight and limits of the rules of `check`, by the rule's name.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleLimits>,
}

/// Size and colours of the finished picture.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// Resolution in dots per inch.
    pub dpi: u16,
    /// Background red, green, blue.
    pub background: [u8; 3],
}

/// Limits of the finished file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLimits {
    /// Least size in bytes.
    pub min_bytes: u64,
    /// Greatest size in bytes.
    pub max_bytes: u64,
    /// Least JPEG quality factor.
    pub min_quality: u8,
    /// Greatest JPEG quality factor.
    pub max_quality: u8,
}

/// Where the head has to stand, in pixels of the finished picture.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacementWindows {
    /// Top of the hair, from the upper edge.
    pub hair_top_px: Window,
    /// Height of the eyes, from the upper edge.
    pub eyes_px: Window,
    /// Cheek to cheek.
    pub face_width_px: Window,
}

/// A closed range with the value to aim at.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Least lawful value.
    pub min: f32,
    /// Greatest lawful value.
    pub max: f32,
    /// The value to aim at.
    pub target: f32,
}

impl Window {
    /// Whether `value` is lawful.
    #[must_use]
    pub fn holds(&self, value: f32) -> bool {
        (self.min..=self.max).contains(&value)
    }
}

/// What the photo must bring.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputLimits {
    /// Least cheek-to-cheek width in pixels of the photo.
    pub min_face_width_px: f32,
    /// A second face counts from this share of the first one's width, 0 to 1.
    pub second_face_share: f32,
}

impl Spec {
    /// The built-in standard of that name.
    ///
    /// # Errors
    /// [`Error::UnknownSpec`].
    pub fn preset(name: &str) -> Result<Self> {
        READ.get(name).cloned().ok_or(Error::UnknownSpec)
    }

    /// Names of the built-in standards.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|(name, _)| *name)
    }

    /// The same, as a person reads them.
    pub(crate) fn names() -> String {
        Self::presets().collect::<Vec<_>>().join(", ")
    }

    /// What a built-in standard says otherwise than its base: keys, as `file.max_bytes`, with values as they are
    /// written; nothing for one without a base. Its name and title are its own and left out.
    #[must_use]
    pub fn changes(name: &str) -> Vec<(String, String)> {
        PRESETS.iter().find(|(preset, _)| *preset == name).map_or_else(Vec::new, |(_, text)| text::changes(text))
    }

    /// Reads and checks a standard. One that says `base = "NAME"` changes a built-in one: what it does not
    /// say stands there. Every rule must be weighed, if only by `asked = false`.
    ///
    /// # Errors
    /// [`Error::InvalidSpec`] naming the field or rule that is unknown, missing or contradicts another.
    pub fn from_toml(text: &str) -> Result<Self> {
        Self::of(text, true)
    }

    /// The built-in standard of that name, or the one in a file whose name ends in `.toml`; see [`Self::from_toml`].
    ///
    /// # Errors
    /// [`Error::Config`] naming the built-in ones; [`Error::Io`] when the file cannot be read; [`Error::InvalidSpec`].
    pub fn preset_or_file(name: &str) -> Result<Self> {
        let path = Path::new(name);
        if path.extension().is_none_or(|ending| ending != "toml") {
            let names = Self::names();
            let unknown = |_| Error::Config(format!("no such standard; possible values: {names}, or a .toml file"));
            return Self::preset(name).map_err(unknown);
        }
        let text = fs::read_to_string(path).map_err(|cause| Error::io(format!("read the standard {name}"), cause))?;
        Self::from_toml(&text)
    }

    /// As [`Self::from_toml`]; `is_typed` says that somebody wrote this very text, so that its lines mean something.
    fn of(text: &str, is_typed: bool) -> Result<Self> {
        let spec = text::read(text, is_typed)?;
        spec.check()?;
        Ok(spec)
    }

    fn check(&self) -> Result<()> {
        let Self { picture, file, placement, input, .. } = self;
        let lawful = [
            ("picture.width_px", (64..=4096).contains(&picture.width_px)),
            ("picture.height_px", (64..=4096).contains(&picture.height_px)),
            ("picture.dpi", (72..=1200).contains(&picture.dpi)),
            ("file.min_bytes", file.min_bytes < file.max_bytes),
            (
                "file.min_quality",
                1 <= file.min_quality && file.min_quality <= file.max_quality && file.max_quality <= 100,
            ),
            ("placement.hair_top_px", is_window(placement.hair_top_px, picture.height_px)),
            ("placement.eyes_px", is_window(placement.eyes_px, picture.height_px)),
            ("placement.face_width_px", is_window(placement.face_width_px, picture.width_px)),
            ("placement.eyes_px", placement.hair_top_px.target < placement.eyes_px.target),
            ("input.min_face_width_px", input.min_face_width_px >= 1.0),
            ("input.second_face_share", (0.0..=1.0).contains(&input.second_face_share)),
        ];
        if let Some(rule) = self.rules.keys().find(|rule| !RULES.contains(*rule)) {
            return Err(Error::InvalidSpec(format!("rules.{rule} is no rule")));
        }
        if let Some(rule) = RULES.iter().find(|rule| !self.rules.contains_key(*rule)) {
            return Err(Error::InvalidSpec(format!("rules.{rule} is missing")));
        }
        if let Some((rule, fault)) = self.rules.iter().find_map(|(rule, limits)| Some((rule, limits.fault()?))) {
            return Err(Error::InvalidSpec(format!("rules.{rule}: {fault} (limits that are not said are the base's)")));
        }
        match lawful.iter().find(|(_, holds)| !holds) {
            None => Ok(()),
            Some((field, _)) => Err(Error::InvalidSpec(format!("{field} is out of range or out of order"))),
        }
    }
}

/// Whether a window is in order and lies in a picture's side: placements are tried pixel by pixel, so one that went on
/// for ever would be looked through for ever.
fn is_window(window: Window, side_px: u32) -> bool {
    let side = side_px as f32;
    window.min >= 0.0 && window.min <= window.target && window.target <= window.max && window.max <= side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_lawful_and_bears_its_name() {
        for name in Spec::presets() {
            assert_eq!(Spec::preset(name).expect("a lawful preset").name, name);
        }
        assert!(matches!(Spec::preset("none"), Err(Error::UnknownSpec)));
    }

    #[test]
    fn a_contradiction_is_named() {
        let text = PRESETS[0].1.replace("min = 50.0", "min = 90.0");
        let error = Spec::from_toml(&text).expect_err("90 is past the target of 78");
        assert!(error.to_string().contains("placement.hair_top_px"), "{error}");
    }

    #[test]
    fn a_window_past_the_picture_is_refused() {
        for (field, max) in [("hair_top_px", "9e9"), ("eyes_px", "641"), ("face_width_px", "481"), ("eyes_px", "inf")] {
            let text = format!("base = \"chsi\"\n[placement.{field}]\nmax = {max}\n");
            let error = Spec::from_toml(&text).expect_err("no face is larger than its picture");
            assert!(error.to_string().contains(field), "{error}");
        }
    }

    #[test]
    fn a_standard_on_a_base_changes_only_what_it_says() {
        let text = "base = \"chsi\"\nname = \"own\"\n[file]\nmax_bytes = 61440\n";
        let (own, base) = (Spec::from_toml(text).expect("lawful"), Spec::preset("chsi").expect("a preset"));
        assert_eq!((own.name.as_str(), own.file.max_bytes), ("own", 61_440));
        assert_eq!((own.file.min_bytes, own.placement, &own.rules), (base.file.min_bytes, base.placement, &base.rules));
        let text = "base = \"chsi\"\n[rules.one_face]\nfail_below = 3\n";
        let error = Spec::from_toml(text).expect_err("below 3 and above 1");
        assert!(error.to_string().contains("rules.one_face"), "{error}");
    }

    #[test]
    fn a_rule_that_nobody_knows_and_one_that_is_forgotten_are_named() {
        let text = "base = \"chsi\"\n[rules.one_nose]\nseverity = \"warn\"\nfail_below = 1\n";
        let error = Spec::from_toml(text).expect_err("there is no such rule");
        assert!(error.to_string().contains("rules.one_nose is no rule"), "{error}");
        let text = PRESETS[0].1.replace("[rules.one_face]", "[rules.one_face_or_so]");
        assert!(Spec::from_toml(&text).is_err());
        let mut all: Table = toml::from_str(PRESETS[0].1).expect("a table");
        all["rules"].as_table_mut().expect("rules").remove("one_face");
        let error = Spec::from_toml(&all.to_string()).expect_err("a rule is forgotten");
        assert!(error.to_string().contains("rules.one_face is missing"), "{error}");
    }
}
