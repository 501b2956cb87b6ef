//! Names of an export's files, from a template.

use std::collections::HashSet;

use axum::http::StatusCode;
use gradphoto_shared::name::SessionId;

use super::roll::Standing;
use crate::problem::Problem;

/// Longest template in bytes: with three names of 64 in it, a path stays within what file systems take.
const TEMPLATE_MAX: usize = 128;
/// What Windows keeps for devices, whatever the ending.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
/// Devices with a digit behind them.
const PORTS: [&str; 2] = ["COM", "LPT"];

/// A file name with places in braces.
#[derive(Clone, Debug)]
pub(crate) struct NameTemplate {
    parts: Vec<Part>,
    used: HashSet<String>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Subject,
    Session,
    Generation,
    Job,
}

impl NameTemplate {
    /// Reads a template: `{subject}`, `{session}`, `{generation}`, `{job}`, and text of letters, digits, blanks and
    /// `_ . - ( )`; `/` parts folders. The names end with `.jpg`, whether the template says so or not.
    ///
    /// # Errors
    /// `invalid_query` for anything else, and for a template that gives everybody the same name.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let wrong = || {
            let says = "a template has {subject} or {job}, on wish {session} and {generation}, and letters, digits, \
                        blanks and _ . - ( ) between, / for folders; at most 128 bytes";
            Problem::new(StatusCode::BAD_REQUEST, "invalid_query", says)
        };
        if text.len() > TEMPLATE_MAX {
            return Err(wrong());
        }
        let text = text.strip_suffix(".jpg").unwrap_or(text);
        let mut parts = Vec::new();
        for (at, piece) in text.split('{').enumerate() {
            let plain = match (at, piece.split_once('}')) {
                (0, None) => piece,
                (0, Some(_)) | (_, None) => return Err(wrong()),
                (_, Some((place, plain))) => {
                    parts.push(match place {
                        "subject" => Part::Subject,
                        "session" => Part::Session,
                        "generation" => Part::Generation,
                        "job" => Part::Job,
                        _ => return Err(wrong()),
                    });
                    plain
                }
            };
            let is_plain = |letter: char| letter.is_alphanumeric() || " _.-()/".contains(letter);
            if !plain.chars().all(is_plain) {
                return Err(wrong());
            }
            parts.push(Part::Text(plain.to_owned()));
        }
        let tells_apart = parts.iter().any(|part| matches!(part, Part::Subject | Part::Job));
        tells_apart.then_some(Self { parts, used: HashSet::new() }).ok_or_else(wrong)
    }

    /// The next file's name; no two are the same, not even where capitals do not count. A name that was given before
    /// gets a number.
    pub(crate) fn name(&mut self, session: &SessionId, standing: &Standing) -> String {
        let job = || standing.job.map_or_else(String::new, |job| job.to_string());
        let word = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Subject => standing.who.name(),
            Part::Session => session.to_string(),
            Part::Generation => standing.generation.to_string(),
            Part::Job => job(),
        };
        let path: String = self.parts.iter().map(word).collect();
        let folders: Vec<_> = path.split('/').filter(|folder| !folder.is_empty()).map(safe).collect();
        self.free(&format!("{}.jpg", folders.join("/")))
    }

    /// `wanted`, or where that was given before, the same with a number.
    pub(super) fn free(&mut self, wanted: &str) -> String {
        let (stem, ending) = wanted.rsplit_once('.').unwrap_or((wanted, ""));
        let numbered = (2..).map(|number: u32| format!("{stem}-{number}.{ending}"));
        let mut candidates = std::iter::once(wanted.to_owned()).chain(numbered);
        candidates.find(|name| self.used.insert(name.to_lowercase())).expect("numbers do not end")
    }
}

/// A folder or file stem that no system takes for anything else: no `.` or `..`, no blank or full stop at its ends, no
/// name of a device.
fn safe(word: &str) -> String {
    let trimmed = word.trim().trim_end_matches(['.', ' ']);
    let stem = trimmed.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_port = PORTS.iter().any(|port| {
        stem.strip_prefix(port).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    });
    if trimmed.is_empty() || DEVICES.contains(&stem.as_str()) || is_port || trimmed.starts_with('.') {
        format!("_{trimmed}")
    } else {
        trimmed.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::name::SubjectId;

    use super::super::roll::Who;
    use super::*;

    fn names(template: &str, subjects: &[&str]) -> Vec<String> {
        let mut template = NameTemplate::read(template).expect("a template");
        let session = SessionId::new("2026.spring").expect("lawful");
        let name = |subject: &&str| {
            let who = Who::Subject(SubjectId::new(*subject).expect("lawful"));
            let standing = Standing {
                who,
                generation: 2,
                job: None,
                state: "finished",
                picture: None,
                advice: None,
                reasons: vec![],
            };
            template.name(&session, &standing)
        };
        subjects.iter().map(name).collect()
    }

    #[test]
    fn names_are_filled_safe_and_told_apart() {
        assert_eq!(names("{subject}.jpg", &["a", "A", "a", "b.1"]), ["a.jpg", "A-2.jpg", "a-3.jpg", "b.1.jpg"]);
        assert_eq!(names("{session}/{subject}_{generation}", &["x"]), ["2026.spring/x_2.jpg"]);
        assert_eq!(
            names("{subject}", &["con", "Lpt1", "com1.x", "nul-1"]),
            ["_con.jpg", "_Lpt1.jpg", "_com1.x.jpg", "nul-1.jpg"]
        );
        assert_eq!(names("//../ {subject}. /{subject}", &["a"]), ["_/a/a.jpg"]);
        assert_eq!(names("毕业 {subject}", &["a"]), ["毕业 a.jpg"]);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        let long = format!("{{subject}}{}", "a".repeat(TEMPLATE_MAX));
        for wrong in
            ["", "a.jpg", "{session}.jpg", "{name}", "{subject", "subject}", "{subject}\\a", "{subject}:", &long]
        {
            assert_eq!(NameTemplate::read(wrong).expect_err("no template").code, "invalid_query", "{wrong}");
        }
    }
}
