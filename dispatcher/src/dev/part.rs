//! One supervised process: started, started again when it dies, stopped.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::{Error, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

/// A process that lived this long has started well; its death is another matter than a wrong flag.
const STARTED_WELL: Duration = Duration::from_secs(10);

/// Deaths in a row before a start counts as failed.
const DEATHS_MAX: u32 = 3;

/// Pauses before another start: this, doubled each time up to the greatest.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// How a process is started and stopped.
#[derive(Clone, Debug)]
pub(super) struct Part {
    name: String,
    program: PathBuf,
    arguments: Vec<OsString>,
    log: PathBuf,
    /// How long it may take to end by itself.
    patience: Duration,
}

impl Part {
    pub(super) fn new(
        name: impl Into<String>,
        program: PathBuf,
        arguments: Vec<OsString>,
        log: PathBuf,
        patience: Duration,
    ) -> Self {
        Self { name: name.into(), program, arguments, log, patience }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Keeps the process alive until `stop`.
    ///
    /// # Errors
    /// [`Error::Config`] with the end of its log when it dies at once again and again.
    pub(super) async fn keep(&self, stop: &Shutdown) -> Result<()> {
        let mut deaths = 0;
        let mut pause = PAUSE_MIN;
        let _ = std::fs::remove_file(&self.log);
        loop {
            let began = Instant::now();
            let mut child = self.start()?;
            let status = tokio::select! {
                status = child.wait() => status.map_err(|cause| self.io("wait for", cause))?,
                () = stop.cancelled() => return self.end(child).await,
            };
            if began.elapsed() >= STARTED_WELL {
                (deaths, pause) = (0, PAUSE_MIN);
            }
            deaths += 1;
            if deaths >= DEATHS_MAX {
                return Err(self.gave_up(status));
            }
            tracing::warn!(part = self.name, %status, "died, is started again");
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return Ok(()),
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// The kernel ends the process when this one dies, however that comes; and a Ctrl-C of the terminal
    /// reaches only this one, which stops its parts in order.
    fn start(&self) -> Result<Child> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.map_err(|cause| self.io("write the log of", cause))?;
        let copy = log.try_clone().map_err(|cause| self.io("write the log of", cause))?;
        Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--"])
            .arg(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(copy)
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| self.io("start (through setpriv of the package util-linux)", cause))
    }

    async fn end(&self, mut child: Child) -> Result<()> {
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            kill_process(id, Signal::TERM).map_err(|cause| self.io("stop", cause.into()))?;
        }
        if tokio::time::timeout(self.patience, child.wait()).await.is_err() {
            tracing::warn!(part = self.name, "does not end by itself, is killed");
            child.kill().await.map_err(|cause| self.io("kill", cause))?;
        }
        Ok(())
    }

    fn gave_up(&self, status: ExitStatus) -> Error {
        let Self { name, log, .. } = self;
        let end = self.log_end();
        Error::Config(format!(
            "{name} died {DEATHS_MAX} times in a row ({status}); the end of {}:\n{end}",
            log.display()
        ))
    }

    /// The last lines of the log.
    fn log_end(&self) -> String {
        let mut bytes = Vec::new();
        if let Ok(mut log) = File::open(&self.log) {
            let length = log.metadata().map_or(0, |facts| facts.len());
            let _ = log.seek(SeekFrom::Start(length.saturating_sub(4096)));
            let _ = log.read_to_end(&mut bytes);
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    fn io(&self, what: &str, cause: std::io::Error) -> Error {
        Error::io(format!("{what} {}", self.name), cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(folder: &tempfile::TempDir, script: &str) -> Part {
        let arguments = ["-c", script].map(OsString::from).to_vec();
        Part::new("test", "sh".into(), arguments, folder.path().join("log"), Duration::from_secs(10))
    }

    #[tokio::test]
    async fn what_dies_at_once_is_given_up_with_its_last_words() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = part(&folder, "echo wrong flag; exit 3").keep(&Shutdown::new()).await.expect_err("dies");
        assert!(error.to_string().contains("wrong flag"), "{error}");
    }

    #[tokio::test]
    async fn what_lives_is_stopped_gently() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let part = part(&folder, "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done");
        let stop = Shutdown::new();
        let log = || std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        let cancel = async {
            while !log().contains("up") {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            stop.cancel();
        };
        let (kept, ()) = tokio::join!(part.keep(&stop), cancel);
        kept.expect("stopped");
        assert!(log().contains("bye"));
    }
}
