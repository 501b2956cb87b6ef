//! From a fetched file to the file in its place: taken out of its archive, checked, converted, checked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use gradphoto_shared::{Error, Result};
use zip::ZipArchive;

use super::landing::{Landing, LandingError};
use super::manifest::{FileEntry, Source};
use super::{convert, digest};

/// Most bytes of a file that is converted, far above the largest in the manifest (6 MB): an archive may claim
/// to hold anything.
const MAX_CONVERTED: u64 = 256 << 20;

/// Puts `file` in its place, out of what was fetched.
///
/// # Errors
/// [`Error::Pack`] naming the file and both digests where something else came; [`Error::Io`].
pub(super) fn place(fetched: &Path, file: &FileEntry, to: &Path) -> Result<()> {
    let io = |cause| Error::io(format!("read {}", fetched.display()), cause);
    let mut source = File::open(fetched).map_err(io)?;
    let member = match &file.source {
        Source::Pypi { member, .. } => Some(member),
        Source::Url { member, .. } => member.as_ref(),
    };
    let Some(member) = member else { return put(&mut source, file, to) };
    let unlawful = |cause| Error::Pack(format!("{} holds no {member}: {cause}", fetched.display()));
    let mut archive = ZipArchive::new(source).map_err(unlawful)?;
    let mut member = archive.by_name(member).map_err(unlawful)?;
    put(&mut member, file, to)
}

fn put(source: &mut dyn Read, file: &FileEntry, to: &Path) -> Result<()> {
    let io = |cause| Error::io(format!("write {}", to.display()), cause);
    let mut landing = Landing::start(to).map_err(io)?;
    if let Some(convert) = &file.convert {
        let mut tflite = Vec::new();
        source.take(MAX_CONVERTED).read_to_end(&mut tflite).map_err(|cause| Error::io("unpack a model", cause))?;
        check_origin(&tflite, file)?;
        let onnx = convert::to_onnx(&tflite, &convert.names)
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

/// Whether the tflite file inside a wheel is the expected one; files of an address were checked when they came.
fn check_origin(tflite: &[u8], file: &FileEntry) -> Result<()> {
    let Source::Pypi { sha256: Some(sha256), member, .. } = &file.source else { return Ok(()) };
    let found = digest::of_bytes(tflite);
    if found == *sha256 {
        Ok(())
    } else {
        Err(Error::Pack(format!("{}: {member} has sha256 {found}, expected {sha256}", file.file)))
    }
}
