//! `worker process --report`: one page for a whole folder, for people who look over many photos.
//!
//! The page holds words, readings and small pictures of every photo in itself, some 12 KB each, so that it opens
//! at once and needs no network. The marked photos are larger; they lie as files in a folder beside the page and
//! are read when somebody opens one.

mod entry;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};
use serde_json::json;

use crate::evidence::units;
use crate::local::{Answer, Language, write};

/// The page before and after its data.
const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// A page that grows by an answer at a time.
pub(crate) struct Report {
    path: PathBuf,
    /// Folder of the marked photos, and its name as the page says it.
    files: PathBuf,
    page: BufWriter<tempfile::NamedTempFile>,
    /// What stands behind the data.
    tail: String,
    entries: usize,
}

impl Report {
    /// Begins a page at `path`; it is whole, and there, once [`Self::end`] was called.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn begin(path: &Path, spec: &str, pack: &str, language: Language) -> Result<Self> {
        let failed = |cause| Error::io(format!("write {}", path.display()), cause);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        // Who may read the page is for the person's own mask to say.
        let anyone = fs::Permissions::from_mode(0o666);
        let file = tempfile::Builder::new().permissions(anyone).tempfile_in(folder).map_err(failed)?;
        let language = if language == Language::Zh { "zh" } else { "en" };
        let about = json!({ "spec": spec, "pack": pack, "language": language, "units": units() });
        let page = PAGE.replace("{style}", STYLE).replace("{script}", SCRIPT).replace("{about}", &embedded(&about));
        let (head, tail) = page.split_once("{photos}").expect("the page has a place for its data");
        let mut page = BufWriter::new(file);
        page.write_all(head.as_bytes()).map_err(failed)?;
        Ok(Self { path: path.to_owned(), files: folder_of(path), page, tail: tail.to_owned(), entries: 0 })
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn take(&mut self, answer: &Answer) -> Result<()> {
        let failed = |cause| Error::io("write the report", cause);
        self.entries += 1;
        let marked = match answer.shown.as_ref().and_then(|shown| shown.marked.as_ref()) {
            Some(svg) => {
                // Numbers, since names of photos are anybody's.
                let name = format!("{:05}.svg", self.entries);
                write(&self.files.join(&name), svg.as_bytes()).map_err(failed)?;
                let folder = self.files.file_name().unwrap_or_default().to_string_lossy().into_owned();
                Some(format!("{}/{name}", percent_encoded(&folder)))
            }
            None => None,
        };
        let comma = if self.entries > 1 { ",\n" } else { "" };
        let entry = embedded(&entry::entry(answer, marked));
        write!(self.page, "{comma}{entry}").map_err(failed)
    }

    /// Puts the page into its place.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn end(mut self) -> Result<()> {
        let failed = |cause| Error::io(format!("write {}", self.path.display()), cause);
        self.page.write_all(self.tail.as_bytes()).map_err(failed)?;
        let file = self.page.into_inner().map_err(|cause| failed(cause.into_error()))?;
        file.persist(&self.path).map(drop::<File>).map_err(|cause| failed(cause.error))
    }
}

/// The folder of the marked photos: the page's own name with `.files` behind.
fn folder_of(page: &Path) -> PathBuf {
    let mut name = page.file_stem().unwrap_or_default().to_owned();
    name.push(".files");
    page.with_file_name(name)
}

/// JSON that can stand between the tags of a script: no name of a file can end it or begin a comment.
fn embedded(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// A name as an address holds it.
fn percent_encoded(name: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gradphoto_shared::outcome::ReasonCode;

    use super::*;
    use crate::local::Photo;

    fn answer(name: &str) -> Answer {
        let photo = Photo { path: name.into(), output: "a.jpg".into() };
        Answer::new(&photo, "base-1").refused(vec![ReasonCode::NoFace])
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("sub/报告 <1>.html");
        let mut report = Report::begin(&path, "chsi", "base-1", Language::Zh).expect("a page");
        let names = ["</script><script>alert(1)</script>.jpg", "<!--<script>", "a\"b'c&d\u{2028}\u{7}.png", "学生.jpg"];
        for name in names {
            report.take(&answer(name)).expect("written");
        }
        report.end().expect("written");
        let page = fs::read_to_string(&path).expect("a page");
        let scripts = PAGE.matches("<script").count();
        assert_eq!(page.matches("<script").count(), scripts, "a name began a script");
        assert_eq!(page.matches("</script").count(), scripts, "a name ended a script");
        let data = page.split_once("id=\"photos\">").and_then(|(_, rest)| rest.split_once("</script>"));
        let photos: Vec<serde_json::Value> = serde_json::from_str(data.expect("data").0).expect("JSON");
        assert_eq!(photos.iter().map(|photo| photo["file"].as_str().expect("text")).collect::<Vec<_>>(), names);
        assert!(page.contains("\"certainty\":[\"certainty\",\"可信度\"]"), "the page has no word for a unit");
        assert!(!page.contains("http://") && !page.contains("https://"), "the page asks a network");
    }

    #[test]
    fn the_folder_beside_a_page_has_its_name() {
        for (page, folder, address) in [
            ("a/report.html", "a/report.files", "report.files"),
            ("报 告.html", "报 告.files", "%E6%8A%A5%20%E5%91%8A.files"),
        ] {
            assert_eq!(folder_of(Path::new(page)), Path::new(folder));
            let name = Path::new(folder).file_name().expect("a name").to_string_lossy().into_owned();
            assert_eq!(percent_encoded(&name), address);
        }
    }
}
