//! What a standard says about one rule of `check`.

use serde::Deserialize;

use crate::check::{Severity, Verdict};

/// Weight and limits of a rule. A reading past a `fail` limit fails, one past an `unsure` limit only is
/// unsure; a side without limits is free.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleLimits {
    /// How much the rule weighs.
    pub severity: Severity,
    /// Whether the standard asks for the rule at all.
    #[serde(default = "asked")]
    pub asked: bool,
    /// Readings below fail.
    pub fail_below: Option<f32>,
    /// Readings below are unsure.
    pub unsure_below: Option<f32>,
    /// Readings above are unsure.
    pub unsure_above: Option<f32>,
    /// Readings above fail.
    pub fail_above: Option<f32>,
    /// Limits of a coarser instrument, where a model pack has only that; absent where they are the same.
    pub coarse: Option<Limits>,
}

/// Limits alone.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Readings below fail.
    pub fail_below: Option<f32>,
    /// Readings below are unsure.
    pub unsure_below: Option<f32>,
    /// Readings above are unsure.
    pub unsure_above: Option<f32>,
    /// Readings above fail.
    pub fail_above: Option<f32>,
}

/// Rules are asked for where a standard names them.
fn asked() -> bool {
    true
}

/// On which side of the limits a reading lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Under a lower limit.
    Below,
    /// Over an upper limit.
    Above,
}

impl RuleLimits {
    /// The limits for a reading of the usual instrument or of a coarser one.
    #[must_use]
    pub fn limits(&self, coarse: bool) -> Limits {
        let Self { fail_below, unsure_below, unsure_above, fail_above, .. } = *self;
        let usual = Limits { fail_below, unsure_below, unsure_above, fail_above };
        self.coarse.filter(|_| coarse).unwrap_or(usual)
    }

    /// What is wrong with the limits, where something is.
    pub(super) fn fault(&self) -> Option<String> {
        let coarse = || self.limits(true).fault().map(|fault| format!("coarse: {fault}"));
        self.limits(false).fault().or_else(coarse)
    }
}

impl Limits {
    /// What a reading means, and past which side it lies where it does not pass. A reading that is no
    /// number is not assessed.
    #[must_use]
    pub fn judge(&self, reading: f32) -> (Verdict, Option<Side>) {
        let below = |limit: Option<f32>| limit.is_some_and(|limit| reading < limit);
        let above = |limit: Option<f32>| limit.is_some_and(|limit| reading > limit);
        if !reading.is_finite() {
            (Verdict::NotAssessed, None)
        } else if below(self.fail_below) {
            (Verdict::Fail, Some(Side::Below))
        } else if above(self.fail_above) {
            (Verdict::Fail, Some(Side::Above))
        } else if below(self.unsure_below) {
            (Verdict::Unsure, Some(Side::Below))
        } else if above(self.unsure_above) {
            (Verdict::Unsure, Some(Side::Above))
        } else {
            (Verdict::Pass, None)
        }
    }

    /// That there is no limit, or which contradict each other.
    fn fault(&self) -> Option<String> {
        let Self { fail_below, unsure_below, unsure_above, fail_above } = *self;
        let limits = [
            ("fail_below", fail_below),
            ("unsure_below", unsure_below),
            ("unsure_above", unsure_above),
            ("fail_above", fail_above),
        ];
        let given: Vec<_> = limits.into_iter().filter_map(|(name, limit)| Some((name, limit?))).collect();
        if given.is_empty() {
            return Some("there is no limit".to_owned());
        }
        if let Some((name, _)) = given.iter().find(|(_, limit)| !limit.is_finite()) {
            return Some(format!("{name} is no number"));
        }
        let pair = given.windows(2).find(|pair| pair[0].1 > pair[1].1)?;
        Some(format!("{} {} lies beyond {} {}", pair[0].0, pair[0].1, pair[1].0, pair[1].1))
    }

    /// The limits of a side: where readings begin to be unsure, and where they fail.
    #[must_use]
    pub fn side(&self, side: Side) -> (Option<f32>, Option<f32>) {
        match side {
            Side::Below => (self.unsure_below, self.fail_below),
            Side::Above => (self.unsure_above, self.fail_above),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(text: &str) -> Limits {
        toml::from_str(text).expect("limits")
    }

    #[test]
    fn a_reading_is_judged_by_its_side() {
        let both = limits("fail_below = 1\nunsure_below = 2\nunsure_above = 4\nfail_above = 5");
        let table = [
            (0.9, Verdict::Fail, Some(Side::Below)),
            (1.0, Verdict::Unsure, Some(Side::Below)),
            (2.0, Verdict::Pass, None),
            (4.0, Verdict::Pass, None),
            (4.1, Verdict::Unsure, Some(Side::Above)),
            (5.1, Verdict::Fail, Some(Side::Above)),
            (f32::NAN, Verdict::NotAssessed, None),
        ];
        for (reading, verdict, side) in table {
            assert_eq!(both.judge(reading), (verdict, side), "{reading}");
        }
        assert_eq!(limits("fail_above = 5").judge(-9.0), (Verdict::Pass, None));
    }

    #[test]
    fn a_coarser_instrument_has_limits_of_its_own() {
        let text = "severity = \"warn\"\nfail_above = 5\n[coarse]\nfail_above = 7\n";
        let rule: RuleLimits = toml::from_str(text).expect("limits");
        assert_eq!([false, true].map(|coarse| rule.limits(coarse).fail_above), [Some(5.0), Some(7.0)]);
        assert!(rule.asked && rule.fault().is_none());
    }

    #[test]
    fn limits_in_disorder_are_named() {
        for (text, fault) in [
            ("", Some("there is no limit")),
            ("fail_below = 2\nunsure_below = 1", Some("fail_below 2 lies beyond unsure_below 1")),
            ("unsure_above = 2\nfail_above = 1.5", Some("unsure_above 2 lies beyond fail_above 1.5")),
            ("fail_above = nan", Some("fail_above is no number")),
            ("fail_below = 1\nfail_above = 1", None),
        ] {
            assert_eq!(limits(text).fault().as_deref(), fault, "{text}");
        }
    }
}
