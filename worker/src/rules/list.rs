//! The table of rules for people and programs: what `docs/RULES.md` holds.

use std::fmt::Write;

use gradphoto_shared::spec::{Limits, Side, Spec};
use serde_json::{Value, json};

use super::{RULES, Rule, readable};

const HEAD: &str = "\
# Rules of `check`

Written by `worker rules --markdown`; a test compares. Every rule measures one reading; the document standard judges
it by its limits: past a `fail` limit it fails, past an `unsure` limit only it is unsure. A rule that rejects sends the
photo back when it fails (advice `retake`) and to a person when it is unsure (`review`); one that warns sends it to a
person when it fails; a hint is only shown. Limits called coarse hold where a rule had less to go by: the mesh of 468
points, which pack `base` has, or a forehead without the crown above it. Where the picture, the file or the model pack
cannot tell, the rule answers `not_assessed` and why. The models named run only where a standard asks for a rule that
needs them; a rule without them looks at what every pack has.
";

/// The rules under a standard, as a page.
#[must_use]
pub fn markdown(spec: &Spec) -> String {
    let mut page = format!("{HEAD}\nLimits of `{}` ({}).\n", spec.name, spec.title);
    page += "\n| rule | severity | reading | unit | unsure | fail | models |\n|---|---|---|---|---|---|---|\n";
    for rule in RULES {
        let severity = match spec.rules.get(rule.id) {
            Some(limits) if limits.asked => limits.severity.name(),
            _ => "not asked",
        };
        let [unsure, fail] = limits(rule, spec);
        let Rule { id, about, unit, needs, .. } = rule;
        let models = needs.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
        writeln!(page, "| `{id}` | {severity} | {about} | {unit} | {unsure} | {fail} | {models} |").expect(WRITTEN);
    }
    page += "\n## Presets\n\nWhat each other built-in standard says otherwise than `chsi`.\n";
    page += "\n| preset | title | says otherwise |\n|---|---|---|\n";
    for preset in Spec::presets().filter_map(|name| Spec::preset(name).ok()) {
        let changes = Spec::changes(&preset.name);
        let changes = changes.iter().map(|(key, value)| format!("`{key} = {value}`")).collect::<Vec<_>>().join(", ");
        if !changes.is_empty() {
            writeln!(page, "| `{}` | {} | {changes} |", preset.name, preset.title).expect(WRITTEN);
        }
    }
    page += "\n## What a student reads\n\n| code | rule | English | 中文 |\n|---|---|---|---|\n";
    for rule in RULES {
        for [code, en, zh] in words(rule) {
            writeln!(page, "| `{code}` | `{}` | {en} | {zh} |", rule.id).expect(WRITTEN);
        }
    }
    page
}

/// Code, English and Chinese of everything that a rule may answer.
fn words(rule: &Rule) -> Vec<[&'static str; 3]> {
    if rule.id == readable::ID {
        return readable::CODES.map(|code| [code.code(), code.text_en(), code.text_zh()]).to_vec();
    }
    [rule.low, rule.high].into_iter().flatten().map(|advice| [advice.code, advice.en, advice.zh]).collect()
}

/// The rules under a standard, as data.
#[must_use]
pub fn json(spec: &Spec) -> Value {
    let advice = |rule: &Rule| {
        words(rule).into_iter().map(|[code, en, zh]| json!({"code": code, "en": en, "zh": zh})).collect::<Vec<_>>()
    };
    let row = |rule: &Rule| {
        let limits = spec.rules.get(rule.id);
        json!({
            "rule": rule.id,
            "about": rule.about,
            "unit": rule.unit,
            "asked": limits.is_some_and(|limits| limits.asked),
            "severity": limits.map(|limits| limits.severity.name()),
            "fail_below": limits.and_then(|limits| limits.fail_below),
            "unsure_below": limits.and_then(|limits| limits.unsure_below),
            "unsure_above": limits.and_then(|limits| limits.unsure_above),
            "fail_above": limits.and_then(|limits| limits.fail_above),
            "coarse": limits.and_then(|limits| limits.coarse).map(|coarse| {
                let Limits { fail_below, unsure_below, unsure_above, fail_above } = coarse;
                json!({
                    "fail_below": fail_below,
                    "unsure_below": unsure_below,
                    "unsure_above": unsure_above,
                    "fail_above": fail_above,
                })
            }),
            "models": rule.needs.iter().map(|role| role.name()).collect::<Vec<_>>(),
            "advice": advice(rule),
        })
    };
    json!({"spec": spec.name, "rules": RULES.iter().map(row).collect::<Vec<_>>()})
}

const WRITTEN: &str = "a text takes what is written to it";

/// The limits of a rule as they are read: unsure, then fail.
fn limits(rule: &Rule, spec: &Spec) -> [String; 2] {
    let Some(limits) = spec.rules.get(rule.id) else { return [String::new(), String::new()] };
    let usual = texts(&limits.limits(false));
    match &limits.coarse {
        None => usual,
        Some(coarse) => {
            let [unsure, fail] = texts(coarse).map(|text| if text.is_empty() { "never".to_owned() } else { text });
            [format!("{}; coarse {unsure}", usual[0]), format!("{}; coarse {fail}", usual[1])]
        }
    }
}

fn texts(limits: &Limits) -> [String; 2] {
    let (below, above) = (limits.side(Side::Below), limits.side(Side::Above));
    let text = |below: Option<f32>, above: Option<f32>| {
        let below = below.map(|limit| format!("< {limit}"));
        let above = above.map(|limit| format!("> {limit}"));
        [below, above].into_iter().flatten().collect::<Vec<_>>().join(", ")
    };
    [text(below.0, above.0), text(below.1, above.1)]
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_page_is_the_published_one() {
        let page = markdown(&Spec::preset("chsi").expect("a preset"));
        let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/RULES.md");
        let published = std::fs::read_to_string(published).expect("docs/RULES.md");
        assert!(page == published, "docs/RULES.md is old: worker rules --markdown > docs/RULES.md");
    }

    #[test]
    fn the_page_tells_what_presets_change_and_why_files_are_not_read() {
        let page = markdown(&Spec::preset("chsi").expect("a preset"));
        for name in Spec::presets().filter(|name| *name != "chsi") {
            assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
        }
        assert!(page.contains("`rules.no_glasses.asked = true`"), "what chsi_no_glasses changes");
        assert!(page.contains("\n| `truncated` | `readable` | ") && !page.contains("`unreadable`"), "real answers");
    }

    #[test]
    fn every_rule_has_a_row_of_data() {
        let data = json(&Spec::preset("chsi").expect("a preset"));
        assert_eq!(data["rules"].as_array().map(Vec::len), Some(RULES.len()));
        assert_eq!(data["rules"][0]["rule"], "readable");
    }
}
