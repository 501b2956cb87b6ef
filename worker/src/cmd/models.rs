//! `worker models`.

use std::path::Path;

use clap::Subcommand;
use gradphoto_shared::Result;

/// The verbs of `worker models`.
#[derive(Subcommand, Debug)]
pub(super) enum ModelsVerb {
    /// Fetch what a pack needs.
    Pull,
}

pub(super) fn run(_verb: ModelsVerb, _home: &Path) -> Result<()> {
    unimplemented!()
}
