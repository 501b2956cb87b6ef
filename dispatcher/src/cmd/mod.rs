//! The verbs of `dispatcher`: one line each here, one file each beside.

mod dead;
mod dev;
mod export;
mod gallery;
mod key;
mod openapi;
mod pauses;
mod schema;
mod search;
mod serve;
mod sessions;
mod status;
mod submit;
mod table;
mod watch;
mod webhooks;
mod workers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gradphoto_shared::config::{HomeArgs, LogArgs};
use gradphoto_shared::{Error, Result, telemetry};

/// Dispatcher of gradphoto: takes photo jobs over HTTP, keeps the queue, hands results back.
#[derive(Parser, Debug)]
#[command(name = "dispatcher", version, propagate_version = true)]
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
    /// Serve the HTTP API and keep the queue until told to stop.
    #[command(after_help = serve::EXAMPLES)]
    Serve(Box<serve::Args>),
    /// Start everything on this machine: a private Redis, a dispatcher, workers.
    #[command(after_help = dev::EXAMPLES)]
    Dev(dev::Args),
    /// Submit photos, wait for the answers, fetch the pictures.
    #[command(after_help = submit::EXAMPLES)]
    Submit(submit::Args),
    /// Find the one photo of a session that shows a person.
    #[command(after_help = search::EXAMPLES)]
    Search(search::Args),
    /// Show who can be found in a session, look into doubles and searches, take photos out.
    #[command(subcommand)]
    Gallery(gallery::Verb),
    /// Show how the queue stands.
    #[command(after_help = status::EXAMPLES)]
    Status(status::Args),
    /// Show how the queue stands, again and again.
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::Args),
    /// List sessions, open, close, cancel, export or erase one.
    #[command(subcommand)]
    Sessions(sessions::Verb),
    /// Show what is paused, pause a lane, tenant or session, or let it go on.
    #[command(after_help = pauses::EXAMPLES)]
    Pauses(pauses::Args),
    /// Look into jobs that were given up, replay them or drop them.
    #[command(subcommand)]
    Dead(dead::Verb),
    /// Show who works, or tell a worker to drain.
    #[command(after_help = workers::EXAMPLES)]
    Workers(workers::Args),
    /// Make endpoints known that are told of results, and look after them.
    #[command(after_help = webhooks::EXAMPLES)]
    Webhooks(webhooks::Args),
    /// Make API keys.
    #[command(subcommand)]
    Key(key::Verb),
    /// Print the API's OpenAPI document.
    Openapi,
    /// Print the JSON Schema of envelopes and answers, or the script that enqueues.
    #[command(after_help = schema::EXAMPLES)]
    Schema(schema::Args),
}

impl Cli {
    /// Runs the verb that was typed. Exit codes: 0 done, 1 failed, 2 (from clap) typed wrongly.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let home = &self.home.home;
        let done = telemetry::start(&self.log).and_then(|()| match self.verb {
            Verb::Serve(args) => serve::run(&args, home),
            Verb::Dev(args) => dev::run(&args, home),
            Verb::Submit(args) => submit::run(args),
            Verb::Search(args) => search::run(&args),
            Verb::Gallery(verb) => gallery::run(&verb),
            Verb::Status(args) => status::run(&args),
            Verb::Watch(args) => watch::run(&args),
            Verb::Sessions(verb) => sessions::run(&verb),
            Verb::Pauses(args) => pauses::run(&args),
            Verb::Dead(verb) => dead::run(&verb),
            Verb::Workers(args) => workers::run(&args),
            Verb::Webhooks(args) => webhooks::run(args),
            Verb::Key(verb) => key::run(&verb, home),
            Verb::Openapi => openapi::run(),
            Verb::Schema(args) => schema::run(&args),
        });
        report(done)
    }
}

fn report(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::say(&format!("dispatcher: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A runtime for one command. `threads` 1 keeps everything on the calling thread.
fn runtime(threads: Option<usize>) -> Result<tokio::runtime::Runtime> {
    let mut builder = match threads {
        Some(1) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build().map_err(|cause| Error::io("start the runtime", cause))
}

/// A view as one line of JSON.
fn json_line(view: &impl serde::Serialize) -> String {
    format!("{}\n", serde_json::to_string(view).expect("a view is plain data"))
}

/// Writes a command's output. A reader that went away (`| head`) is no failure.
fn print(text: &str) -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::io("write the output", cause)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory, Parser};

    #[test]
    fn the_command_line_is_lawful() {
        super::Cli::command().debug_assert();
    }

    #[test]
    fn the_examples_of_every_help_can_be_typed() {
        let mut tried = 0;
        check_examples(&super::Cli::command(), &mut tried);
        assert!(tried > 30, "only {tried} examples were found");
    }

    /// Types every line of an `after_help` that begins with the program's name. What stands behind a comment, a
    /// redirection or `&&` is the shell's, and so is the gap before a remark.
    fn check_examples(command: &Command, tried: &mut usize) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        for line in help.lines().filter(|line| line.starts_with("  dispatcher ")) {
            for typed in line.trim().split(" && ") {
                let words = typed.split(" # ").next().and_then(|typed| typed.split("   ").next()).unwrap_or_default();
                let words = words.split(" > ").next().unwrap_or_default().split_whitespace();
                let words = words.map(|word| word.trim_matches('\''));
                super::Cli::try_parse_from(words).unwrap_or_else(|refused| panic!("{line}: {refused}"));
                *tried += 1;
            }
        }
        command.get_subcommands().for_each(|command| check_examples(command, tried));
    }
}
