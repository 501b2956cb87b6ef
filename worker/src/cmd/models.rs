//! `worker models`.

mod list;
mod progress;
mod pull;
mod verify;

use std::io::{self, Write};
use std::path::Path;

use clap::Subcommand;
use gradphoto_shared::{Error, Result};
use serde::Serialize;

/// The verbs of `worker models`.
#[derive(Subcommand, Debug)]
pub(super) enum ModelsVerb {
    /// Fetch what a pack needs, and ONNX Runtime's library with it.
    Pull(pull::PullArgs),
    /// Show all packs: files, roles, terms, and what is there.
    List(list::ListArgs),
    /// Read every file of a pack again and compare; exit code 1 where one differs.
    Verify(verify::VerifyArgs),
}

pub(super) fn run(verb: ModelsVerb, home: &Path) -> Result<()> {
    match verb {
        ModelsVerb::Pull(args) => pull::run(&args, home),
        ModelsVerb::List(args) => list::run(&args, home),
        ModelsVerb::Verify(args) => verify::run(&args, home),
    }
}

/// Writes the answer of a command: JSON for programs or lines for people.
fn answer<T: Serialize>(rows: &[T], json: bool, line: impl Fn(&T) -> String) -> Result<()> {
    let text = if json {
        serde_json::to_string_pretty(rows).expect("rows hold texts and numbers only") + "\n"
    } else {
        rows.iter().map(|row| line(row) + "\n").collect()
    };
    io::stdout().lock().write_all(text.as_bytes()).map_err(|cause| Error::io("write the answer", cause))
}
