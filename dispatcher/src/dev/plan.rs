//! What a development set consists of: every part's command line and address.

use std::ffi::OsString;
use std::fmt::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use gradphoto_shared::config::RedisConfig;
use gradphoto_shared::{Error, Result};

use super::home::Home;
use super::part::Part;
use super::redis_config;

/// Longest path of a Unix socket: `sun_path` holds 108 bytes with its end (unix(7)), and Redis adds none.
const SOCKET_PATH_MAX: usize = 107;

/// Longest that a worker may take to finish what it holds, and the others to end.
const WORKER_PATIENCE: Duration = Duration::from_secs(40);
const PATIENCE: Duration = Duration::from_secs(30);

/// What was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) workers: u16,
    pub(crate) threads: u16,
    pub(crate) api: SocketAddr,
    pub(crate) redis_port: u16,
    pub(crate) pack: String,
    pub(crate) device: String,
}

/// Every part, ready to start.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) redis: Part,
    pub(super) redis_config: RedisConfig,
    redis_url: String,
    pub(super) dispatcher: Part,
    api: SocketAddr,
    /// Each with the address of its health and metrics.
    pub(super) workers: Vec<(Part, SocketAddr)>,
}

impl Plan {
    pub(super) fn parts(&self, home: &Home) -> Result<Parts> {
        let own = std::env::current_exe().map_err(|cause| Error::io("find this program's file", cause))?;
        let worker = own.with_file_name("worker");
        if !worker.is_file() {
            let says = format!("{} is missing: build it with `cargo build -p gradphoto-worker`", worker.display());
            return Err(Error::Config(says));
        }
        let socket = home.place("redis/redis.sock");
        let redis_url = match self.redis_port {
            0 if socket.as_os_str().len() > SOCKET_PATH_MAX => {
                let says =
                    "the home folder's path is too long for a Unix socket: give --redis-port or a shorter --home";
                return Err(Error::Config(says.into()));
            }
            0 => format!("redis+unix://{}", socket.display()),
            port => format!("redis://127.0.0.1:{port}"),
        };
        let api = free_if_zero(self.api)?;
        let store: OsString = home.home.join("blobs").into();
        let mut workers = Vec::new();
        for number in 1..=self.workers {
            let address = free_if_zero(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
            workers.push((self.worker(home, &worker, number, address, &redis_url, &store), address));
        }
        let serve = [
            words(&["--log", "info", "--home"]),
            vec![home.home.clone().into()],
            words(&["serve", "--open", "--listen", &api.to_string(), "--redis", &redis_url, "--store"]),
            vec![store],
        ];
        let dispatcher = Part::new("dispatcher", own, serve.concat(), home.place("dispatcher.log"), PATIENCE);
        let redis = self.redis(home, socket);
        Ok(Parts { redis, redis_config: redis_config(&redis_url)?, redis_url, dispatcher, api, workers })
    }

    fn redis(&self, home: &Home, socket: PathBuf) -> Part {
        let arguments = [
            words(&["--port", &self.redis_port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no", "--save", ""]),
            words(&["--appendonly", "yes", "--maxmemory-policy", "noeviction", "--unixsocketperm", "600"]),
            vec!["--unixsocket".into(), socket.into(), "--dir".into(), home.place("redis").into()],
            vec!["--pidfile".into(), home.place("redis.pid").into()],
        ];
        Part::new("redis", PathBuf::from("redis-server"), arguments.concat(), home.place("redis.log"), PATIENCE)
    }

    fn worker(
        &self,
        home: &Home,
        program: &std::path::Path,
        number: u16,
        address: SocketAddr,
        redis_url: &str,
        store: &OsString,
    ) -> Part {
        let threads = self.threads.to_string();
        let metrics = address.to_string();
        let arguments = [
            vec!["--home".into(), home.home.clone().into()],
            words(&["run", "--redis", redis_url, "--pack", &self.pack, "--device", &self.device]),
            words(&["--threads", &threads, "--metrics", &metrics, "--store"]),
            vec![store.clone()],
        ];
        let name = format!("worker-{number}");
        let log = home.place(&format!("{name}.log"));
        Part::new(name, program.to_path_buf(), arguments.concat(), log, WORKER_PATIENCE)
    }
}

impl Parts {
    pub(super) fn api_url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Where everything is.
    pub(super) fn greeting(&self, home: &Home, took: Duration) -> String {
        let api = self.api_url();
        let mut text = format!("ready after {:.1} s\n", took.as_secs_f64());
        let mut line = |what: &str, place: &str| {
            writeln!(text, "  {what:<9} {place}").expect("writing to memory cannot fail");
        };
        line("api", &format!("{api}/v1   described in {api}/v1/openapi.json"));
        line("metrics", &format!("{api}/metrics"));
        for (worker, address) in &self.workers {
            line(worker.name(), &format!("http://{address}/metrics"));
        }
        line("redis", &self.redis_url);
        line("pictures", &home.home.join("blobs").display().to_string());
        line("logs", &home.home.join("dev").display().to_string());
        text
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// Chooses a free port where none was asked for. Nobody else takes it in the blink until the part does,
/// or the part dies and says so.
fn free_if_zero(address: SocketAddr) -> Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    let listener = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    listener.map_err(|cause| Error::io("find a free port", cause))
}
