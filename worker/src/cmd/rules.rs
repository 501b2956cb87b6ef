//! `worker rules`.

use std::io::{Write, stdout};

use clap::Args;
use clap::builder::PossibleValuesParser;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};

use crate::rules;

const EXAMPLES: &str = "\
Examples:
  worker rules --markdown > docs/RULES.md
  worker rules --json --spec chsi";

/// What `worker rules` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
#[group(required = true, multiple = false, args = ["markdown", "json"])]
pub(super) struct RulesArgs {
    /// Print a page for people.
    #[arg(long)]
    markdown: bool,
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
    /// Document standard whose limits are shown.
    #[arg(long, default_value = "chsi", value_parser = PossibleValuesParser::new(Spec::presets()))]
    spec: String,
}

pub(super) fn run(args: &RulesArgs) -> Result<()> {
    let spec = Spec::preset(&args.spec)?;
    let text = if args.markdown { rules::markdown(&spec) } else { format!("{:#}\n", rules::json(&spec)) };
    let written = stdout().write_all(text.as_bytes());
    written.map_err(|cause| Error::io("write to standard output", cause))
}
