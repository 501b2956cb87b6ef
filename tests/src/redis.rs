//! A private Redis per test.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gradphoto_shared::config::{RedisAccess, RedisConfig, Secret};
use gradphoto_shared::lane::Shards;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::send;

/// Longest wait for a server that starts; 40 ms is usual, a busy machine may take much longer.
const START_PATIENCE: Duration = Duration::from_secs(20);

/// How much a server keeps over its own death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Nothing.
    Memory,
    /// Every write that it answered over its own death; over the machine's all but about the last second.
    EverySecond,
    /// Every write that it answered.
    Always,
}

/// A Redis server on a socket in a temporary folder. Dies with its owner: on drop, and by the kernel's
/// hand when the thread that started it ends. So it is to be started on a test's own thread, never in a
/// spawned task.
#[derive(Debug)]
pub struct PrivateRedis {
    folder: TempDir,
    durability: Durability,
    environment: Vec<(String, String)>,
    server: Option<Child>,
}

impl PrivateRedis {
    /// Starts a server that forgets everything when it stops.
    ///
    /// # Panics
    /// When `redis-server` or `setpriv` is missing or the server does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(Durability::Memory, Vec::new())
    }

    /// Starts a server that has every answered write on disk.
    ///
    /// # Panics
    /// As [`PrivateRedis::start`].
    #[must_use]
    pub fn start_durable() -> Self {
        Self::start_in(Durability::Always, Vec::new())
    }

    /// Starts a server that keeps over its death what `durability` says, with `environment` added to its own.
    ///
    /// # Panics
    /// As [`PrivateRedis::start`].
    #[must_use]
    pub fn start_in(durability: Durability, environment: Vec<(String, String)>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut redis = Self { folder, durability, environment, server: None };
        redis.start_again();
        redis
    }

    /// Kills the server as a crash would.
    ///
    /// # Panics
    /// When it is not running.
    pub fn stop(&mut self) {
        let mut server = self.server.take().expect("a running server");
        server.kill().expect("kill redis-server");
        server.wait().expect("redis-server ends");
        let _ = std::fs::remove_file(self.socket());
    }

    /// Starts the server again on the same folder, and waits until it answers.
    ///
    /// # Panics
    /// As [`PrivateRedis::start`].
    pub fn start_again(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        let (append, sync) = match self.durability {
            Durability::Memory => ("no", "no"),
            Durability::EverySecond => ("yes", "everysec"),
            Durability::Always => ("yes", "always"),
        };
        let mut command = Command::new("setpriv");
        // With the signal ignored, a limit on the size of its files is a disk that is full.
        command.args(["--pdeathsig", "KILL", "env", "--ignore-signal=XFSZ", "redis-server"]);
        command.args(["--port", "0", "--save", "", "--appendonly", append, "--appendfsync", sync]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.arg("--unixsocket").arg(self.socket()).arg("--dir").arg(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(command.spawn().expect("setpriv and redis-server are installed"));
        let began = Instant::now();
        while !self.answers() {
            assert!(began.elapsed() < START_PATIENCE, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Freezes the server: connections stay, nothing answers.
    pub fn pause(&self) {
        send(Signal::STOP, self.id());
    }

    /// Lets a frozen server go on.
    pub fn resume(&self) {
        send(Signal::CONT, self.id());
    }

    /// Whether it is sure what is left after a death: everything that it answered, or nothing.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.durability != Durability::EverySecond
    }

    /// Whether the server ended by itself.
    ///
    /// # Panics
    /// When it was stopped.
    pub fn has_ended(&mut self) -> bool {
        let server = self.server.as_mut().expect("a server that was started");
        server.try_wait().expect("a child of ours").is_some()
    }

    /// Lets no file of the server grow past `bytes`, as a full disk would; `None` makes room again.
    ///
    /// # Panics
    /// When it is not running or `prlimit` is missing.
    pub fn limit_files(&self, bytes: Option<u64>) {
        crate::process::limit_files(self.id(), bytes);
    }

    /// The server's process id.
    ///
    /// # Panics
    /// When it is not running.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.server.as_ref().expect("a running server").id()
    }

    /// The folder of its socket and its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address for `--redis`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Settings for a store on this server, with four shards.
    #[must_use]
    pub fn config(&self) -> RedisConfig {
        RedisConfig {
            url: Secret::new(self.url()),
            prefix: "gp".into(),
            shards: Shards::new(4).expect("a lawful count"),
            timeout: Duration::from_secs(5),
            access: RedisAccess::default(),
        }
    }

    /// Runs one command through `redis-cli`; answers what it printed.
    ///
    /// # Panics
    /// When `redis-cli` is missing or fails.
    #[must_use]
    pub fn cli(&self, command: &[&str]) -> String {
        let output = Command::new("redis-cli").arg("-s").arg(self.socket()).args(command).output();
        let output = output.expect("redis-cli is installed");
        assert!(output.status.success(), "redis-cli {command:?} failed");
        // Names of jobs in keys are plain bytes.
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }

    /// Whether the server answers a ping; one that still loads its data answers with an error.
    fn answers(&self) -> bool {
        let Ok(mut stream) = UnixStream::connect(self.socket()) else { return false };
        let mut answer = [0; 7];
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut answer).is_ok() && &answer == b"+PONG\r\n"
    }
}

impl Drop for PrivateRedis {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
