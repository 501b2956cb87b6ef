//! What lies in the home folder, compared with the manifest.

use std::io::ErrorKind;
use std::path::Path;

use gradphoto_shared::{Error, Result};

use super::digest;
use super::manifest::FileEntry;

/// How a file compares with its entry in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// There, and what the manifest says.
    Ready,
    /// Not there.
    Absent,
    /// There, but something else.
    Differs {
        /// Its size in bytes.
        bytes: u64,
        /// Its SHA-256.
        found: String,
    },
}

impl State {
    /// Its name in tables and JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Absent => "absent",
            Self::Differs { .. } => "differs",
        }
    }
}

/// Reads the file at `path` and compares it with its entry.
///
/// # Errors
/// [`Error::Io`] where the file is there and cannot be read.
pub fn of(path: &Path, entry: &FileEntry) -> Result<State> {
    match digest::of_file(path) {
        Ok((bytes, found)) if bytes == entry.bytes && found == entry.sha256 => Ok(State::Ready),
        Ok((bytes, found)) => Ok(State::Differs { bytes, found }),
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(State::Absent),
        Err(cause) => Err(Error::io(format!("read {}", path.display()), cause)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::*;

    #[test]
    fn a_folder_in_the_place_of_a_file_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let file = Manifest::ours().pack("base").unwrap().files().next().unwrap();
        assert!(of(home.path(), file).is_err());
        assert_eq!(of(&home.path().join("nothing"), file).unwrap(), State::Absent);
    }
}
