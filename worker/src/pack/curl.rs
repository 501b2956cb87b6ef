//! Files of an address of their own, through the ordinary client `curl`.

use std::path::Path;
use std::process::{Command, Stdio};

use gradphoto_shared::{Error, Result};

/// Downloads `url` to `path`, going on where an earlier download stopped.
///
/// # Errors
/// [`Error::Pack`] naming what was wanted and what to do.
pub(super) fn download(url: &str, what: &str, path: &Path) -> Result<()> {
    let output = Command::new("curl")
        .args(["--fail", "--location", "--silent", "--show-error", "--proto", "=https"])
        .args(["--connect-timeout", "15", "--speed-time", "60", "--speed-limit", "1000", "--retry", "2"])
        .args(["--continue-at", "-", "--output"])
        .arg(path)
        .arg(url)
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::Pack(format!(
                "{what} comes through curl, and this machine has none; install the package curl, or give a folder \
                 that holds the file by --from"
            )));
        }
        Err(cause) => return Err(Error::io("run curl", cause)),
    };
    if output.status.success() {
        return Ok(());
    }
    // The address refuses to go on from there (22: an HTTP error, 33: no ranges): the next try starts anew.
    if matches!(output.status.code(), Some(22 | 33))
        && let Err(cause) = std::fs::remove_file(path)
        && cause.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %cause, "cannot remove a half-fetched file");
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
    Err(Error::Pack(format!(
        "curl could not fetch {what} from {url}: {last}; try again (it goes on where it stopped), or give a folder \
         that holds the file by --from"
    )))
}
