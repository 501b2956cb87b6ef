//! Model packs: which file plays which role, and where it lies.
//!
//! `deploy/models.toml` is the list of them ([`manifest`]); [`pull`] lays files into the home folder, each
//! whole or not at all; [`state`] says what lies there. [`Pack`] is what the rest of the worker sees.

pub mod convert;
mod curl;
mod digest;
mod fetch;
mod landing;
mod make;
pub mod manifest;
mod npm;
mod pip;
pub mod pull;
mod role;
mod source;
pub mod state;
mod tarball;

use std::path::{Path, PathBuf};

use gradphoto_shared::{Error, Result};
use manifest::{FileEntry, Manifest, PackEntry};
pub use role::{Role, Wish};
use state::State;

/// A model's place and the contract (pixels to tensors) that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// The ONNX file, checked against the manifest.
    pub path: PathBuf,
    /// Name of the contract, for example `yunet-640` or `blazeface-full-192`.
    pub contract: String,
}

impl ModelFile {
    /// Makes sure that it follows `contract`, the one that our code for such a `network` knows.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] when it follows another.
    pub(crate) fn expect(&self, contract: &str, network: &str) -> Result<()> {
        if self.contract == contract {
            return Ok(());
        }
        Err(Error::Pack(format!("no {network} network speaks the contract {}", self.contract)))
    }
}

/// A model pack that lies ready in the home folder.
#[derive(Clone, Debug)]
pub struct Pack {
    label: String,
    models: Vec<(Role, ModelFile)>,
}

impl Pack {
    /// Opens the pack `name` (`base` or `full`) in `home`. Every file is read and compared with its digest:
    /// a model that rotted on the disk gives wrong answers without a word. A model of an optional role
    /// ([`Role::is_optional`]) may be absent.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] saying which file is absent or differs and the command that
    /// fetches it.
    pub fn open(home: &Path, name: &str) -> Result<Self> {
        let entry = Manifest::ours().pack(name)?;
        let mut models = Vec::new();
        for file in entry.files() {
            if file.is_optional() && state::of(&entry.place(home, file), file)? == State::Absent {
                continue;
            }
            let path = ready(home, entry, file)?;
            if let (Some(role), Some(contract)) = (file.role, &file.contract) {
                models.push((role, ModelFile { path, contract: contract.clone() }));
            }
        }
        if models.is_empty() {
            return Err(Error::Pack(format!("{name} holds no models; packs with models are base and full")));
        }
        Ok(Self { label: entry.label(), models })
    }

    /// Name and version, as results bear it, for example `base-1`.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The model of a role; `None` where the pack has none, or where it is optional and was not fetched.
    #[must_use]
    pub fn model(&self, role: Role) -> Option<&ModelFile> {
        self.models.iter().find(|(candidate, _)| *candidate == role).map(|(_, model)| model)
    }
}

/// ONNX Runtime's shared library in `home`. Where the CUDA build was pulled it is the one taken, because it
/// serves processors too; a build that is there in part or differs is an error, never passed over.
///
/// # Errors
/// [`gradphoto_shared::Error::Pack`] with the command that fetches it.
pub fn runtime_library(home: &Path) -> Result<PathBuf> {
    let cuda = Manifest::ours().pack("runtime-cuda")?;
    let entry = if home.join(&cuda.folder).is_dir() { cuda } else { Manifest::ours().pack("runtime-cpu")? };
    let mut library = None;
    for file in entry.files() {
        let path = ready(home, entry, file)?;
        library = library.or(Some(path));
    }
    library.ok_or_else(|| {
        Error::Pack(format!("there is no ONNX Runtime library for {} in the manifest", std::env::consts::ARCH))
    })
}

/// The path of a file that is there and is what the manifest says.
fn ready(home: &Path, entry: &PackEntry, file: &FileEntry) -> Result<PathBuf> {
    let command = entry.pull_command(file);
    let path = entry.place(home, file);
    match state::of(&path, file)? {
        State::Ready => Ok(path),
        State::Absent => Err(Error::Pack(format!("{} is absent; fetch it with `{command}`", path.display()))),
        State::Differs { found, .. } => Err(Error::Pack(format!(
            "{} has sha256 {found} and not {} as the manifest says; fetch it again with `{command}`",
            path.display(),
            file.sha256
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(result: Result<impl std::fmt::Debug>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn an_absent_pack_names_the_command_that_fetches_it() {
        let home = tempfile::tempdir().unwrap();
        assert!(message(Pack::open(home.path(), "base")).contains("`worker models pull --pack base`"));
        assert!(message(runtime_library(home.path())).contains("`worker models pull`"));
        assert!(message(Pack::open(home.path(), "nothing")).contains("base, full"));
        assert!(message(Pack::open(home.path(), "../base")).contains("no pack"));
    }

    #[test]
    fn an_optional_file_that_rotted_names_the_command_that_fetches_it() {
        let home = tempfile::tempdir().unwrap();
        let entry = Manifest::ours().pack("base").unwrap();
        let file = entry.files().find(|file| file.role == Some(Role::Embed)).unwrap();
        assert!(file.is_optional());
        let path = entry.place(home.path(), file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, b"not a model").unwrap();
        assert!(message(ready(home.path(), entry, file)).contains("`worker models pull --pack base --role embed`"));
    }

    #[test]
    fn a_file_that_differs_is_refused_with_both_digests() {
        let home = tempfile::tempdir().unwrap();
        let entry = Manifest::ours().pack("base").unwrap();
        let file = entry.files().next().unwrap();
        let path = entry.place(home.path(), file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, b"not a model").unwrap();
        let message = message(Pack::open(home.path(), "base"));
        assert!(message.contains(&file.sha256) && message.contains("--pack base"), "{message}");
        assert!(message.contains(&digest::of_bytes(b"not a model")), "{message}");
    }
}
