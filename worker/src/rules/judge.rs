//! Readings to findings, by the limits of the standard.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradphoto_shared::check::{CheckOutcome, NotAssessed, Reading, RuleFinding, Verdict};
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::{RuleLimits, Side, Spec};

use super::{Measured, RULES, Rule, Scene, readable};
use crate::measure::file;

/// Measures every rule that the standard names and judges the readings.
#[must_use]
pub fn judge(scene: &Scene<'_>) -> CheckOutcome {
    let found = findings(scene.spec, |rule| {
        // A rule that breaks on a strange picture must not take the others' findings along; it keeps
        // nothing between photos.
        catch_unwind(AssertUnwindSafe(|| (rule.measure)(scene))).unwrap_or_else(|_| {
            tracing::error!(rule = rule.id, "a rule broke; it counts as not assessed");
            Err(NotAssessed::NotInPicture)
        })
    });
    CheckOutcome { file: Some(file::evidence(&scene.file, scene.source)), ..found }
}

/// The answer to a photo that cannot be decoded.
#[must_use]
pub fn not_decoded(spec: &Spec, code: ReasonCode) -> CheckOutcome {
    findings(spec, |rule| match rule.id {
        readable::ID => Ok(readable::unreadable(code)),
        _ => Err(NotAssessed::NotDecoded),
    })
}

fn findings(spec: &Spec, measure: impl Fn(&Rule) -> Measured) -> CheckOutcome {
    let named = RULES.iter().filter_map(|rule| spec.rules.get(rule.id).map(|limits| (rule, limits)));
    let found: Vec<_> = named.map(|(rule, limits)| (rule, finding(rule, limits, &measure))).collect();
    let has_failed = |id: &&str| found.iter().any(|(rule, finding)| rule.id == *id && finding.verdict == Verdict::Fail);
    let told =
        found.iter().map(|(rule, finding)| match finding.reading.is_some() && rule.relies_on.iter().any(has_failed) {
            // What it relies on is missing, and that is told.
            true => RuleFinding {
                why: Some(NotAssessed::HiddenByFault),
                ..RuleFinding::bare(rule.id, Verdict::NotAssessed, finding.severity)
            },
            false => finding.clone(),
        });
    CheckOutcome::of(told.collect())
}

fn finding(rule: &Rule, limits: &RuleLimits, measure: impl Fn(&Rule) -> Measured) -> RuleFinding {
    let mut finding = RuleFinding::bare(rule.id, Verdict::NotAssessed, limits.severity);
    let measured = if limits.asked { measure(rule) } else { Err(NotAssessed::NotAsked) };
    let measured = measured.and_then(|measure| {
        let limits = limits.limits(measure.coarse);
        match limits.judge(measure.value) {
            (Verdict::NotAssessed, _) => Err(NotAssessed::NotInPicture),
            judged => Ok((measure, limits, judged)),
        }
    });
    match measured {
        Err(why) => finding.why = Some(why),
        Ok((measure, limits, (verdict, side))) => {
            finding.verdict = verdict;
            finding.reading = Some(Reading { value: rounded(measure.value), unit: rule.unit.to_owned() });
            if let Some(side) = side {
                let (unsure, fail) = limits.side(side);
                finding.limit = if verdict == Verdict::Fail { fail } else { unsure };
                (finding.code, finding.en, finding.zh) = words(rule, side, measure.reason);
                finding.place = measure.place;
            }
        }
    }
    finding
}

type Words = (Option<String>, Option<String>, Option<String>);

fn words(rule: &Rule, side: Side, reason: Option<ReasonCode>) -> Words {
    let own = if side == Side::Below { rule.low } else { rule.high };
    let words = reason
        .map(|reason| [reason.code(), reason.text_en(), reason.text_zh()])
        .or(own.map(|advice| [advice.code, advice.en, advice.zh]));
    match words.map(|words| words.map(str::to_owned)) {
        Some([code, en, zh]) => (Some(code), Some(en), Some(zh)),
        None => (None, None, None),
    }
}

/// Four decimals: more is noise, and golden readings could not be kept.
fn rounded(value: f32) -> f32 {
    (value * 1e4).round() / 1e4
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::check::Advice;

    use super::super::Measure;
    use super::*;

    #[test]
    fn an_unreadable_photo_says_why_and_assesses_nothing_else() {
        let spec = Spec::preset("chsi").expect("a preset");
        let outcome = not_decoded(&spec, ReasonCode::Truncated);
        assert_eq!(outcome.advice, Advice::Retake);
        assert_eq!(outcome.rules.len(), RULES.len());
        let (readable, others) = outcome.rules.split_first().expect("rules");
        assert_eq!((readable.verdict, readable.code.as_deref()), (Verdict::Fail, Some("truncated")));
        assert!(readable.reading.is_some() && readable.zh.is_some());
        for rule in others {
            let asked = spec.rules[&rule.rule].asked;
            let why = if asked { NotAssessed::NotDecoded } else { NotAssessed::NotAsked };
            assert_eq!(rule.why, Some(why), "{}", rule.rule);
        }
        assert_eq!(outcome.codes().collect::<Vec<_>>(), ["truncated"]);
        assert_eq!(outcome.file, None);
    }

    #[test]
    fn a_photo_without_colours_is_told_so_and_nothing_is_blamed_on_its_colours() {
        let spec = Spec::preset("chsi").expect("a preset");
        // Every rule reads what fails only where it is too low, as greyscale does.
        let outcome = findings(&spec, |rule| match rule.id {
            "colour" => Ok(Measure::of(0.0)),
            _ => Ok(Measure::of(1000.0)),
        });
        let of = |id: &str| outcome.rules.iter().find(|finding| finding.rule == id).expect("a rule");
        assert_eq!(of("colour").verdict, Verdict::Fail);
        for id in ["face_uncovered", "clothes_background_blue"] {
            assert_eq!((of(id).verdict, of(id).why), (Verdict::NotAssessed, Some(NotAssessed::HiddenByFault)), "{id}");
            assert!(of(id).code.is_none() && of(id).reading.is_none(), "{id}");
        }
        assert_eq!(of("haze").verdict, Verdict::Fail);
    }

    #[test]
    fn what_the_standard_does_not_ask_for_is_not_assessed() {
        let mut spec = Spec::preset("chsi").expect("a preset");
        spec.rules.get_mut("readable").expect("a rule").asked = false;
        let outcome = not_decoded(&spec, ReasonCode::Truncated);
        assert_eq!(outcome.rules[0].why, Some(NotAssessed::NotAsked));
        assert_eq!(outcome.advice, Advice::Accept);
    }
}
