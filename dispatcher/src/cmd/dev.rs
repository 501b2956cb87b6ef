//! `dispatcher dev`.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use gradphoto_shared::{Result, shutdown};

use crate::dev::{self, Plan};

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher dev
  dispatcher dev --workers 4 --port 9000 --pack full

Everything lies in HOME/dev; a later start goes on where the last one stopped. Ctrl-C stops all of it.";

/// What `dispatcher dev` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Workers to start.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    workers: u16,
    /// Threads of each worker. [default: the machine's cores shared out]
    #[arg(long)]
    threads: Option<u16>,
    /// Port of the API on this machine; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of Redis on this machine; 0 leaves it on a Unix socket only.
    #[arg(long, default_value_t = 0)]
    redis_port: u16,
    /// Model pack of the workers.
    #[arg(long, default_value = "base")]
    pack: String,
    /// Device of the workers: cpu, cuda[:n] or auto.
    #[arg(long, default_value = "cpu")]
    device: String,
}

pub(super) fn run(args: &Args, home: &Path) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| u16::try_from(cores.get()).unwrap_or(u16::MAX));
    let plan = Plan {
        workers: args.workers,
        threads: args.threads.unwrap_or((cores / args.workers).max(1)),
        api: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port)),
        redis_port: args.redis_port,
        pack: args.pack.clone(),
        device: args.device.clone(),
    };
    // Children die with the thread that started them, so it must be the one that lives longest.
    super::runtime(Some(1))?.block_on(async {
        let shutdown = shutdown::on_signal()?;
        dev::run(plan, home, &shutdown, &|text| super::print(text)).await
    })
}
