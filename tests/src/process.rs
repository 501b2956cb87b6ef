//! One process of ours: started, asked, signalled, and always reaped.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longest wait for a process that starts: half a second is usual, a busy machine takes much longer.
pub const START_PATIENCE: Duration = Duration::from_secs(60);

/// A dispatcher or a worker. Killed and reaped when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`, which logs into the new file `log`.
    ///
    /// A limit on the size of its files is to be a full disk, not a signal that kills.
    pub(crate) fn start(wanted: Command, log: PathBuf) -> Self {
        let file = File::create(&log).expect("a file in a folder of ours");
        let mut command = Command::new("env");
        command.arg("--ignore-signal=XFSZ").arg(wanted.get_program()).args(wanted.get_args());
        command.envs(wanted.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        Self { child: command.spawn().expect("a program that can be started"), log }
    }

    /// Waits until `/readyz` says yes.
    ///
    /// # Panics
    /// When it does not within [`START_PATIENCE`], or the process ends.
    pub async fn ready(&mut self) {
        let began = Instant::now();
        while self.get("readyz").await.is_none_or(|(status, _)| status != 200) {
            let ended = self.child.try_wait().expect("a child of ours");
            assert!(ended.is_none() && began.elapsed() < START_PATIENCE, "process is not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Status and text of one of its pages; `None` before it listens.
    pub async fn get(&self, page: &str) -> Option<(u16, String)> {
        let address = self.address()?;
        let answer = reqwest::get(format!("http://{address}/{page}")).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Where it listens; `None` before it does.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        let log = self.log();
        let (_, rest) = log.split_once("\"address\":\"")?;
        rest.split_once('"').map(|(address, _)| address.to_owned())
    }

    /// Everything it logged so far.
    ///
    /// # Panics
    /// When the log cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("the log of a process")
    }

    /// Waits until its log holds `words`.
    ///
    /// # Panics
    /// When it does not within [`START_PATIENCE`].
    pub async fn says(&self, words: &str) {
        let began = Instant::now();
        while !self.log().contains(words) {
            assert!(began.elapsed() < START_PATIENCE, "process never said {words:?}: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// When the process is gone.
    pub fn signal(&self, signal: Signal) {
        send(signal, self.child.id());
    }

    /// Whether it has ended.
    ///
    /// # Panics
    /// Never: it is a child of ours.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_some()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets no file grow past `bytes` under its hands, as a full disk would; `None` makes room again.
    ///
    /// # Panics
    /// When `prlimit` is missing.
    pub fn limit_files(&self, bytes: Option<u64>) {
        limit_files(self.id(), bytes);
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When it does not within `patience`.
    pub async fn ended(&mut self, patience: Duration) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return status;
            }
            assert!(began.elapsed() < patience, "process does not end: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets no file grow past `bytes` under the hands of process `id`; `None` makes room again.
pub(crate) fn limit_files(id: u32, bytes: Option<u64>) {
    let limit = bytes.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
    // The soft limit alone may be raised again without being root.
    let mut command = Command::new("prlimit");
    let done = command.args(["--pid", &id.to_string(), &format!("--fsize={limit}:")]).status();
    assert!(done.expect("prlimit is installed").success(), "the limit of process {id} cannot be set");
}

/// A program of the workspace, from the folder where the running test was built.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a running test");
    let built = test.ancestors().nth(2).map(|folder| folder.join(name));
    let built = built.expect("tests lie in target/PROFILE/deps");
    assert!(built.is_file(), "{} is absent: run tests/run.sh", built.display());
    built
}

/// Sends a signal to a process of ours.
///
/// # Panics
/// When it is gone.
pub fn send(signal: Signal, id: u32) {
    let id = i32::try_from(id).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(id, signal).expect("a process of ours");
}
