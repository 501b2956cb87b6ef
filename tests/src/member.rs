//! A process of a rig with a wire of its own to Redis, which may die and come back.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use crate::process::{Process, program};
use crate::redis::PrivateRedis;
use crate::wire::Wire;

/// The usual lease of everybody: the shortest in which a busy machine renews in time.
pub const LEASE: Duration = Duration::from_secs(2);
/// How long a job takes an idle worker: 100 jobs in a second, which cost next to no processor time.
pub(crate) const PACE: Duration = Duration::from_millis(10);

/// A dispatcher or an idle worker.
#[derive(Debug)]
pub struct Member {
    /// Its way to Redis.
    pub wire: Wire,
    words: Vec<String>,
    environment: Vec<(String, String)>,
    log: PathBuf,
    process: Option<Process>,
}

impl Member {
    /// An idle worker that does a job in `pace` and keeps settled ones for `keep`.
    pub(crate) fn worker(redis: &PrivateRedis, log: PathBuf, lease: Duration, pace: Duration, keep: Duration) -> Self {
        let wire = Wire::to_socket(redis.socket());
        let milliseconds = [lease, pace, keep].map(|time| time.as_millis().to_string());
        let words = [program("idle_worker").display().to_string(), wire.redis_url(), shards(redis)];
        Self::start(words.into_iter().chain(milliseconds).collect(), Vec::new(), wire, log)
    }

    /// A dispatcher: its loops return what the dead held, and bury what so many `deaths` were due to.
    pub(crate) fn keeper(redis: &PrivateRedis, log: PathBuf, home: &Path, lease: Duration, deaths: u32) -> Self {
        let wire = Wire::to_socket(redis.socket());
        let words = [program("dispatcher").display().to_string(), "serve".into(), "--open".into()];
        let environment = [
            ("GRADPHOTO_HOME", home.display().to_string()),
            ("GRADPHOTO_LISTEN", "127.0.0.1:0".into()),
            ("GRADPHOTO_REDIS", wire.redis_url()),
            ("GRADPHOTO_REDIS_TIMEOUT", "0.5".into()),
            ("GRADPHOTO_SHARDS", shards(redis)),
            ("GRADPHOTO_LEASE", lease.as_secs().to_string()),
            ("GRADPHOTO_MAX_DEATHS", deaths.to_string()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
        Self::start(words.into(), environment, wire, log)
    }

    fn start(words: Vec<String>, environment: Vec<(String, String)>, wire: Wire, log: PathBuf) -> Self {
        let mut member = Self { wire, words, environment, log, process: None };
        member.start_again();
        member
    }

    /// Starts it, killing one that still runs.
    ///
    /// # Panics
    /// When its program was not built.
    pub fn start_again(&mut self) {
        self.kill();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).args(&self.words);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        self.process = Some(Process::start(command, self.log.clone()));
    }

    /// As [`Member::start_again`], with `environment` added to its own from now on.
    ///
    /// # Panics
    /// As [`Member::start_again`].
    pub fn start_again_in(&mut self, environment: Vec<(String, String)>) {
        self.environment.extend(environment);
        self.start_again();
    }

    /// Kills it as the kernel would when memory is short.
    pub fn kill(&mut self) {
        // A process is killed and reaped with its owner.
        self.process = None;
    }

    /// Whether it runs, be it asleep.
    pub fn is_alive(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| !process.has_ended())
    }

    /// Puts it to sleep in the middle of whatever it does.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pause(&self) {
        self.process().signal(Signal::STOP);
    }

    /// Wakes it.
    ///
    /// # Panics
    /// When it does not run.
    pub fn resume(&self) {
        self.process().signal(Signal::CONT);
    }

    /// The process.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("a process that was started")
    }
}

fn shards(redis: &PrivateRedis) -> String {
    redis.config().shards.all().count().to_string()
}
