//! The whole system as real processes: a dispatcher, workers and commands around a private Redis.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::photos;
use crate::process::{Process, START_PATIENCE, program};
use crate::redis::PrivateRedis;
use crate::s3::S3;
use crate::server::answer;

/// Longest that a command may take: all of them wait for a few photos on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);
/// The lease of every process, in seconds.
pub const LEASE_S: u64 = 2;

/// What all processes of one system have in common.
#[derive(Debug)]
pub struct System {
    /// Its Redis.
    pub redis: PrivateRedis,
    /// Settings as the environment of every process.
    settings: Vec<(&'static str, String)>,
    key: String,
    url: String,
    home: TempDir,
    started: u32,
}

impl System {
    /// A home folder, a file of keys made by `dispatcher key new`, and no process but Redis.
    ///
    /// # Panics
    /// When the programs were not built or the home folder was not prepared by `tests/run.sh`.
    #[must_use]
    pub fn new(redis: PrivateRedis) -> Self {
        let home = photos::home_of_its_own();
        let keys = home.path().join("keys");
        let key = new_key(&keys, &["school-1"]);
        let text = |path: &Path| path.to_str().expect("a temporary folder has a plain name").to_owned();
        let settings = vec![
            ("GRADPHOTO_HOME", text(home.path())),
            ("GRADPHOTO_KEYS", text(&keys)),
            ("GRADPHOTO_KEY", key.clone()),
            ("GRADPHOTO_LISTEN", "127.0.0.1:0".to_owned()),
            ("GRADPHOTO_REDIS", redis.url()),
            ("GRADPHOTO_REDIS_TIMEOUT", "2".to_owned()),
            ("GRADPHOTO_SHARDS", redis.config().shards.all().count().to_string()),
            ("GRADPHOTO_LEASE", LEASE_S.to_string()),
            ("GRADPHOTO_THREADS", "1".to_owned()),
        ];
        Self { redis, settings, key, url: String::new(), home, started: 0 }
    }

    /// An operator's key; to be made before [`System::serve`], which reads the keys once.
    ///
    /// # Panics
    /// When the program was not built.
    #[must_use]
    pub fn operator_key(&self) -> String {
        new_key(&self.home.path().join("keys"), &["staff", "--operator"])
    }

    /// A key of the first school that was made for less; to be made before [`System::serve`].
    ///
    /// # Panics
    /// When the program was not built.
    #[must_use]
    pub fn narrow_key(&self, scope: &str) -> String {
        new_key(&self.home.path().join("keys"), &["school-1", "--scope", scope])
    }

    /// Puts photos into a bucket of `server` instead of a folder.
    #[must_use]
    pub fn with_store(mut self, server: &S3, bucket: &str) -> Self {
        self.settings.extend([
            ("GRADPHOTO_STORE", format!("s3://{bucket}")),
            ("GRADPHOTO_S3_ENDPOINT", server.endpoint.clone()),
            ("GRADPHOTO_S3_KEY_ID", "test".to_owned()),
            ("GRADPHOTO_S3_SECRET", "test".to_owned()),
        ]);
        self
    }

    /// Starts `dispatcher serve` and waits until it listens; every later one takes the same port.
    ///
    /// # Panics
    /// When it does not.
    pub async fn serve(&mut self, more: &[&str]) -> Process {
        let served = self.start("dispatcher", "serve", more);
        served.says("\"address\":\"").await;
        let address = served.address().expect("the log was just seen to hold it");
        self.url = format!("http://{address}");
        self.settings.retain(|(name, _)| *name != "GRADPHOTO_LISTEN");
        self.settings.extend([("GRADPHOTO_LISTEN", address), ("GRADPHOTO_URL", self.url.clone())]);
        served
    }

    /// Starts `worker run`.
    ///
    /// # Panics
    /// When the program was not built.
    pub fn worker(&mut self, more: &[&str]) -> Process {
        self.start("worker", "run", more)
    }

    /// Starts `dispatcher submit` at once; the future ends with it.
    ///
    /// # Panics
    /// When it takes longer than [`PATIENCE`].
    pub fn submit<Word: AsRef<OsStr>>(&self, words: &[Word]) -> impl Future<Output = Output> + use<Word> {
        let mut command = tokio::process::Command::from(self.command("dispatcher", "submit"));
        command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = command.spawn().expect("a program that can be started");
        async {
            let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
            ended.expect("dispatcher submit ends in time").expect("its output can be read")
        }
    }

