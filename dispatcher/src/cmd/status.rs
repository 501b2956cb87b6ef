//! `dispatcher status`.

use gradphoto_shared::{Error, Result};

use super::table::Table;
use crate::api::QueueView;
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher status
  dispatcher status --url https://photos.example.org --json";

/// What `dispatcher status` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let client = client(&args.server)?;
    let view = super::runtime(Some(1))?.block_on(client.queue()).map_err(|failure| told(&client, &failure))?;
    if args.json {
        return super::print(&super::json_line(&view));
    }
    super::print(&draw(&view, None))
}

/// A client for the server that was named.
pub(super) fn client(args: &ServerArgs) -> Result<Client> {
    Client::new(args).map_err(|failure| Error::Config(failure.message))
}

/// A failure as the command's last word.
pub(super) fn told(client: &Client, failure: &Failure) -> Error {
    Error::Config(format!("{}: {} ({})", client.url(), failure.advice(), failure.code))
}

/// The queue as a table; `rates` are changes of each lane's backlog in jobs a second.
pub(super) fn draw(view: &QueueView, rates: Option<&[f64]>) -> String {
    let mut table = Table::new(&["lane", "waiting", "running", "delayed", "oldest s"]);
    if rates.is_some() {
        table.column("change/s");
    }
    for (index, lane) in view.lanes.iter().enumerate() {
        let mut cells = vec![
            lane.lane.to_string(),
            lane.waiting.to_string(),
            lane.running.to_string(),
            lane.delayed.to_string(),
            format!("{:.1}", lane.oldest_seconds),
        ];
        cells.extend(rates.and_then(|rates| rates.get(index)).map(|rate| format!("{rate:+.1}")));
        table.row(cells);
    }
    format!("{}backlog {}\n", table.draw(), view.backlog)
}
