//! `dispatcher webhooks`.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use gradphoto_shared::name::{HookId, SessionId};
use gradphoto_shared::store::HookEvent;
use gradphoto_shared::{Error, Result};

use super::status::{client, told};
use super::table::Table;
use crate::api::{HookSecret, HookState, HookView, NewHook};
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher webhooks put main --to https://main.example.org/photos
  dispatcher webhooks secret main              # for the receiver, who checks signatures with it
  dispatcher webhooks test main
  dispatcher webhooks list";

/// What `dispatcher webhooks` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    server: ServerArgs,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Show every webhook and how it stands.
    List,
    /// Make a webhook, or change one.
    Put {
        /// Its name.
        name: HookId,
        /// Where to tell; the server must allow the host.
        #[arg(long, value_name = "URL")]
        to: String,
        /// What to tell of, parted by commas. [default: all]
        #[arg(long, value_delimiter = ',', value_name = "EVENT", value_parser = event())]
        events: Vec<HookEvent>,
        /// Tell of this session only.
        #[arg(long)]
        session: Option<SessionId>,
    },
    /// Print what a webhook's messages are signed with.
    Secret {
        /// Its name.
        name: HookId,
    },
    /// Make a new secret and print it; for a day messages bear the signature of the old one, too.
    Rotate {
        /// Its name.
        name: HookId,
    },
    /// Send a test message and say how it went.
    Test {
        /// Its name.
        name: HookId,
    },
    /// Tell a parked webhook again.
    Resume {
        /// Its name.
        name: HookId,
    },
    /// Forget a webhook.
    Delete {
        /// Its name.
        name: HookId,
    },
}

fn event() -> impl TypedValueParser<Value = HookEvent> {
    PossibleValuesParser::new(HookEvent::ALL.map(HookEvent::name)).try_map(|name| name.parse::<HookEvent>())
}

pub(super) fn run(args: Args) -> Result<()> {
    let client = client(&args.server)?;
    let text =
        super::runtime(Some(1))?.block_on(done(&client, args.verb)).map_err(|failure| told(&client, &failure))?;
    super::print(&text?)
}

/// What a verb prints; an error of its own where the webhook did not take a test.
async fn done(client: &Client, verb: Verb) -> std::result::Result<Result<String>, Failure> {
    let text = match verb {
        Verb::List => draw(&client.webhooks().await?.webhooks),
        Verb::Put { name, to, events, session } => {
            let events = if events.is_empty() { HookEvent::ALL.to_vec() } else { events };
            draw(&[client.put_webhook(&name, &NewHook { url: to, events, session }).await?])
        }
        Verb::Secret { name } => secret(&client.webhook_secret(&name).await?),
        Verb::Rotate { name } => secret(&client.rotate_webhook(&name).await?),
        Verb::Test { name } => {
            let test = client.test_webhook(&name).await?;
            if let Some(code) = test.error {
                return Ok(Err(Error::Config(format!("{name} did not take the test message ({code})"))));
            }
            format!("{name} took the test message in {} ms\n", test.took_ms)
        }
        Verb::Resume { name } => draw(&[client.resume_webhook(&name).await?]),
        Verb::Delete { name } => {
            client.delete_webhook(&name).await?;
            String::new()
        }
    };
    Ok(Ok(text))
}

fn secret(found: &HookSecret) -> String {
    format!("{}\n", found.secret)
}

fn draw(webhooks: &[HookView]) -> String {
    let mut table = Table::new(&["webhook", "state", "pending", "failures", "last error", "url"]);
    for hook in webhooks {
        let state = if hook.state == HookState::Parked { "parked" } else { "active" };
        table.row(vec![
            hook.name.to_string(),
            state.to_owned(),
            hook.pending.to_string(),
            hook.failures.to_string(),
            hook.error.clone().unwrap_or_default(),
            hook.url.clone(),
        ]);
    }
    table.draw()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn the_server_is_said_before_or_behind_the_verb() {
        for words in [["webhooks", "list", "--url", "http://a"], ["webhooks", "--url", "http://a", "list"]] {
            let typed = Words::try_parse_from(words).expect("lawful words");
            assert_eq!(typed.args.server.url, "http://a", "{words:?}");
        }
    }

    #[test]
    fn an_event_that_is_none_is_told_the_others() {
        let words = ["webhooks", "put", "a", "--to", "http://a", "--events", "done,foo"];
        let refused = Words::try_parse_from(words).err().expect("no such event").to_string();
        assert!(HookEvent::ALL.iter().all(|event| refused.contains(event.name())), "{refused}");
    }
}
