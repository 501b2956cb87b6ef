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
    #[command(after_help = "Example:\n  dispatcher key new school-1 --keys /etc/gradphoto/keys")]
    New {
        /// Whom the key lets in.
        tenant: TenantId,
        #[command(flatten)]
        keys: KeysArgs,
    },
}

pub(super) fn run(verb: &Verb, home: &Path) -> Result<()> {
    let Verb::New { tenant, keys } = verb;
    let key = keys::create(&keys_file(keys.keys.as_deref(), home), tenant)?;
    super::print(&format!("{key}\n"))
}
