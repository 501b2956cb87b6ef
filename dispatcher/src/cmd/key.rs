//! `dispatcher key`.

use std::path::Path;

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gradphoto_shared::Result;
use gradphoto_shared::name::TenantId;

use crate::config::{KeysArgs, keys_file};
use crate::keys::{self, Scope};

/// The verbs of `dispatcher key`.
#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Make a key, print it once and append its hash to the file of keys. Running servers take it at
    /// their next start.
    #[command(after_help = "Examples:
  dispatcher key new school-1 --keys /etc/gradphoto/keys
  dispatcher key new head-office --operator --keys /etc/gradphoto/keys
  dispatcher key new school-1 --scope student --keys /etc/gradphoto/keys")]
    New {
        /// Whom the key lets in.
        tenant: TenantId,
        /// Also let the bearer do what concerns all tenants, as pausing lanes.
        #[arg(long)]
        operator: bool,
        /// Make a key for less: `student` finds one photo and reads codes, as in a kiosk; `reviewer` looks at
        /// everything and submits jobs.
        #[arg(long, value_name = "SCOPE", conflicts_with = "operator", value_parser = scope())]
        scope: Option<Scope>,
        #[command(flatten)]
        keys: KeysArgs,
    },
}

pub(super) fn run(verb: &Verb, home: &Path) -> Result<()> {
    let Verb::New { tenant, operator, scope, keys } = verb;
    let file = keys_file(keys.keys.as_deref(), home);
    let key = match operator {
        true => keys::create_operator(&file, tenant)?,
        false => keys::create_narrow(&file, tenant, scope.unwrap_or_default())?,
    };
    super::print(&format!("{key}\n"))
}

fn scope() -> impl TypedValueParser<Value = Scope> {
    let named = |name: String| Scope::NARROW.into_iter().find(|scope| scope.name() == name).unwrap_or_default();
    PossibleValuesParser::new(Scope::NARROW.map(Scope::name)).map(named)
}
