//! `dispatcher`: see `dispatcher --help`.

use std::process::ExitCode;

use clap::Parser;
use gradphoto_dispatcher::cmd::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
