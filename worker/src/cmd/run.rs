//! `worker run`.

use std::path::Path;

use clap::Args;
use gradphoto_shared::Result;

/// What `worker run` takes.
#[derive(Args, Debug)]
pub(super) struct RunArgs {}

pub(super) fn run(_args: RunArgs, _home: &Path) -> Result<()> {
    unimplemented!()
}
