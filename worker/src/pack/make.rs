//! From a fetched file to the file in its place: taken out of its archive, checked, converted, checked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use gradphoto_shared::{Error, Result};
use zip::ZipArchive;

use super::convert::{ConvertError, to_onnx};
use super::landing::{Landing, LandingError};
use super::manifest::{FileEntry, Source};
use super::{convert, digest, tarball};

/// Most bytes of a file that is converted, far above the largest in the manifest (6 MB): an archive may claim
/// to hold anything.
const MAX_CONVERTED: u64 = 256 << 20;

/// Puts `file` in its place, out of what was fetched.
///
/// # Errors
/// [`Error::Pack`] naming the file and both digests where something else came; [`Error::Io`].
pub(super) fn place(fetched: &Path, file: &FileEntry, to: &Path) -> Result<()> {
    let member = match &file.source {
        Source::Npm { member, .. } => return place_packed(fetched, member, file, to),
        Source::Pypi { member, .. } => Some(member),
        Source::Url { member, .. } => member.as_ref(),
        Source::Folder { .. } => None,
    };
    let io = |cause| Error::io(format!("read {}", fetched.display()), cause);
    let mut source = File::open(fetched).map_err(io)?;
    let Some(member) = member else { return put(&mut source, file, to, to_onnx) };
    let unlawful = |cause| Error::Pack(format!("{} holds no {member}: {cause}", fetched.display()));
    let mut archive = ZipArchive::new(source).map_err(unlawful)?;
    let mut member = archive.by_name(member).map_err(unlawful)?;
    put(&mut member, file, to, to_onnx)
}

/// The same out of a tarball, which may hold a list beside the weights.
fn place_packed(fetched: &Path, member: &str, file: &FileEntry, to: &Path) -> Result<()> {
    let list = file.convert.as_ref().and_then(|convert| convert.list.as_ref());
    let Some(list) = list else {
        let [source] = tarball::take(fetched, [member])?;
        return put(&mut source.as_slice(), file, to, to_onnx);
    };
    let [source, listed] = tarball::take(fetched, [member, &list.member])?;
    check(&listed, &list.member, &list.sha256, file)?;
    put(&mut source.as_slice(), file, to, |weights, names| convert::descriptor_to_onnx(&listed, weights, names))
}

fn put(
    source: &mut dyn Read,
    file: &FileEntry,
    to: &Path,
    converter: impl FnOnce(&[u8], &[String]) -> std::result::Result<Vec<u8>, ConvertError>,
) -> Result<()> {
    let io = |cause| Error::io(format!("write {}", to.display()), cause);
    let mut landing = Landing::start(to).map_err(io)?;
    if let Some(convert) = &file.convert {
        let mut network = Vec::new();
        source.take(MAX_CONVERTED).read_to_end(&mut network).map_err(|cause| Error::io("unpack a model", cause))?;
        check_origin(&network, file)?;
        let onnx = converter(&network, &convert.names)
            .map_err(|cause| Error::Pack(format!("{} cannot be made: {cause}", file.file)))?;
        landing.write_all(&onnx).map_err(io)?;
    } else {
        // One byte more than expected is enough to know that it is another file.
        io::copy(&mut source.take(file.bytes + 1), &mut landing).map_err(io)?;
    }
    landing.finish(file.bytes, &file.sha256).map_err(|refused| match refused {
        LandingError::Io(cause) => io(cause),
        LandingError::Other { bytes, found } => Error::Pack(format!(
            "{}: {bytes} bytes with sha256 {found} came, expected {} with {}",
            file.file, file.bytes, file.sha256
        )),
    })
}

/// Whether what a package holds is the expected file; files of an address were checked when they came.
fn check_origin(network: &[u8], file: &FileEntry) -> Result<()> {
    match &file.source {
        Source::Pypi { sha256: Some(sha256), member, .. } | Source::Npm { sha256: Some(sha256), member, .. } => {
            check(network, member, sha256, file)
        }
        Source::Pypi { .. } | Source::Npm { .. } | Source::Url { .. } | Source::Folder { .. } => Ok(()),
    }
}

fn check(bytes: &[u8], member: &str, sha256: &str, file: &FileEntry) -> Result<()> {
    let found = digest::of_bytes(bytes);
    if found == *sha256 {
        Ok(())
    } else {
        Err(Error::Pack(format!("{}: {member} has sha256 {found}, expected {sha256}", file.file)))
    }
}
