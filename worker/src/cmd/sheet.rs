//! `worker sheet`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::{Args, ValueHint};
use gradphoto_shared::{Error, Result};

use crate::sheet::{Results, draw};

const EXAMPLES: &str = "\
Example:
  worker process --json --out finished photos > answers.jsonl
  worker sheet --before photos --after finished --results answers.jsonl --out sheet.jpg";

/// What `worker sheet` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SheetArgs {
    /// Folder of the photos.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    before: PathBuf,
    /// Folder of the finished pictures, as `worker process` names them.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    after: PathBuf,
    /// The sheet, a JPEG; further pages get -2, -3 ... before the ending.
    #[arg(long, value_name = "FILE.jpg", value_hint = ValueHint::FilePath)]
    out: PathBuf,
    /// JSON lines of `worker process --json`, for the reasons of refused photos.
    #[arg(long, value_name = "FILE.jsonl", value_hint = ValueHint::FilePath)]
    results: Option<PathBuf>,
}

pub(super) fn run(args: SheetArgs) -> Result<()> {
    let results = args.results.as_deref().map(Results::read).transpose()?.unwrap_or_default();
    for page in draw(&args.before, &args.after, &args.out, &results)? {
        let written = writeln!(stdout(), "{}", page.display());
        written.map_err(|cause| Error::io("write to standard output", cause))?;
    }
    Ok(())
}
