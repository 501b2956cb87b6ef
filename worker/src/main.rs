//! `worker`: see `worker --help`.

use std::process::ExitCode;

use clap::Parser;
use gradphoto_worker::cmd::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
