//! `dispatcher watch`.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use gradphoto_shared::{Error, Result, shutdown};

use super::status::{client, draw};
use crate::api::QueueView;
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Example:
  dispatcher watch --every 2";

/// Time over which rates are taken: long enough to be calm, short enough to follow.
const WINDOW: Duration = Duration::from_secs(10);

/// Moves to the upper left corner (ECMA-48). Old text is written over and not wiped first, so nothing flickers.
const HOME: &str = "\x1b[H";
/// Clears the rest of a line.
const LINE_END: &str = "\x1b[K\n";
/// Clears what is below.
const BELOW: &str = "\x1b[J";

/// What `dispatcher watch` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    /// Seconds between looks.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let client = client(&args.server)?;
    super::runtime(Some(1))?.block_on(async {
        let stop = shutdown::on_signal()?;
        let mut seen: VecDeque<(Instant, QueueView)> = VecDeque::new();
        let mut beat = tokio::time::interval(Duration::from_secs(args.every));
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = beat.tick() => {}
            }
            let text = match client.queue().await {
                Ok(view) => {
                    seen.push_back((Instant::now(), view));
                    while seen.len() > 2 && seen[1].0.elapsed() > WINDOW {
                        seen.pop_front();
                    }
                    let (_, last) = seen.back().expect("just pushed");
                    draw(last, Some(&rates(&seen)))
                }
                // A server that restarts is worth watching too.
                Err(failure) => format!("{}\n", failure.message),
            };
            let page = format!("{}\n{text}", client.url());
            if !show(&page).map_err(|cause| Error::io("write the output", cause))? {
                return Ok(());
            }
        }
    })
}

/// Shows a page in place of the last one, or below it where the output is no terminal. `false` when the
/// reader went away (`| head`): nobody watches any more.
fn show(page: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { in_place(page) } else { format!("{page}\n") };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        done => done.map(|()| true),
    }
}

fn in_place(page: &str) -> String {
    format!("{HOME}{}{BELOW}", page.replace('\n', LINE_END))
}

/// Change of each lane's backlog, in jobs a second, over what was seen.
fn rates(seen: &VecDeque<(Instant, QueueView)>) -> Vec<f64> {
    let (Some((from, old)), Some((to, new))) = (seen.front(), seen.back()) else { return Vec::new() };
    let seconds = (*to - *from).as_secs_f64().max(0.001);
    let held = |view: &QueueView| -> Vec<f64> {
        view.lanes.iter().map(|lane| (lane.waiting + lane.running + lane.delayed) as f64).collect()
    };
    held(old).iter().zip(held(new)).map(|(old, new)| (new - old) / seconds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_page_leaves_nothing_of_a_longer_one() {
        assert_eq!(in_place("a\nb\n"), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[J");
    }
}
