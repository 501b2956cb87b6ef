//! The verbs of `worker`: one line each here, one file each beside.

mod layout;
mod models;
mod process;
mod rules;
mod run;
mod search;
mod sheet;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gradphoto_shared::config::{HomeArgs, LogArgs};
use gradphoto_shared::{Error, Result, telemetry};

/// Photo worker of gradphoto.
#[derive(Parser, Debug)]
#[command(name = "worker", version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    home: HomeArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Take jobs from the queue until told to stop.
    Run(Box<run::RunArgs>),
    /// Do the same work on files, without Redis.
    Process(Box<process::ProcessArgs>),
    /// Look for people among the photos of a folder, without Redis.
    Search(search::SearchArgs),
    /// Lay out finished pictures on sheets to print.
    Layout(layout::LayoutArgs),
    /// Fetch, list and verify model packs.
    #[command(subcommand)]
    Models(models::ModelsVerb),
    /// List the rules of `check` with their limits and words.
    Rules(rules::RulesArgs),
    /// Draw a contact sheet: before and after, side by side.
    Sheet(sheet::SheetArgs),
}

impl Cli {
    /// Runs the verb that was typed. Exit codes: 0 done, 1 failed, 2 (from clap) typed wrongly.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let home = &self.home.home;
        let done = telemetry::start(&self.log).and_then(|()| match self.verb {
            Verb::Run(args) => run::run(&args, home),
            Verb::Process(args) => process::run(*args, home),
            Verb::Search(args) => search::run(args, home),
            Verb::Layout(args) => layout::run(&args),
            Verb::Models(verb) => models::run(verb, home),
            Verb::Rules(args) => rules::run(&args),
            Verb::Sheet(args) => sheet::run(args),
        });
        report(done)
    }
}

fn report(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough, as `head` has; nobody is left to complain to.
        Err(Error::Io { source, .. }) if source.kind() == ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            telemetry::say(&format!("worker: {error}"));
            ExitCode::FAILURE
        }
    }
}
