//! `worker models verify`.

use std::path::{Path, PathBuf};

use clap::Args;
use gradphoto_shared::{Error, Result};
use serde::Serialize;

use crate::pack::manifest::{Manifest, PackEntry};
use crate::pack::state::{self, State};

/// What `worker models verify` takes.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  worker models verify               every pack of which anything is there
  worker models verify --pack base   this pack, which must be there whole

Models of optional roles (see `worker models list`) are read where they are there, and may be absent.")]
pub(in crate::cmd) struct VerifyArgs {
    /// Packs to read: base, full, sample, runtime-cpu, runtime-cuda. [default: those that are there]
    #[arg(long = "pack", value_name = "NAME", value_delimiter = ',')]
    packs: Vec<String>,
    /// Answer as JSON, one object per file.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    pack: String,
    path: PathBuf,
    /// `ready`, `absent` or `differs`.
    state: &'static str,
    expected: &'static str,
    /// The digest of a file that differs.
    found: Option<String>,
}

pub(super) fn run(args: &VerifyArgs, home: &Path) -> Result<()> {
    let mut rows = Vec::new();
    for pack in chosen(&args.packs, home)? {
        for file in pack.files() {
            let path = pack.place(home, file);
            let state = state::of(&path, file)?;
            if file.is_optional() && state == State::Absent {
                continue;
            }
            let name = state.name();
            let found = if let State::Differs { found, .. } = state { Some(found) } else { None };
            rows.push(Row { pack: pack.label(), path, state: name, expected: &file.sha256, found });
        }
    }
    super::answer(&rows, args.json, |row| match &row.found {
        Some(found) => format!("differs  {}: sha256 {found}, expected {}", row.path.display(), row.expected),
        None => format!("{:<8} {}", row.state, row.path.display()),
    })?;
    let wrong = rows.iter().filter(|row| row.state != State::Ready.name()).count();
    match (wrong, rows.len()) {
        (_, 0) => Err(Error::Pack("nothing is there; see `worker models pull --help`".into())),
        (0, _) => Ok(()),
        (wrong, all) => {
            Err(Error::Pack(format!("{wrong} of {all} files are absent or differ; see `worker models pull --help`")))
        }
    }
}

/// The packs that were named, or else those of which a file is there.
fn chosen(names: &[String], home: &Path) -> Result<Vec<&'static PackEntry>> {
    let manifest = Manifest::ours();
    if names.is_empty() {
        let is_there = |pack: &&PackEntry| pack.files().any(|file| pack.place(home, file).exists());
        return Ok(manifest.packs.iter().filter(is_there).collect());
    }
    names.iter().map(|name| manifest.pack(name)).collect()
}
