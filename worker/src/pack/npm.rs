//! Packages of the npm registry, through the ordinary client `npm` and whatever registry it is configured for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gradphoto_shared::{Error, Result};
use tempfile::Builder;

use super::landing::PREFIX;
use super::manifest::Tarball;

/// How often `npm` asks a silent registry again, and after how many milliseconds first. A machine without a
/// network hears so within half a minute.
const PATIENCE: [&str; 2] = ["--fetch-retries=2", "--fetch-retry-mintimeout=2000"];

/// Nothing of the package is run, and nothing is asked that was not needed.
const QUIET: [&str; 5] = ["--ignore-scripts", "--loglevel=error", "--no-audit", "--no-fund", "--no-update-notifier"];

/// Downloads a package into `folder` and says where it lies. One that is there already is kept; it is there
/// whole or not at all.
///
/// # Errors
/// [`Error::Pack`] saying what to do.
pub(super) fn download(tarball: &Tarball, folder: &Path) -> Result<PathBuf> {
    if let Some(path) = find(tarball, folder) {
        return Ok(path);
    }
    let refused = |cause| Error::io(format!("write into {}", folder.display()), cause);
    // An orphan of a killed pull may still be writing: each download has a folder of its own.
    let own = Builder::new().prefix(PREFIX).tempdir_in(folder).map_err(refused)?;
    let output = Command::new("npm")
        .arg("pack")
        .args(QUIET)
        .args(PATIENCE)
        .arg(format!("{}@{}", tarball.package, tarball.version))
        .current_dir(own.path())
        .stdin(Stdio::null())
        .output();
    let output = match output {
        Ok(output) => output,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::Pack(format!(
                "{} {} comes through npm, and this machine has none; install it with `apt-get install npm`, or give a \
                 folder that holds {} by --from",
                tarball.package,
                tarball.version,
                file_name(tarball)
            )));
        }
        Err(cause) => return Err(Error::io("run npm", cause)),
    };
    if !output.status.success() {
        return Err(Error::Pack(refusal(tarball, &String::from_utf8_lossy(&output.stderr))));
    }
    let brought =
        find(tarball, own.path()).ok_or_else(|| Error::Pack(format!("npm brought no {}", file_name(tarball))))?;
    let path = folder.join(file_name(tarball));
    fs::rename(&brought, &path).map_err(refused)?;
    Ok(path)
}

/// The package inside a folder, where it is there.
pub(super) fn find(tarball: &Tarball, folder: &Path) -> Option<PathBuf> {
    Some(folder.join(file_name(tarball))).filter(|path| path.is_file())
}

/// How `npm pack` names the file: `@scope/name` becomes `scope-name`.
fn file_name(tarball: &Tarball) -> String {
    format!("{}-{}.tgz", tarball.package.trim_start_matches('@').replace('/', "-"), tarball.version)
}

/// What to tell the person when `npm` gave up, from what it said.
fn refusal(tarball: &Tarball, said: &str) -> String {
    let what = format!("npm could not fetch {} {}", tarball.package, tarball.version);
    let megabytes = tarball.bytes.div_ceil(1_000_000);
    if said.contains("ENOSPC") {
        return format!("{what}: the disk is full; it needs {megabytes} MB in the home folder and in npm's cache");
    }
    let away = ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "SOCKET_TIMEOUT"];
    if away.iter().any(|sign| said.contains(sign)) {
        return format!(
            "{what}: the registry does not answer; check the network and `npm config get registry`, or fetch the \
             package ({megabytes} MB) elsewhere with `npm pack` and give its folder by --from"
        );
    }
    // Below its reason npm says where its log lies.
    let reason = said.lines().map(str::trim).find(|line| !line.is_empty() && !line.contains(" code "));
    format!("{what}: {}", reason.unwrap_or("it said nothing"))
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let tarball = &Manifest::ours().tarballs["face-api"];
        let table = [
            ("npm error code ECONNREFUSED\nnpm error syscall connect", "does not answer"),
            ("npm ERR! code ENOTFOUND\nnpm ERR! network request failed", "does not answer"),
            ("npm error code ENOSPC\n", "disk is full"),
            ("npm error code E404\nnpm error 404 Not Found\nnpm error A complete log", "404 Not Found"),
            ("", "said nothing"),
        ];
        for (said, told) in table {
            let message = refusal(tarball, said);
            assert!(message.contains(told) && message.contains("@vladmandic/face-api 1.7.15"), "{message}");
        }
    }

    #[test]
    fn a_package_is_known_by_name_and_version() {
        let folder = tempfile::tempdir().unwrap();
        let tarball = &Manifest::ours().tarballs["face-api"];
        fs::write(folder.path().join("vladmandic-face-api-1.7.14.tgz"), b"").unwrap();
        assert_eq!(find(tarball, folder.path()), None);
        let path = folder.path().join("vladmandic-face-api-1.7.15.tgz");
        fs::write(&path, b"").unwrap();
        assert_eq!(find(tarball, folder.path()), Some(path));
    }
}
