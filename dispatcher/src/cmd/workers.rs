//! `dispatcher workers`.

use gradphoto_shared::Result;
use gradphoto_shared::store::{WorkerPhase, WorkerView};

use super::status::{client, told};
use super::table::Table;
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher workers
  dispatcher workers --drain w-0192f0c8e1b97c3a8d5e4f6071829304

The key has to be an operator's: dispatcher key new NAME --operator";

/// What `dispatcher workers` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Tell this worker to take no more jobs, finish what it began and end. It cannot be taken back: a worker
    /// that is needed after all has to be started again.
    #[arg(long, value_name = "NAME")]
    drain: Option<String>,
    /// Print JSON.
    #[arg(long, conflicts_with = "drain")]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let client = client(&args.server)?;
    let runtime = super::runtime(Some(1))?;
    if let Some(worker) = &args.drain {
        runtime.block_on(client.drain_worker(worker)).map_err(|failure| told(&client, &failure))?;
        return super::print(&format!("{worker} is told to drain\n"));
    }
    let list = runtime.block_on(client.workers()).map_err(|failure| told(&client, &failure))?;
    if args.json {
        return super::print(&super::json_line(&list));
    }
    super::print(&draw(&list.workers))
}

fn draw(workers: &[WorkerView]) -> String {
    let mut table = Table::new(&["worker", "phase", "threads", "in hand", "silent s", "version", "pack", "device"]);
    for WorkerView { name, silent_ms, is_told_to_drain, state } in workers {
        let phase = match state.phase {
            WorkerPhase::Ready if *is_told_to_drain => "told to drain",
            WorkerPhase::Ready => "ready",
            WorkerPhase::Draining => "draining",
        };
        table.row(vec![
            name.clone(),
            phase.to_owned(),
            state.threads.to_string(),
            state.in_hand.to_string(),
            format!("{:.1}", *silent_ms as f64 / 1e3),
            state.version.clone(),
            state.pack.clone(),
            state.device.clone(),
        ]);
    }
    table.draw()
}
