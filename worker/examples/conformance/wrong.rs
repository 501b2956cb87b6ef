//! The pictures that are wrong, on a page to look at.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gradphoto_tests::photos::{home, workspace};
use gradphoto_tests::process::program;
use tempfile::TempDir;

use crate::looked::Looked;

/// Pictures of one pack, in folders that say what is wrong with them.
pub(crate) struct Wrong {
    pack: String,
    folder: TempDir,
    /// The program that draws the page, known to be there before the long work.
    worker: PathBuf,
}

impl Wrong {
    pub(crate) fn new(pack: &str) -> Self {
        Self { pack: pack.to_owned(), folder: tempfile::tempdir().expect("a folder"), worker: program("worker") }
    }

    /// Adds pictures of a set under what they are called wrong for.
    pub(crate) fn add<'a>(&self, what: [&str; 3], photos: impl IntoIterator<Item = &'a Looked>) {
        for photo in photos {
            symlink(&photo.path, self.place(what, &photo.file)).expect("a link in a folder of ours");
        }
    }

    /// Adds a picture that lies in no set.
    pub(crate) fn add_file(&self, what: [&str; 3], name: &str, file: &[u8]) {
        fs::write(self.place(what, name), file).expect("a file in a folder of ours");
    }

    fn place(&self, what: [&str; 3], name: &str) -> PathBuf {
        let folder = what.iter().fold(self.folder.path().to_owned(), |folder, part| folder.join(part));
        fs::create_dir_all(&folder).expect("a folder in a folder of ours");
        folder.join(name)
    }

    /// Lets `worker process --report` write the page, and gives its place; `None` where nothing is wrong.
    pub(crate) fn show(self) -> Option<PathBuf> {
        let folders =
            fs::read_dir(self.folder.path()).expect("our folder").map(|entry| entry.expect("ours").file_name());
        let mut folders: Vec<_> = folders.collect();
        folders.sort();
        let pages = workspace().join("var/conformance");
        let page = pages.join(format!("{}.html", self.pack));
        // Marked pictures of the page before would stay beside the new one.
        for old in [page.clone(), pages.join(format!("{}.files", self.pack))] {
            let _ = if old.is_dir() { fs::remove_dir_all(&old) } else { fs::remove_file(&old) };
        }
        if folders.is_empty() {
            return None;
        }
        let finished = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(&self.worker);
        command.args(["process", "--tasks", "standardise,check", "--log", "error", "--pack", self.pack.as_str()]);
        command.arg("--out").arg(finished.path()).arg("--report").arg(&page).args(&folders);
        // Names on the page begin with the set.
        command.current_dir(&self.folder).env("GRADPHOTO_HOME", whole(&home())).stdout(Stdio::null());
        assert!(command.status().expect("the worker starts").success(), "the pictures that are wrong cannot be shown");
        Some(page)
    }
}

/// A path that holds in every folder.
fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).expect("the home folder is there")
}
