//! Files that appear whole or not at all.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use super::digest::Running;

/// How half-written files and folders are named, so that a later pull can sweep up after one that was killed.
pub(super) const PREFIX: &str = ".part-";

/// A file on its way to its place. Dropped before [`Landing::finish`] it leaves nothing.
pub(super) struct Landing {
    to: PathBuf,
    file: NamedTempFile,
    written: Running,
}

/// Why a file did not reach its place.
#[derive(Debug)]
pub(super) enum LandingError {
    /// The disk or its folder refused.
    Io(io::Error),
    /// It is not the file that was expected; size and digest of what came instead.
    Other { bytes: u64, found: String },
}

impl From<io::Error> for LandingError {
    fn from(cause: io::Error) -> Self {
        Self::Io(cause)
    }
}

impl Landing {
    /// Opens a file beside the place `to`, making folders as needed.
    pub(super) fn start(to: &Path) -> io::Result<Self> {
        let folder = folder(to)?;
        fs::create_dir_all(folder)?;
        let file = Builder::new().prefix(PREFIX).permissions(Permissions::from_mode(0o644)).tempfile_in(folder)?;
        Ok(Self { to: to.to_owned(), file, written: Running::default() })
    }

    /// Moves the file to its place if it is the expected one; it is on the disk before it has its name.
    pub(super) fn finish(self, bytes: u64, sha256: &str) -> Result<(), LandingError> {
        let (written, found) = self.written.finish();
        if written != bytes || found != sha256 {
            return Err(LandingError::Other { bytes: written, found });
        }
        self.file.as_file().sync_all()?;
        self.file.persist(&self.to).map_err(|refused| refused.error)?;
        File::open(folder(&self.to)?)?.sync_all()?;
        Ok(())
    }
}

impl Write for Landing {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let length = self.file.write(piece)?;
        self.written.update(&piece[..length]);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Removes what killed pulls left in a folder. Only the holder of the pull's lock may do so.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
    }
    Ok(())
}

fn folder(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a file needs a folder"))
}

#[cfg(test)]
mod tests {
    use super::super::digest;
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn only_the_expected_file_lands() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("deep/file");
        let mut landing = Landing::start(&to).unwrap();
        landing.write_all(b"half").unwrap();
        assert!(!to.exists(), "a half-written file has no name yet");
        assert!(matches!(landing.finish(8, "00"), Err(LandingError::Other { bytes: 4, .. })));
        assert_eq!(names(&folder.path().join("deep")), Vec::<String>::new());

        let mut landing = Landing::start(&to).unwrap();
        landing.write_all(b"whole").unwrap();
        landing.finish(5, &digest::of_bytes(b"whole")).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"whole");
    }

    #[test]
    fn a_killed_pull_is_swept_up_and_finished_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut landing = Landing::start(&folder.path().join("file")).unwrap();
        landing.write_all(b"half").unwrap();
        // What SIGKILL does: nothing is cleaned up.
        landing.file.disable_cleanup(true);
        drop(landing);
        fs::create_dir_all(folder.path().join(".part-download/deep")).unwrap();
        fs::write(folder.path().join("other"), b"whole").unwrap();
        assert_eq!(names(folder.path()).len(), 3);
        sweep(folder.path()).unwrap();
        assert_eq!(names(folder.path()), ["other"]);
        sweep(&folder.path().join("absent")).unwrap();
    }
}
