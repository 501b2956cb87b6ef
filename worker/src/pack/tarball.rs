//! Files out of compressed tar archives, as npm packs them.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::GzDecoder;
use gradphoto_shared::{Error, Result};

/// Most bytes that an archive may unpack to, far above the largest in the manifest (24 MB): a small archive may
/// claim to hold anything.
const MAX_UNPACKED: u64 = 256 << 20;

/// The files called `names` inside the archive at `path`, in the order of the names.
///
/// # Errors
/// [`Error::Pack`] where it is no archive, or one is not in it.
pub(super) fn take<const N: usize>(path: &Path, names: [&str; N]) -> Result<[Vec<u8>; N]> {
    let unlawful = |cause: io::Error| Error::Pack(format!("{} is no whole archive: {cause}", path.display()));
    let file = File::open(path).map_err(|cause| Error::io(format!("read {}", path.display()), cause))?;
    let mut archive = tar::Archive::new(GzDecoder::new(file).take(MAX_UNPACKED));
    let mut found = HashMap::new();
    for entry in archive.entries().map_err(unlawful)? {
        let mut entry = entry.map_err(unlawful)?;
        let name = entry.path_bytes().into_owned();
        if let Some(name) = names.into_iter().find(|wanted| wanted.as_bytes() == name) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(unlawful)?;
            found.insert(name, bytes);
        }
    }
    let missing = names.into_iter().find(|name| !found.contains_key(name));
    match missing {
        Some(name) => Err(Error::Pack(format!("{} holds no {name}", path.display()))),
        None => Ok(names.map(|name| found.remove(name).unwrap_or_default())),
    }
}
