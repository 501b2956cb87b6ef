//! The few fixed words of an evidence picture, in both languages.

use std::collections::BTreeMap;

use gradphoto_shared::check::{Advice, FileEvidence, RuleFinding, Severity, Verdict};

use crate::local::Language;

/// A word in English and in Chinese.
struct Word(&'static str, &'static str);

impl Word {
    fn of(&self, language: Language) -> &'static str {
        match language {
            Language::En => self.0,
            Language::Zh => self.1,
        }
    }
}

pub(super) fn advice(advice: Advice, language: Language) -> &'static str {
    let word = match advice {
        Advice::Accept => Word("Accept", "通过"),
        Advice::Review => Word("For review", "人工复核"),
        Advice::Retake => Word("Retake", "请重拍"),
    };
    word.of(language)
}

pub(super) fn verdict(verdict: Verdict, language: Language) -> &'static str {
    let word = match verdict {
        Verdict::Pass => Word("passes", "合格"),
        Verdict::Unsure => Word("unsure", "存疑"),
        Verdict::Fail => Word("fails", "不合格"),
        Verdict::NotAssessed => Word("not assessed", "未评估"),
    };
    word.of(language)
}

pub(super) fn severity(severity: Severity, language: Language) -> &'static str {
    let word = match severity {
        Severity::Reject => Word("reject", "必须满足"),
        Severity::Warn => Word("warning", "警告"),
        Severity::Hint => Word("hint", "提示"),
    };
    word.of(language)
}

/// Reading, unit and limit, as far as they are known.
pub(super) fn reading(finding: &RuleFinding, language: Language) -> String {
    let Some(reading) = &finding.reading else { return String::new() };
    let unit = unit(&reading.unit, language);
    let value = format!("{} {} {unit}", Word("reading", "读数").of(language), plain(reading.value));
    match finding.limit {
        Some(limit) => format!("{value}  ·  {} {}", Word("limit", "限值").of(language), plain(limit)),
        None => value,
    }
}

/// At most three decimals, and none that say nothing.
fn plain(value: f32) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The units of all rules, for evidence and reports; a test holds them to the table of rules.
const UNITS: [(&str, Word); 15] = [
    ("certainty", Word("certainty", "可信度")),
    ("degrees", Word("degrees", "度")),
    ("differences", Word("differences", "差异量")),
    ("eye_widths", Word("eye widths", "眼宽")),
    ("face_widths", Word("face widths", "脸宽")),
    ("faces", Word("faces", "张")),
    ("levels", Word("levels", "色阶")),
    ("logit", Word("logit", "对数几率")),
    ("pixels", Word("pixels", "像素")),
    ("ratio", Word("ratio", "比值")),
    ("share", Word("share", "占比")),
    ("signs", Word("signs", "项迹象")),
    ("strokes", Word("strokes", "笔画")),
    ("times", Word("times", "倍")),
    ("yes_no", Word("(1 yes, 0 no)", "（1是，0否）")),
];

/// A rule's unit; one that has no word stands as the rule says it.
fn unit(unit: &str, language: Language) -> &str {
    let known = UNITS.iter().find(|(name, _)| *name == unit);
    known.map_or(unit, |(_, word)| word.of(language))
}

/// The units for a page that looks them up itself: English and Chinese by the rules' word.
pub(crate) fn units() -> BTreeMap<&'static str, [&'static str; 2]> {
    UNITS.iter().map(|(name, Word(en, zh))| (*name, [*en, *zh])).collect()
}

pub(super) fn nothing(language: Language) -> &'static str {
    Word("Every rule that could be assessed passes.", "可评估的各项规则均合格。").of(language)
}

/// What the photo's file says about itself.
pub(super) fn file(file: &FileEvidence, language: Language) -> String {
    let size = format!("{} {} x {}", Word("photo", "原图").of(language), file.width_px, file.height_px);
    let taken = file.taken_at.as_ref().map(|taken| taken.replace('T', " "));
    let said = [
        (Word("camera", "相机"), file.camera()),
        (Word("lens", "镜头"), file.lens.clone()),
        (Word("program", "软件"), file.software.clone()),
        (Word("taken", "拍摄时间"), taken),
    ];
    let said = said.into_iter().filter_map(|(word, said)| Some(format!("  ·  {} {}", word.of(language), said?)));
    size + &said.collect::<String>()
}

/// What the lines on the photo mean.
pub(super) fn legend(language: Language) -> &'static str {
    Word(
        "Dashed: crop frame. Bands: lawful hair top and eyes. Bars: lawful cheeks.",
        "虚线：裁切框；色带：头顶与眼睛的规定范围；横条：脸宽的规定范围。",
    )
    .of(language)
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::check::Reading;

    use super::*;
    use crate::rules::RULES;

    #[test]
    fn the_unit_of_every_rule_has_a_word_in_both_languages() {
        for rule in RULES {
            let words = units();
            let [en, zh] = words.get(rule.unit).unwrap_or_else(|| panic!("{} of {} has no word", rule.unit, rule.id));
            assert!(!en.is_empty() && !zh.is_ascii(), "{}: {en:?}, {zh:?}", rule.unit);
        }
    }

    #[test]
    fn a_file_is_told_as_far_as_it_says_something() {
        let mut said = FileEvidence { width_px: 3000, height_px: 4000, ..FileEvidence::default() };
        assert_eq!(file(&said, Language::Zh), "原图 3000 x 4000");
        (said.make, said.model) = (Some("Canon".to_owned()), Some("EOS 5D".to_owned()));
        said.taken_at = Some("2026-05-04T10:20:30".to_owned());
        let expected = "photo 3000 x 4000  ·  camera Canon EOS 5D  ·  taken 2026-05-04 10:20:30";
        assert_eq!(file(&said, Language::En), expected);
    }

    #[test]
    fn a_reading_stands_with_its_unit_and_limit() {
        let mut finding = RuleFinding::bare("yaw", Verdict::Fail, Severity::Reject);
        assert_eq!(reading(&finding, Language::En), "");
        finding.reading = Some(Reading { value: 21.5, unit: "degrees".to_owned() });
        assert_eq!(reading(&finding, Language::Zh), "读数 21.5 度");
        finding.limit = Some(15.0);
        assert_eq!(reading(&finding, Language::En), "reading 21.5 degrees  ·  limit 15");
        finding.reading = Some(Reading { value: 0.1, unit: "apples".to_owned() });
        assert_eq!(reading(&finding, Language::En), "reading 0.1 apples  ·  limit 15");
    }
}
