//! Where the photo sets and model packs of tests lie.
//!
//! Photo sets and the full pack's models are lent material beside the repository, so a test without them
//! says `skipped: ... is absent` and ends. The base pack lies in the home folder, which `tests/run.sh`
//! fills before the tests: it must be there.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The folder `../shared/photos/SET`, or a line on standard error and `None`.
#[must_use]
pub fn photos(set: &str) -> Option<PathBuf> {
    lent(&format!("photos/{set}"))
}

/// The folder `../shared/models` of the full pack, or a line on standard error and `None`.
#[must_use]
pub fn models_full() -> Option<PathBuf> {
    lent("models")
}

/// The pictures of a folder, sorted by name: files that end in .jpg, .jpeg, .png or .webp.
///
/// # Panics
/// When the folder cannot be read.
#[must_use]
pub fn pictures_in(folder: &Path) -> Vec<PathBuf> {
    let is_picture = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        ["jpg", "jpeg", "png", "webp"].contains(&ending.to_ascii_lowercase().as_str())
    };
    let entries = std::fs::read_dir(folder).expect("a folder of photos can be read");
    let mut paths: Vec<_> =
        entries.map(|entry| entry.expect("an entry can be read").path()).filter(is_picture).collect();
    paths.sort();
    paths
}

/// The home folder with the base pack and the runtime library: `GRADPHOTO_HOME`, else `var` in the
/// workspace.
#[must_use]
pub fn home() -> PathBuf {
    std::env::var_os("GRADPHOTO_HOME").map_or_else(|| workspace().join("var"), PathBuf::from)
}

/// A new home folder with the prepared models, runtime library and samples, and nothing else.
///
/// # Panics
/// When the home folder was not prepared by `tests/run.sh`.
#[must_use]
pub fn home_of_its_own() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for part in ["models", "runtime", "samples"] {
        let prepared = home().join(part);
        assert!(prepared.is_dir(), "{} is absent: run tests/run.sh", prepared.display());
        let prepared = prepared.canonicalize().expect("a path without links");
        std::os::unix::fs::symlink(prepared, folder.path().join(part)).expect("a link in a folder of ours");
    }
    folder
}

/// The workspace's root.
#[must_use]
pub fn workspace() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    root.expect("the tests' package lies in the workspace").to_owned()
}

/// Says that a test stops here because lent material is not there.
#[expect(clippy::print_stderr, reason = "a skipped test has to be seen by the person who runs it")]
pub fn skipped(what: &str) {
    eprintln!("skipped: {what} is absent");
}

fn lent(what: &str) -> Option<PathBuf> {
    let folder = workspace().join("../shared").join(what);
    if folder.is_dir() {
        return Some(folder);
    }
    skipped(&format!("../shared/{what}"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_found_and_an_unknown_set_is_absent() {
        assert!(workspace().join("Cargo.lock").is_file());
        assert_eq!(photos("no_such_set"), None);
    }
}
