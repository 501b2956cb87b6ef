//! `dispatcher pauses`.

use std::str::FromStr;

use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::{Error, Result};

use super::status::{client, told};
use super::table::Table;
use crate::api::{PauseList, PauseScope};
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher pauses
  dispatcher pauses --begin session/2026-spring
  dispatcher pauses --begin lane/bulk        an operator's key is needed
  dispatcher pauses --end lane/bulk

Jobs of what is paused are taken in and wait; those in workers' hands are finished.";

/// What can be paused, as it is typed; a test holds it to the table of lanes.
const KINDS: &str = "lane/interactive, lane/onsite, lane/online, lane/bulk, tenant/NAME or session/NAME";

/// What `dispatcher pauses` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Pause it: lane/NAME, tenant/NAME or session/NAME.
    #[arg(long, value_name = "WHAT")]
    begin: Option<Paused>,
    /// Let it go on.
    #[arg(long, value_name = "WHAT", conflicts_with = "begin")]
    end: Option<Paused>,
    /// Print JSON.
    #[arg(long, conflicts_with_all = ["begin", "end"])]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

/// What is paused or is to be: a kind and a lawful name.
#[derive(Clone, Debug, PartialEq)]
struct Paused {
    scope: PauseScope,
    name: String,
}

impl FromStr for Paused {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let none = || Error::Config(format!("a pause is {KINDS}"));
        let (scope, name) = text.split_once('/').ok_or_else(none)?;
        let scope = match scope {
            "lane" => name.parse::<Lane>().map(|_| PauseScope::Lane).map_err(|_| none())?,
            "tenant" => TenantId::new(name).map(|_| PauseScope::Tenant)?,
            "session" => SessionId::new(name).map(|_| PauseScope::Session)?,
            _ => return Err(none()),
        };
        Ok(Self { scope, name: name.to_owned() })
    }
}

pub(super) fn run(args: &Args) -> Result<()> {
    let client = client(&args.server)?;
    let done = async {
        match (&args.begin, &args.end) {
            (Some(Paused { scope, name }), _) => {
                client.pause(*scope, name).await.map(|()| format!("{} {name} is paused\n", scope.name()))
            }
            (_, Some(Paused { scope, name })) => client.resume(*scope, name).await.map(|resumed| {
                let now = if resumed.resumed { "goes on" } else { "was not paused" };
                format!("{} {name} {now}\n", scope.name())
            }),
            (None, None) => client.pauses().await.map(|list| text(&list, args.json)),
        }
    };
    let text = super::runtime(Some(1))?.block_on(done).map_err(|failure| told(&client, &failure))?;
    super::print(&text)
}

fn text(list: &PauseList, json: bool) -> String {
    if json {
        return super::json_line(list);
    }
    let mut table = Table::new(&["paused", "name", "tenant", "since (ms, UTC)"]);
    for pause in &list.pauses {
        let tenant = pause.tenant.as_ref().map_or_else(String::new, ToString::to_string);
        table.row(vec![pause.scope.name().to_owned(), pause.name.clone(), tenant, pause.since_ms.to_string()]);
    }
    table.draw()
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::lane::LANES;

    use super::*;

    #[test]
    fn a_pause_is_a_kind_and_a_lawful_name() {
        let bulk = Paused { scope: PauseScope::Lane, name: "bulk".into() };
        assert_eq!("lane/bulk".parse::<Paused>().unwrap(), bulk);
        assert_eq!("session/2026-spring".parse::<Paused>().unwrap().scope, PauseScope::Session);
        for text in ["bulk", "lane/express", "session/a/b", "session/../x", "everything/bulk", "tenant/"] {
            assert!(text.parse::<Paused>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_pause_is_told_what_is_one() {
        for text in ["bulk", "lane/express", "everything/bulk"] {
            let told = text.parse::<Paused>().expect_err("no pause").to_string();
            assert!(LANES.iter().all(|row| told.contains(&format!("lane/{}", row.name))), "{text}: {told}");
        }
    }
}
