//! `worker process`.

use std::path::Path;

use clap::Args;
use gradphoto_shared::Result;

/// What `worker process` takes.
#[derive(Args, Debug)]
pub(super) struct ProcessArgs {}

pub(super) fn run(_args: ProcessArgs, _home: &Path) -> Result<()> {
    unimplemented!()
}
