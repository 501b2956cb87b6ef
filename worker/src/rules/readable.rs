//! The file is a picture that can be decoded.

use gradphoto_shared::outcome::ReasonCode;

use super::{Advice, Measure, Measured, Rule, Scene};

/// The rule that speaks for files that no other rule can look at.
pub(super) const ID: &str = "readable";

/// What is answered in place of its own word: the reasons for which files are not decoded.
pub(super) const CODES: [ReasonCode; 9] = [
    ReasonCode::EmptyFile,
    ReasonCode::NotAnImage,
    ReasonCode::UnsupportedFormat,
    ReasonCode::Truncated,
    ReasonCode::Corrupt,
    ReasonCode::TooManyPixels,
    ReasonCode::TooManyBytes,
    ReasonCode::TooSmall,
    ReasonCode::Animated,
];

pub(super) const RULE: Rule = Rule {
    id: ID,
    about: "Whether the file can be decoded: 1 or 0.",
    unit: "yes_no",
    low: Some(Advice {
        code: "unreadable",
        en: "The picture cannot be read. Please upload the original photo again.",
        zh: "图片无法读取，请重新上传原照片。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(_: &Scene<'_>) -> Measured {
    Ok(Measure::of(1.0))
}

/// The reading of a file that cannot be decoded.
pub(super) fn unreadable(code: ReasonCode) -> Measure {
    Measure::of(0.0).because(Some(code))
}
