//! A primary, its replica and three sentinels.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::redis_process::{PATIENCE, RedisProcess};

/// What the sentinels call the primary.
const NAME: &str = "queue";

/// Servers watched by sentinels.
pub struct Watched {
    /// The primary at first, and its replica.
    pub servers: Vec<RedisProcess>,
    sentinels: Vec<RedisProcess>,
}

impl Watched {
    /// Starts all and waits until every sentinel knows every other process, so that a failover can begin at
    /// once.
    ///
    /// # Panics
    /// When a program is missing or they do not find each other.
    #[must_use]
    pub fn start() -> Self {
        let primary = RedisProcess::start(|port, _| server(port, &[]));
        let above = primary.port().to_string();
        let replica = RedisProcess::start(move |port, _| server(port, &["--replicaof", "127.0.0.1", &above]));
        replica.wait_for(&["INFO", "replication"], "master_link_status:up");
        let servers = vec![primary, replica];
        let watched = servers[0].port();
        let sentinels: Vec<_> = (0..3)
            .map(|_| {
                RedisProcess::start_as("redis-sentinel", Vec::new(), move |port, folder| {
                    sentinel(port, watched, folder)
                })
            })
            .collect();
        for sentinel in &sentinels {
            let asked = ["SENTINEL", "MASTER", NAME];
            sentinel.wait_for(&asked, "num-slaves\n1\n");
            sentinel.wait_for(&asked, "num-other-sentinels\n2\n");
        }
        Self { servers, sentinels }
    }

    /// The address for `--redis`.
    #[must_use]
    pub fn url(&self) -> String {
        let places: Vec<_> = self.sentinels.iter().map(RedisProcess::place).collect();
        format!("redis-sentinel://{}/{NAME}", places.join(","))
    }

    /// Promotes the replica while the primary lives; ends when it serves.
    ///
    /// # Panics
    /// When it does not in time.
    pub async fn hand_over(&self) {
        let before = primary(&self.sentinels[0]);
        assert_eq!(self.sentinels[0].cli(&["SENTINEL", "FAILOVER", NAME]), "OK");
        self.taken_over(&before).await;
    }

    /// Kills the primary; ends when its replica serves and the killed server runs again, as whoever watches
    /// over services would start it.
    ///
    /// # Panics
    /// When the replica does not take over in time.
    pub async fn lose_primary(&mut self) {
        let before = primary(&self.sentinels[0]);
        let lost = self.server_at(&before);
        self.servers[lost].stop();
        self.taken_over(&before).await;
        self.servers[lost].start_again();
    }

    /// Freezes the primary until another server serves.
    ///
    /// # Panics
    /// When none does in time.
    pub async fn freeze_primary(&self) {
        let before = primary(&self.sentinels[0]);
        let frozen = &self.servers[self.server_at(&before)];
        frozen.pause();
        self.taken_over(&before).await;
        frozen.resume();
    }

    /// Which of the servers is where a sentinel says.
    fn server_at(&self, place: &str) -> usize {
        let is_there = |server: &RedisProcess| place.ends_with(&server.port().to_string());
        self.servers.iter().position(is_there).expect("a server of ours")
    }

    async fn taken_over(&self, before: &str) {
        let began = Instant::now();
        // All of them: one that has not heard of it yet would bring the replica back under the old primary as soon as
        // that runs again, which lacks what the replica took since.
        while self.sentinels.iter().any(|sentinel| primary(sentinel) == before) {
            assert!(began.elapsed() < PATIENCE, "the replica does not take over");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        println!("the replica took over after {:?}", began.elapsed());
    }

    /// Kills a sentinel.
    ///
    /// # Panics
    /// Where none is left.
    pub fn stop_sentinel(&mut self) {
        drop(self.sentinels.pop().expect("three sentinels"));
    }
}

/// Where a sentinel sees the primary.
fn primary(sentinel: &RedisProcess) -> String {
    sentinel.cli(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME])
}

/// A server with a log, as `deploy/redis/redis.conf` has it: one that came back empty could be promoted.
fn server(port: u16, more: &[&str]) -> Vec<String> {
    let port = port.to_string();
    let words = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"];
    let words = words.iter().chain(&["--repl-diskless-sync-delay", "0"]).chain(more);
    words.map(|word| (*word).to_owned()).collect()
}

/// A sentinel keeps what it learns in its file, so the file is written at the first start only.
fn sentinel(port: u16, watched: u16, folder: &Path) -> Vec<std::ffi::OsString> {
    let file = folder.join("sentinel.conf");
    if !file.exists() {
        let text = format!(
            "port {port}\nbind 127.0.0.1\nsentinel monitor {NAME} 127.0.0.1 {watched} 2\n\
             sentinel down-after-milliseconds {NAME} 500\nsentinel failover-timeout {NAME} 5000\n\
             sentinel parallel-syncs {NAME} 2\n"
        );
        fs::write(&file, text).expect("a file in a folder of ours");
    }
    vec![file.into()]
}
