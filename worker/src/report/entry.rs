//! One photo as the page's data hold it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gradphoto_shared::check::{FileEvidence, RuleFinding, Verdict};
use gradphoto_shared::outcome::{Reason, ReasonCode};
use serde_json::{Value, json};

use crate::local::{Answer, Failure, Outcome};

/// Everything that the page tells of a photo; `marked` is the address of its marked picture.
pub(super) fn entry(answer: &Answer, marked: Option<String>) -> Value {
    let shown = answer.shown.as_ref();
    let picture = |jpeg: Option<&Vec<u8>>| jpeg.map(|jpeg| BASE64_STANDARD.encode(jpeg));
    let facts = answer.result.as_ref().map(|picture| &picture.facts);
    let notes = facts.map(|facts| facts.notes.as_slice()).unwrap_or_default();
    json!({
        "file": answer.file,
        "outcome": outcome(answer.outcome),
        "advice": advice(answer),
        "reasons": answer.reasons.iter().map(|&code| reason(code)).collect::<Vec<_>>(),
        "notes": notes.iter().map(words).collect::<Vec<_>>(),
        "error": answer.error.as_ref().map(error),
        "findings": answer.check.iter().flat_map(|check| findings(&check.rules)).collect::<Vec<_>>(),
        "passed": answer.check.as_ref().map(|check| check.rules.iter().filter(|rule| rule.verdict == Verdict::Pass).count()),
        "blind": answer.check.as_ref().map(|check| blind(&check.rules)),
        "facts": facts.map(|facts| json!({
            "bytes": facts.bytes,
            "quality": facts.quality,
            "width": facts.width_px,
            "height": facts.height_px,
            "hair": facts.placement.hair_top_px,
            "eyes": facts.placement.eyes_px,
            "face": facts.placement.face_width_px,
            "matte": facts.matte_confidence,
        })),
        "stored": answer.check.as_ref().and_then(|check| check.file.as_ref()).map(stored),
        "before": picture(shown.and_then(|shown| shown.before.as_ref())),
        "after": picture(shown.and_then(|shown| shown.after.as_ref())),
        "marked": marked,
    })
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Finished => "finished",
        Outcome::Refused => "refused",
        Outcome::Answered => "answered",
        Outcome::Error => "error",
    }
}

/// The word under which a photo is counted: what `check` advises, or how `standardise` ended alone.
fn advice(answer: &Answer) -> &'static str {
    match (&answer.check, answer.outcome) {
        (Some(check), _) => check.advice.name(),
        (None, outcome_) => outcome(outcome_),
    }
}

/// What did not pass, in the order in which the marked picture numbers it.
fn findings(rules: &[RuleFinding]) -> Vec<Value> {
    let finding = |rule: &RuleFinding| {
        json!({
            "rule": rule.rule,
            "verdict": rule.verdict.name(),
            "severity": rule.severity.name(),
            "advice": rule.advice().name(),
            "value": rule.reading.as_ref().map(|reading| reading.value),
            "unit": rule.reading.as_ref().map(|reading| reading.unit.clone()),
            "limit": rule.limit,
            "code": rule.code,
            "en": rule.en,
            "zh": rule.zh,
        })
    };
    crate::evidence::shown(rules).iter().map(finding).collect()
}

/// The rules that could not be assessed, and why.
fn blind(rules: &[RuleFinding]) -> Vec<Value> {
    rules.iter().filter_map(|rule| Some(json!([rule.rule, rule.why?]))).collect()
}

/// What the photo's file says about itself.
fn stored(file: &FileEvidence) -> Value {
    json!({
        "width": file.width_px,
        "height": file.height_px,
        "quality": file.jpeg.map(|jpeg| jpeg.quality),
        "camera": file.camera(),
        "lens": file.lens,
        "software": file.software,
        "taken": file.taken_at.as_ref().map(|taken| taken.replace('T', " ")),
    })
}

/// An error's cause comes from the machine and is English; the table of the same run has it in full.
fn error(error: &Failure) -> Value {
    let zh = match error.code.as_str() {
        "unreadable" => "无法读取该文件，请检查文件是否存在及其权限。",
        "unwritable" => "无法写入结果文件，请检查输出目录及其权限。",
        _ => "处理该照片时出错，请重试。",
    };
    json!({ "code": error.code, "en": error.message, "zh": zh })
}

fn reason(code: ReasonCode) -> Value {
    words(&Reason::from(code))
}

fn words(reason: &Reason) -> Value {
    json!({ "code": reason.code, "en": reason.en, "zh": reason.zh })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_both_languages() {
        for code in ["unreadable", "unwritable", "model_failed"] {
            let told = error(&Failure { code: code.to_owned(), message: "it broke".to_owned() });
            assert_eq!(told["en"], "it broke");
            assert!(told["zh"].as_str().is_some_and(|zh| zh.ends_with('。')), "{told}");
        }
    }
}
