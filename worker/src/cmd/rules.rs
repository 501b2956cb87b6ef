//! `worker rules`.

use std::io::{Write, stdout};

use clap::{ArgGroup, Args};
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};

use crate::rules;

const EXAMPLES: &str = "\
Examples:
  worker rules --markdown > docs/RULES.md
  worker rules --json --spec chsi
  worker rules --markdown --spec school.toml     # that begins with: base = \"chsi\"";

/// What `worker rules` takes.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group(ArgGroup::new("form").required(true).args(["markdown", "json"])))]
pub(super) struct RulesArgs {
    /// Print a page for people.
    #[arg(long)]
    markdown: bool,
    /// Print JSON for programs.
    #[arg(long)]
    json: bool,
    /// Document standard whose limits are shown: a built-in one, or a TOML file.
    #[arg(long, value_name = "NAME|FILE.toml", default_value = "chsi", value_parser = Spec::preset_or_file)]
    spec: Spec,
}

pub(super) fn run(args: &RulesArgs) -> Result<()> {
    let text = if args.markdown { rules::markdown(&args.spec) } else { format!("{:#}\n", rules::json(&args.spec)) };
    let written = stdout().write_all(text.as_bytes());
    written.map_err(|cause| Error::io("write to standard output", cause))
}
