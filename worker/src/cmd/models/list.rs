//! `worker models list`.

use std::path::Path;

use clap::Args;
use gradphoto_shared::Result;
use serde::Serialize;

use super::progress::size;
use crate::pack::Role;
use crate::pack::manifest::Manifest;
use crate::pack::state::{self, State};

/// What `worker models list` takes.
#[derive(Args, Debug)]
#[command(
    after_help = "`optional` stands before what is not there and no worker needs; `worker models pull --role` fetches it.

Examples:
  worker models list
  worker models list --json | jq '.[] | select(.state != \"ready\") | .file'"
)]
pub(in crate::cmd) struct ListArgs {
    /// Answer as JSON, one object per file.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    pack: String,
    role: Option<&'static str>,
    /// Whether it is fetched only when asked for by its role.
    optional: bool,
    file: &'static str,
    contract: Option<&'static str>,
    licence: &'static str,
    credit: &'static str,
    bytes: u64,
    sha256: &'static str,
    /// `ready`, `absent` or `differs`.
    state: &'static str,
}

pub(super) fn run(args: &ListArgs, home: &Path) -> Result<()> {
    let mut rows = Vec::new();
    for pack in &Manifest::ours().packs {
        for file in pack.files() {
            rows.push(Row {
                pack: pack.label(),
                role: file.role.map(Role::name),
                optional: file.is_optional(),
                file: &file.file,
                contract: file.contract.as_deref(),
                licence: &file.licence,
                credit: &file.credit,
                bytes: file.bytes,
                sha256: &file.sha256,
                state: state::of(&pack.place(home, file), file)?.name(),
            });
        }
    }
    super::answer(&rows, args.json, |row| {
        let Row { pack, file, licence, state, .. } = row;
        let role = row.role.unwrap_or("-");
        // What was never asked for is not amiss.
        let state = if row.optional && *state == State::Absent.name() { "optional" } else { *state };
        format!("{state:<8} {pack:<15} {role:<16} {file:<36} {:>9}  {licence}", size(row.bytes))
    })
}
