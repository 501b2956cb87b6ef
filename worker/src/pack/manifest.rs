//! The list of packs, `deploy/models.toml`, which is part of the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use gradphoto_shared::{Error, Result};
use serde::Deserialize;

use super::Role;
pub use super::source::{Convert, Listing, Source, Tarball, Wheel};

static OURS: LazyLock<Manifest> = LazyLock::new(|| {
    Manifest::parse(include_str!("../../../deploy/models.toml")).expect("a test holds that our manifest is lawful")
});

/// Everything that can be pulled.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Packages of the Python index that files come out of, by the name that sources call them.
    pub wheels: BTreeMap<String, Wheel>,
    /// Packages of the npm registry that files come out of, by the name that sources call them.
    #[serde(default)]
    pub tarballs: BTreeMap<String, Tarball>,
    /// The packs.
    pub packs: Vec<PackEntry>,
}

/// A set of files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackEntry {
    /// Its name on the command line.
    pub name: String,
    /// Raised when any file changes.
    pub version: u32,
    /// Its place inside the home folder.
    pub folder: PathBuf,
    /// What it is for.
    pub about: String,
    files: Vec<FileEntry>,
}

/// One file of a pack.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// What it does for us, where it is a model.
    pub role: Option<Role>,
    /// Its name in the pack's folder.
    pub file: String,
    /// How pixels become its tensors, where it is a model.
    pub contract: Option<String>,
    /// The processor that it is for; `None`: any.
    machine: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Its terms.
    pub licence: String,
    /// Whose work it is.
    pub credit: String,
    /// How it is made from its source, where it is not the source itself.
    pub convert: Option<Convert>,
    /// Where it comes from.
    pub source: Source,
}

impl Manifest {
    /// The manifest of this build.
    #[must_use]
    pub fn ours() -> &'static Self {
        &OURS
    }

    /// A pack by its name.
    ///
    /// # Errors
    /// [`Error::Pack`] listing the names there are.
    pub fn pack(&self, name: &str) -> Result<&PackEntry> {
        self.packs.iter().find(|pack| pack.name == name).ok_or_else(|| {
            let names: Vec<_> = self.packs.iter().map(|pack| pack.name.as_str()).collect();
            Error::Pack(format!("there is no pack {name:?}; there are {}", names.join(", ")))
        })
    }

    /// A wheel by the name that sources call it.
    pub(super) fn wheel(&self, name: &str) -> Result<&Wheel> {
        self.wheels.get(name).ok_or_else(|| Error::Pack(format!("manifest: there is no wheel {name:?}")))
    }

    /// A tarball by the name that sources call it.
    pub(super) fn tarball(&self, name: &str) -> Result<&Tarball> {
        self.tarballs.get(name).ok_or_else(|| Error::Pack(format!("manifest: there is no tarball {name:?}")))
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).map_err(|cause| Error::Pack(format!("manifest: {cause}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<()> {
        for (index, pack) in self.packs.iter().enumerate() {
            let unlawful = |what: &str| Err(Error::Pack(format!("manifest: pack {}: {what}", pack.name)));
            if self.packs[..index].iter().any(|other| other.name == pack.name || other.folder == pack.folder) {
                return unlawful("its name or folder is another's too");
            }
            if !pack.folder.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
                return unlawful("its folder leaves the home folder");
            }
            for (index, file) in pack.files.iter().enumerate() {
                if let Some(what) = file.fault(self) {
                    return unlawful(&format!("file {}: {what}", file.file));
                }
                if pack.files[..index].iter().any(|other| file.clashes(other)) {
                    return unlawful(&format!("file {}: its name or role is another's too", file.file));
                }
            }
        }
        Ok(())
    }
}

impl PackEntry {
    /// The files that this machine needs.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        let here = std::env::consts::ARCH;
        self.files.iter().filter(move |file| file.machine.as_deref().is_none_or(|machine| machine == here))
    }

    /// Name and version, for example `base-1`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// Where one of its files lies.
    #[must_use]
    pub fn place(&self, home: &Path, file: &FileEntry) -> PathBuf {
        home.join(&self.folder).join(&file.file)
    }

    /// What to type to get one of its files.
    #[must_use]
    pub fn pull_command(&self, file: &FileEntry) -> String {
        match (self.name.as_str(), file.role.and_then(Role::wish)) {
            ("runtime-cpu", _) => "worker models pull".into(),
            ("runtime-cuda", _) => "worker models pull --device cuda".into(),
            (name, None) => format!("worker models pull --pack {name}"),
            (name, Some(wish)) => format!("worker models pull --pack {name} --role {}", wish.name()),
        }
    }
}

