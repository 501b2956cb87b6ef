//! `dispatcher key`.

use std::path::Path;

use clap::Subcommand;
use gradphoto_shared::Result;
use gradphoto_shared::name::TenantId;

use crate::config::{KeysArgs, keys_file};
use crate::keys;

/// The verbs of `dispatcher key`.
#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Make a key, print it once and append its hash to the file of keys. Running servers take it at
    /// their next start.
    #[command(after_help = "Examples:
  dispatcher key new school-1 --keys /etc/gradphoto/keys
  dispatcher key new head-office --operator --keys /etc/gradphoto/keys")]
    New {
        /// Whom the key lets in.
        tenant: TenantId,
        /// Also let the bearer do what concerns all tenants, as pausing lanes.
        #[arg(long)]
        operator: bool,
        #[command(flatten)]
        keys: KeysArgs,
    },
}

pub(super) fn run(verb: &Verb, home: &Path) -> Result<()> {
    let Verb::New { tenant, operator, keys } = verb;
    let create = if *operator { keys::create_operator } else { keys::create };
    let key = create(&keys_file(keys.keys.as_deref(), home), tenant)?;
    super::print(&format!("{key}\n"))
}
