//! Captions from a template: words in braces stand for what is known of a subject.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use gradphoto_shared::layout::FaultCode;
use gradphoto_shared::{Error, Result};

/// Most bytes of a list: some 100,000 subjects.
const LIST_BYTES_MAX: u64 = 32 << 20;

/// A caption with places in braces: `{name} {number}`.
#[derive(Clone, Debug, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(String),
}

/// What is known of each subject, by the name of its picture's file.
#[derive(Default)]
pub struct Facts {
    by_file: BTreeMap<String, BTreeMap<String, String>>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// `wrong_caption` for a brace without its other half or a place without a name.
    pub fn read(text: &str) -> Result<Self, FaultCode> {
        let wrong = || FaultCode::WrongCaption;
        let mut parts = Vec::new();
        for (at, piece) in text.split('{').enumerate() {
            let plain = match (at, piece.split_once('}')) {
                (0, None) => piece,
                (0, Some(_)) | (_, None) => return Err(wrong()),
                (_, Some((name, after))) if !name.trim().is_empty() && !after.contains('}') => {
                    parts.push(Part::Place(name.trim().to_owned()));
                    after
                }
                _ => return Err(wrong()),
            };
            if !plain.is_empty() {
                parts.push(Part::Text(plain.to_owned()));
            }
        }
        Ok(Self { parts })
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The caption of the picture in `file`. `{file}` is the file's name without its ending; every other place
    /// is a column of the list.
    ///
    /// # Errors
    /// [`Error::Config`] where nothing is known for a place; it names the place and the file.
    pub fn caption(&self, file: &Path, facts: &Facts) -> Result<String> {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let known = facts.by_file.get(&name);
        let word = |place: &str| match place {
            "file" => Some(file.file_stem().unwrap_or_default().to_string_lossy().into_owned()),
            place => known.and_then(|known| known.get(place).cloned()),
        };
        self.filled(word).map_err(|place| Error::Config(format!("the list has no {place} for {name}")))
    }

    /// The caption with every place filled by `know`.
    ///
    /// # Errors
    /// The first place that it knows nothing for.
    pub fn filled(&self, know: impl Fn(&str) -> Option<String>) -> Result<String, &str> {
        let mut caption = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => caption += text,
                Part::Place(place) => caption += &know(place).ok_or(place.as_str())?,
            }
        }
        Ok(caption)
    }
}

impl Facts {
    /// Reads a list: CSV in UTF-8 with a head; its column `file` names the picture.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Config`] when it has no column `file` or is no CSV.
    pub fn read(path: &Path) -> Result<Self> {
        let failed = |cause| Error::io(format!("read {}", path.display()), cause);
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() > LIST_BYTES_MAX {
            return Err(Error::Config("the list is larger than 32 MiB".to_owned()));
        }
        // Rows are personal, so an error names the place in the list, not what stands there.
        let broken = |_| Error::Config(format!("{} is no CSV in UTF-8 with a head", path.display()));
        let mut table = csv::Reader::from_reader(file);
        // Spreadsheets put a byte order mark before the first column's name.
        let columns: Vec<String> = table
            .headers()
            .map_err(broken)?
            .iter()
            .map(|column| column.trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        let at = columns.iter().position(|column| column == "file");
        let at = at.ok_or_else(|| Error::Config("the list has no column file".to_owned()))?;
        let mut by_file = BTreeMap::new();
        for row in table.records() {
            let row = row.map_err(broken)?;
            let known = columns.iter().cloned().zip(row.iter().map(str::to_owned)).collect();
            by_file.insert(row.get(at).unwrap_or_default().to_owned(), known);
        }
        Ok(Self { by_file })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn places_are_filled_from_the_list_and_the_name() {
        let mut list = tempfile::NamedTempFile::new().expect("a file");
        list.write_all("\u{feff}file,name,number\na.jpg,\"张,三\",25103003\n".as_bytes()).expect("written");
        let facts = Facts::read(list.path()).expect("a list");
        let caption =
            |template: &str, file: &str| Template::read(template).expect("a template").caption(Path::new(file), &facts);
        assert_eq!(caption("{name} {number}", "out/a.jpg").expect("known"), "张,三 25103003");
        assert_eq!(caption("No. {file}", "out/b.jpg").expect("a name"), "No. b");
        assert_eq!(caption("", "out/b.jpg").expect("nothing"), "");
        assert!(caption("{name}", "out/b.jpg").is_err());
        assert!(caption("{class}", "out/a.jpg").is_err());
    }

    #[test]
    fn a_template_has_whole_pairs_of_braces() {
        for wrong in ["{", "}", "{name", "name}", "{}", "{ }", "{{name}}", "a } b { c"] {
            assert!(Template::read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for text in [&b"name\nx\n"[..], b"file,name\na.jpg\n", b"file\n\xff\xfe\n", b""] {
            let mut list = tempfile::NamedTempFile::new().expect("a file");
            list.write_all(text).expect("written");
            assert!(Facts::read(list.path()).is_err(), "{text:?}");
        }
    }
}
