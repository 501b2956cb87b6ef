//! One process of Redis or a sentinel, on a port of its own, in a temporary folder.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::port::free_port;
use crate::process::send;

/// Longest wait for servers that start or find each other; seconds are usual, a busy machine takes longer.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often a server is started on another port, should one be taken between asking for it and using it.
const STARTS: usize = 3;

/// What a process is started with, given its port and its folder.
type Settings = dyn Fn(u16, &Path) -> Vec<OsString> + Send + Sync;

/// A server. Dies with its owner: on drop, and by the kernel's hand when the thread that started it ends.
pub struct RedisProcess {
    program: &'static str,
    settings: Box<Settings>,
    /// How `redis-cli` reaches it, besides the port.
    access: Vec<OsString>,
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl RedisProcess {
    /// Starts `redis-server` and waits until it answers.
    ///
    /// # Panics
    /// When `redis-server`, `redis-cli` or `setpriv` is missing or the server does not start.
    #[must_use]
    pub fn start<Word: Into<OsString>>(settings: impl Fn(u16, &Path) -> Vec<Word> + Send + Sync + 'static) -> Self {
        Self::start_as("redis-server", Vec::new(), settings)
    }

    /// As [`RedisProcess::start`], another program that `redis-cli` reaches with the words `access`.
    ///
    /// # Panics
    /// As [`RedisProcess::start`].
    #[must_use]
    pub fn start_as<Word: Into<OsString>>(
        program: &'static str,
        access: Vec<OsString>,
        settings: impl Fn(u16, &Path) -> Vec<Word> + Send + Sync + 'static,
    ) -> Self {
        let settings =
            Box::new(move |port, folder: &Path| settings(port, folder).into_iter().map(Into::into).collect());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut process = Self { program, settings, access, folder, port: 0, server: None };
        for _ in 0..STARTS {
            process.port = free_port();
            process.spawn();
            if process.comes_up() {
                return process;
            }
        }
        panic!("{program} does not start");
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port.
    #[must_use]
    pub fn place(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills it as a crash would.
    ///
    /// # Panics
    /// When it is not running.
    pub fn stop(&mut self) {
        let mut server = self.server.take().expect("a running server");
        server.kill().expect("kill a server of ours");
        server.wait().expect("a killed server ends");
    }

    /// Starts it again on the same port and folder, and waits until it answers.
    ///
    /// # Panics
    /// When it runs or does not start.
    pub fn start_again(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        self.spawn();
        assert!(self.comes_up(), "{} does not start again", self.program);
    }

    /// Freezes it: connections stay, nothing answers.
    ///
    /// # Panics
    /// When it is not running.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`RedisProcess::pause`].
    ///
    /// # Panics
    /// When it is not running.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        send(signal, self.server.as_ref().expect("a running server").id());
    }

    /// What one command answers through `redis-cli`; errors of Redis are text as well.
    ///
    /// # Panics
    /// When `redis-cli` is missing or cannot reach the server.
    #[must_use]
    pub fn cli(&self, command: &[&str]) -> String {
        self.asked(command).unwrap_or_else(|| panic!("redis-cli {command:?} failed"))
    }

    /// Waits until `command` answers with `words` in it.
    ///
    /// # Panics
    /// When it does not within [`PATIENCE`].
    pub fn wait_for(&self, command: &[&str], words: &str) {
        let began = Instant::now();
        while !self.asked(command).is_some_and(|answer| answer.contains(words)) {
            assert!(began.elapsed() < PATIENCE, "{command:?} never answers {words:?}: {:?}", self.asked(command));
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn asked(&self, command: &[&str]) -> Option<String> {
        let port = self.port.to_string();
        let output = Command::new("redis-cli").args(["-p", &port]).args(&self.access).args(command).output();
        let output = output.expect("redis-cli is installed");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().replace('\r', ""))
    }

    fn spawn(&mut self) {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", self.program]).args((self.settings)(self.port, self.folder.path()));
        command.current_dir(self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(command.spawn().expect("setpriv and redis-server are installed"));
    }

    /// Whether it answers before it ends.
    fn comes_up(&mut self) -> bool {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let server = self.server.as_mut().expect("a server that was just started");
            if server.try_wait().expect("a child of ours").is_some() {
                self.server = None;
                return false;
            }
            let answer = self.asked(&["PING"]);
            // A server that wants to know who asks is up too.
            if answer.is_some_and(|answer| answer == "PONG" || answer.starts_with("NOAUTH")) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for RedisProcess {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}