    /// Where the dispatcher listens and the API key, as callers of their own take them: from the environment.
    #[must_use]
    pub fn caller(&self) -> [(&'static str, String); 2] {
        [("GRADPHOTO_URL", self.url.clone()), ("GRADPHOTO_KEY", self.key.clone())]
    }

    /// A request to the dispatcher, with the key.
    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.ask_as(&self.key, method, path)
    }

    /// A request to the dispatcher, with another key.
    pub fn ask_as(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new().request(method, format!("{}{path}", self.url)).bearer_auth(key)
    }

    /// Runs a verb of `dispatcher` with another key; answers what it printed.
    ///
    /// # Panics
    /// When it fails.
    #[must_use]
    pub fn said(&self, key: &str, verb: &str, words: &[&str]) -> String {
        let output = self.command("dispatcher", verb).args(words).env("GRADPHOTO_KEY", key).output();
        let output = output.expect("a program that can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs a verb of `dispatcher` that has to fail; answers what it said of it.
    ///
    /// # Panics
    /// When it does not fail.
    #[must_use]
    pub fn refused(&self, key: &str, verb: &str, words: &[&str]) -> String {
        let output = self.command("dispatcher", verb).args(words).env("GRADPHOTO_KEY", key).output();
        let output = output.expect("a program that can be started");
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("text")
    }

    /// Makes a session that takes photos.
    ///
    /// # Panics
    /// When the dispatcher refuses.
    pub async fn open_session(&self, id: &str) {
        let body = json!({"id": id, "state": "open"});
        let (status, body) = answer(self.ask(Method::POST, "/v1/sessions").json(&body)).await;
        assert_eq!(status, 201, "{body}");
    }

    /// Every event of a session's results, read page by page; waits until there are `count`, then reads
    /// on to the end.
    ///
    /// # Panics
    /// When they do not come within [`PATIENCE`].
    pub async fn events(&self, session: &str, count: usize) -> Vec<Value> {
        let began = std::time::Instant::now();
        let (mut events, mut after) = (Vec::new(), "0".to_owned());
        loop {
            let wait = u8::from(events.len() < count);
            let path = format!("/v1/sessions/{session}/results?after={after}&limit=100&wait={wait}");
            let (status, mut page) = answer(self.ask(Method::GET, &path)).await;
            assert_eq!(status, 200, "{page}");
            let fresh = page["events"].as_array_mut().map(std::mem::take).unwrap_or_default();
            if fresh.is_empty() && events.len() >= count {
                return events;
            }
            events.extend(fresh);
            after = page["next"].as_str().expect("a cursor").to_owned();
            assert!(began.elapsed() < PATIENCE, "{} of {count} events", events.len());
        }
    }

    fn start(&mut self, name: &str, verb: &str, more: &[&str]) -> Process {
        self.started += 1;
        let log = self.home.path().join(format!("{name}-{}.log", self.started));
        let mut command = self.command(name, verb);
        command.args(more);
        Process::start(command, log)
    }

    fn command(&self, name: &str, verb: &str) -> Command {
        let mut command = Command::new(program(name));
        command.arg(verb).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// Makes a key by `dispatcher key new` with `words`.
fn new_key(keys: &Path, words: &[&str]) -> String {
    let made = Command::new(program("dispatcher")).args(["key", "new"]).args(words).arg("--keys").arg(keys).output();
    let made = made.expect("a program that can be started");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8(made.stdout).expect("a key in ASCII").trim_end().to_owned()
}

/// Waits until a process's metrics hold a series that starts with `series` and is above `least`.
///
/// # Panics
/// When none is within [`START_PATIENCE`].
pub async fn above(process: &Process, series: &str, least: f64) {
    let began = std::time::Instant::now();
    loop {
        let (_, page) = process.get("metrics").await.unwrap_or_default();
        let lines = page.lines().filter(|line| line.starts_with(series));
        if lines.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).any(|value: f64| value > least) {
            return;
        }
        assert!(began.elapsed() < START_PATIENCE, "{series} stays at {least} or below: {page}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
