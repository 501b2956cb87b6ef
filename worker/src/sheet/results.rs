//! What is known of the photos from a file of JSON lines.

use std::fs;
use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};
use serde::Deserialize;

/// Outcomes by file, as `worker process --json` wrote them.
#[derive(Clone, Debug, Default)]
pub struct Results {
    notes: Vec<(PathBuf, String)>,
}

/// The part of a line that a sheet needs.
#[derive(Deserialize)]
struct Line {
    file: PathBuf,
    outcome: String,
    #[serde(default)]
    reasons: Vec<String>,
    #[serde(default)]
    error: Option<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
}

impl Results {
    /// Reads a file of JSON lines.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Config`] naming the line that is no answer.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|cause| Error::io(format!("read {}", path.display()), cause))?;
        Self::from_lines(&text)
    }

    fn from_lines(text: &str) -> Result<Self> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let notes = lines.map(|(number, line)| {
            let line: Line = serde_json::from_str(line)
                .map_err(|cause| Error::Config(format!("line {number} of the results is no answer: {cause}")))?;
            let codes = line.reasons.into_iter().chain(line.error.map(|error| error.code));
            let note = if line.outcome == "finished" { line.outcome } else { codes.fold(line.outcome, joined) };
            Ok((line.file, note))
        });
        Ok(Self { notes: notes.collect::<Result<_>>()? })
    }

    /// What came of the photo at `path`. The results may have been written from another folder, so the
    /// longer of two paths may end with the shorter.
    pub(super) fn of(&self, path: &Path) -> Option<&str> {
        let same = |file: &&(PathBuf, String)| file.0 == path;
        let near = |file: &&(PathBuf, String)| file.0.ends_with(path) || path.ends_with(&file.0);
        let found = self.notes.iter().find(same).or_else(|| self.notes.iter().find(near));
        found.map(|(_, note)| note.as_str())
    }
}

fn joined(note: String, code: String) -> String {
    note + " " + &code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_found_by_file() {
        let text = "{\"file\":\"in/a.jpg\",\"outcome\":\"finished\",\"reasons\":[]}\n\n\
                    {\"file\":\"in/b.jpg\",\"outcome\":\"refused\",\"reasons\":[\"no_face\"],\"pack\":\"base-1\"}\n\
                    {\"file\":\"c.jpg\",\"outcome\":\"error\",\"error\":{\"code\":\"unreadable\",\"message\":\"\"}}\n";
        let results = Results::from_lines(text).expect("three answers");
        for (path, note) in [
            ("in/a.jpg", Some("finished")),
            ("/home/in/b.jpg", Some("refused no_face")),
            ("in/c.jpg", Some("error unreadable")),
            ("in/d.jpg", None),
        ] {
            assert_eq!(results.of(Path::new(path)), note, "{path}");
        }
        let error = Results::from_lines("{}").expect_err("no answer");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
