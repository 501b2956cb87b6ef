//! A private S3 server per test.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::photos::workspace;

/// An S3 server of one test: `moto_server` of the PyPI package `moto[server]`.
#[derive(Debug)]
pub struct S3 {
    /// Its address.
    pub endpoint: String,
    server: Child,
    _folder: TempDir,
}

impl S3 {
    /// Starts one on a free port. Keys and buckets are free to choose.
    ///
    /// # Panics
    /// When `moto_server` is missing or does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = program().expect(
            "moto_server is missing: run tests/run.sh, or `pip install 'moto[server]'` and put moto_server on PATH or \
             its path into GRADPHOTO_MOTO",
        );
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).args(["-H", "127.0.0.1", "-p", "0"]);
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = command.spawn().expect("moto_server starts");
        let mut lines = BufReader::new(server.stderr.take().expect("piped")).lines();
        let place = |line: String| line.split_once("Running on ").map(|(_, rest)| rest.trim().to_owned());
        let endpoint = lines.by_ref().map_while(Result::ok).find_map(place).expect("moto_server names its address");
        // A full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { endpoint, server, _folder: folder }
    }

    /// Makes a bucket.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn make_bucket(&self, name: &str) {
        let made = reqwest::Client::new().put(format!("{}/{name}", self.endpoint)).send().await.expect("an answer");
        assert!(made.status().is_success(), "{}", made.status());
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GRADPHOTO_MOTO") {
        return Some(PathBuf::from(named));
    }
    let folders = std::env::var_os("PATH")?;
    let installed = workspace().join("var/test-tools/bin");
    std::env::split_paths(&folders)
        .chain([installed])
        .map(|folder| folder.join("moto_server"))
        .find(|file| file.is_file())
}
