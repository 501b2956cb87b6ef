//! Packages of the Python index, through the ordinary client `pip` and whatever index it is configured for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gradphoto_shared::{Error, Result};
use tempfile::Builder;

use super::landing::PREFIX;
use super::manifest::Wheel;

/// How `pip` may be called, best first: the module of the Python in use cannot be another Python's.
const CLIENTS: [&[&str]; 4] = [&["python3", "-m", "pip"], &["pip3"], &["pip"], &["python", "-m", "pip"]];

/// Seconds that `pip` waits for the index to answer, and how often it asks again. A machine without a
/// network hears so within about half a minute.
const PATIENCE: [&str; 4] = ["--timeout", "15", "--retries", "2"];

/// Downloads a wheel into `folder` and says where it lies. One that is there already is kept; it is there
/// whole or not at all.
///
/// # Errors
/// [`Error::Pack`] saying what to do.
pub(super) fn download(wheel: &Wheel, folder: &Path) -> Result<PathBuf> {
    if let Some(path) = find(wheel, folder)? {
        return Ok(path);
    }
    let Some(client) = CLIENTS.into_iter().find(|client| answers(client)) else {
        return Err(Error::Pack(format!(
            "{} {} comes through pip, and this machine has none; install the package python3-pip, or give a \
             folder that holds the wheel by --from",
            wheel.package, wheel.version
        )));
    };
    let refused = |cause| Error::io(format!("write into {}", folder.display()), cause);
    // An orphan of a killed pull may still be writing: each download has a folder of its own.
    let own = Builder::new().prefix(PREFIX).tempdir_in(folder).map_err(refused)?;
    let output = command(client)
        .args(["download", "--quiet", "--no-deps", "--only-binary=:all:", "--implementation", "cp"])
        .args(["--disable-pip-version-check", "--no-input", "--no-color", "--progress-bar", "off"])
        .args(PATIENCE)
        .args(["--python-version", &wheel.python, "--platform", &wheel.platform])
        .arg("--dest")
        .arg(own.path())
        .arg(format!("{}=={}", wheel.package, wheel.version))
        .stdin(Stdio::null())
        .output()
        .map_err(|cause| Error::io("run pip", cause))?;
    if !output.status.success() {
        return Err(Error::Pack(refusal(wheel, &String::from_utf8_lossy(&output.stderr))));
    }
    let brought = find(wheel, own.path())?
        .ok_or_else(|| Error::Pack(format!("pip brought no wheel of {} {}", wheel.package, wheel.version)))?;
    let path = folder.join(brought.file_name().unwrap_or_default());
    fs::rename(&brought, &path).map_err(refused)?;
    Ok(path)
}

/// The wheel inside a folder, where it is there: files are named `package-version-python-abi-platforms.whl`.
pub(super) fn find(wheel: &Wheel, folder: &Path) -> Result<Option<PathBuf>> {
    let start = format!("{}-{}-", wheel.package.replace('-', "_"), wheel.version);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(Error::io(format!("read the folder {}", folder.display()), cause)),
    };
    let fits = |name: &str| name.starts_with(&start) && name.contains(&wheel.platform) && name.ends_with(".whl");
    Ok(entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(fits)))
}

fn command(client: &[&str]) -> Command {
    let mut command = Command::new(client[0]);
    command.args(&client[1..]);
    command
}

fn answers(client: &[&str]) -> bool {
    let asked =
        command(client).arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// What to tell the person when `pip` gave up, from what it said.
fn refusal(wheel: &Wheel, said: &str) -> String {
    let what = format!("pip could not fetch {} {}", wheel.package, wheel.version);
    let megabytes = wheel.bytes.div_ceil(1_000_000);
    if said.contains("No space left on device") {
        return format!(
            "{what}: the disk is full; it needs {megabytes} MB in the home folder and in the temporary one"
        );
    }
    let away = ["Retrying", "NewConnectionError", "ConnectionError", "Name or service", "timed out", "ProxyError"];
    if away.iter().any(|sign| said.contains(sign)) {
        return format!(
            "{what}: the package index does not answer; check the network and `pip config list`, or fetch the wheel \
             ({megabytes} MB, build {}) elsewhere with `pip download` and give its folder by --from",
            wheel.platform
        );
    }
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim();
    format!("{what}: {last}")
}

#[cfg(test)]
mod tests {
    use super::super::manifest::Manifest;
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let wheel = &Manifest::ours().wheels["mediapipe"];
        let table = [
            ("WARNING: Retrying (Retry(total=1)) after NewConnectionError\nERROR: No matching", "does not answer"),
            ("OSError: [Errno 28] No space left on device\n", "disk is full"),
            ("ERROR: No matching distribution found for mediapipe==0.10.14\n\n", "No matching distribution"),
            ("", "said nothing"),
        ];
        for (said, told) in table {
            let message = refusal(wheel, said);
            assert!(message.contains(told) && message.contains("mediapipe 0.10.14"), "{message}");
        }
    }

    #[test]
    fn a_wheel_is_known_by_package_version_and_machine() {
        let folder = tempfile::tempdir().unwrap();
        let wheel = &Manifest::ours().wheels["scikit-image"];
        let write = |name: &str| fs::write(folder.path().join(name), b"").unwrap();
        write("scikit_image-0.24.0-cp311-cp311-manylinux_2_17_aarch64.whl");
        write("scikit_image-0.24.1-cp311-cp311-manylinux_2_17_x86_64.whl");
        assert_eq!(find(wheel, folder.path()).unwrap(), None);
        let name = "scikit_image-0.24.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
        fs::write(folder.path().join(name), b"").unwrap();
        assert_eq!(find(wheel, folder.path()).unwrap(), Some(folder.path().join(name)));
        assert_eq!(find(wheel, &folder.path().join("absent")).unwrap(), None);
    }
}
