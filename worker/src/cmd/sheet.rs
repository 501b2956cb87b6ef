//! `worker sheet`.

use clap::Args;
use gradphoto_shared::Result;

/// What `worker sheet` takes.
#[derive(Args, Debug)]
pub(super) struct SheetArgs {}

pub(super) fn run(_args: SheetArgs) -> Result<()> {
    unimplemented!()
}