impl FileEntry {
    /// Whether the pack works without it, see [`Role::is_optional`].
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.role.is_some_and(Role::is_optional)
    }

    fn clashes(&self, other: &Self) -> bool {
        let same_machine = self.machine == other.machine || self.machine.is_none() || other.machine.is_none();
        same_machine && (self.file == other.file || (self.role.is_some() && self.role == other.role))
    }

    /// What is wrong with the entry.
    fn fault(&self, manifest: &Manifest) -> Option<&'static str> {
        let origin = match &self.source {
            Source::Pypi { wheel, sha256, .. } if manifest.wheels.contains_key(wheel) => sha256,
            Source::Pypi { .. } => return Some("no such wheel"),
            Source::Npm { tarball, sha256, .. } if manifest.tarballs.contains_key(tarball) => sha256,
            Source::Npm { .. } => return Some("no such tarball"),
            Source::Url { url, .. } if !url.starts_with("https://") => return Some("its address is not https"),
            Source::Url { member: Some(_), sha256: None, .. } => return Some("an archive needs a digest"),
            Source::Url { sha256, .. } => sha256,
            Source::Folder { origin, .. } if !origin.starts_with("https://") => return Some("its origin is not https"),
            Source::Folder { .. } if self.convert.is_some() => return Some("a file of a folder is not converted"),
            Source::Folder { .. } => &None,
        };
        let plain_name = !self.file.is_empty() && !self.file.starts_with('.') && !self.file.contains(['/', '\\']);
        if !plain_name {
            return Some("its name is not plain");
        }
        if self.role.is_some() != self.contract.is_some() {
            return Some("role and contract go together");
        }
        if self.convert.is_some() && origin.is_none() {
            return Some("a converted file needs the digest of its origin");
        }
        let list = self.convert.as_ref().and_then(|convert| convert.list.as_ref());
        if list.is_some() && !matches!(self.source, Source::Npm { .. }) {
            return Some("a list of weights comes out of a tarball");
        }
        let digests = [&self.sha256].into_iter().chain(origin).chain(list.map(|list| &list.sha256));
        if !digests.into_iter().all(|digest| is_digest(digest)) {
            return Some("a digest is not 64 lower-case hexadecimal digits");
        }
        None
    }
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = include_str!("../../../deploy/models.toml");

    #[test]
    fn our_manifest_is_lawful_and_names_the_roles_of_standardise() {
        let manifest = Manifest::parse(OURS).unwrap();
        for (pack, contracts) in [
            ("base", vec!["blazeface-full-192", "mesh-468-192", "selfie-256"]),
            ("full", vec!["yunet-640", "mesh-478-256", "selfie-256", "portrait-mnv3-256"]),
        ] {
            let entry = manifest.pack(pack).unwrap();
            let needed = entry.files().filter(|file| !file.is_optional());
            let found: Vec<_> = needed.map(|file| file.contract.as_deref().unwrap()).collect();
            assert_eq!(found, contracts);
        }
        for machine in ["x86_64", "aarch64"] {
            let runtime = manifest.pack("runtime-cpu").unwrap();
            assert!(runtime.files.iter().any(|file| file.machine.as_deref() == Some(machine)), "{machine}");
        }
    }

    #[test]
    fn unlawful_manifests_are_refused() {
        let table = [
            ("wheel = \"mediapipe\"", "wheel = \"media\"", "no such wheel"),
            ("tarball = \"face-api\"", "tarball = \"face\"", "no such tarball"),
            ("sha256 = \"cbaffa50", "sha256 = \"CBAFFA50", "hexadecimal"),
            ("file = \"face_landmark_468.onnx\"", "file = \"../face.onnx\"", "not plain"),
            ("folder = \"samples\"", "folder = \"../samples\"", "leaves the home"),
            ("folder = \"samples\"", "folder = \"models/base\"", "another's"),
            ("role = \"landmark\"\n", "role = \"detect\"\n", "another's"),
            ("role = \"landmark\"\n", "", "go together"),
            ("role = \"landmark\"\n", "role = \"nose\"\n", "unknown variant"),
            ("sha256 = \"2c3728", "sha256 = \"2C3728", "hexadecimal"),
            ("sha256 = \"2c3728", "# sha256 = \"2c3728", "needs the digest"),
            ("url = \"https://raw", "url = \"http://raw", "not https"),
            ("origin = \"https://", "origin = \"http://", "not https"),
            ("licence = \"Apache-2.0\"\n", "", "missing field"),
            ("licence = \"Apache-2.0\"\n", "licence = \"Apache-2.0\"\nspeed = 1\n", "unknown field"),
        ];
        for (from, to, why) in table {
            let text = OURS.replacen(from, to, 1);
            assert_ne!(text, OURS, "{from}");
            let message = Manifest::parse(&text).unwrap_err().to_string();
            assert!(message.contains(why), "{why}: {message}");
        }
    }
}
