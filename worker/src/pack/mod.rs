//! Model packs: which file plays which role, and where it lies.

pub mod convert;

use std::path::{Path, PathBuf};

use gradphoto_shared::Result;

/// What a model does for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Finds faces.
    Detect,
    /// Dense landmarks of one face.
    Landmark,
    /// Person against background.
    Matte,
    /// A second opinion on person against background.
    MatteCheck,
}

impl Role {
    /// Its name in the manifest, logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Landmark => "landmark",
            Self::Matte => "matte",
            Self::MatteCheck => "matte_check",
        }
    }
}

/// A model's place and the contract (pixels to tensors) that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// The ONNX file, checked against the manifest.
    pub path: PathBuf,
    /// Name of the contract, for example `yunet-640` or `blazeface-full-192`.
    pub contract: String,
}

/// A model pack that lies ready in the home folder.
#[derive(Clone, Debug)]
pub struct Pack {}

impl Pack {
    /// Opens the pack `name` (`base` or `full`) in `home`.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] saying which file is absent or differs and the command that
    /// fetches it.
    pub fn open(_home: &Path, _name: &str) -> Result<Self> {
        unimplemented!()
    }

    /// Name and version, as results bear it, for example `base-1`.
    #[must_use]
    pub fn label(&self) -> &str {
        unimplemented!()
    }

    /// The model of a role; `None` where the pack has none.
    #[must_use]
    pub fn model(&self, _role: Role) -> Option<&ModelFile> {
        unimplemented!()
    }
}

/// ONNX Runtime's shared library in `home`, CPU or CUDA build.
///
/// # Errors
/// [`gradphoto_shared::Error::Pack`] with the command that fetches it.
pub fn runtime_library(_home: &Path) -> Result<PathBuf> {
    unimplemented!()
}
