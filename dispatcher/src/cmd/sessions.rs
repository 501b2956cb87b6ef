//! `dispatcher sessions`.

use std::path::PathBuf;

use clap::Subcommand;
use gradphoto_shared::Result;
use gradphoto_shared::name::{BatchId, SessionId};
use gradphoto_shared::session::SessionState;
use gradphoto_shared::spec::Overrides;

use super::status::{client, told};
use super::table::Table;
use crate::api::{NewSession, ProgressView, SessionChange, SessionList};
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

const CREATE_EXAMPLES: &str = "Examples:
  dispatcher sessions create 2026-spring
  dispatcher sessions create 2026-spring --spec chsi_white --overrides school.toml --planned

school.toml says only what differs from the standard that --spec names, for example:
  [rules.no_glasses]
  asked = true";

/// The verbs of `dispatcher sessions`.
#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// List them by name.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show how far one is.
    Show {
        /// The session.
        id: SessionId,
        /// Print JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Make one known.
    #[command(after_help = CREATE_EXAMPLES)]
    Create {
        #[command(flatten)]
        one: One,
        /// Document standard of its photos.
        #[arg(long, default_value = "chsi")]
        spec: String,
        /// What it changes of that standard: a TOML or JSON file, without a `base`, which --spec says.
        #[arg(long, value_name = "FILE")]
        overrides: Option<PathBuf>,
        /// It takes no jobs until it is opened.
        #[arg(long)]
        planned: bool,
    },
    /// Change what one asks of the photos to come; jobs in the queue keep what they were submitted under.
    Change {
        #[command(flatten)]
        one: One,
        /// All that it changes of its standard: a TOML or JSON file, an empty one for nothing.
        #[arg(long, value_name = "FILE")]
        overrides: PathBuf,
    },
    /// Let one take jobs.
    Open(One),
    /// Let one take no more jobs; those it has are worked on.
    Close(One),
    /// Cancel the jobs of one that are not settled.
    #[command(after_help = "Example:\n  dispatcher sessions cancel 2026-spring --batch evening")]
    Cancel {
        #[command(flatten)]
        one: One,
        /// Those of one batch only.
        #[arg(long)]
        batch: Option<BatchId>,
    },
    /// Export one: its finished pictures, or the list of all, into a file.
    #[command(after_help = super::export::EXAMPLES)]
    Export(super::export::Args),
    /// Erase one that is closed: its jobs, photos, pictures, answers and itself. It cannot be taken back.
    #[command(after_help = "Example:
  dispatcher sessions close 2026-spring && dispatcher sessions erase 2026-spring")]
    Erase {
        #[command(flatten)]
        one: One,
        /// Erase it although it is open.
        #[arg(long)]
        force: bool,
    },
}

/// One session.
#[derive(clap::Args, Debug)]
pub(super) struct One {
    /// The session.
    id: SessionId,
    #[command(flatten)]
    server: ServerArgs,
}

impl Verb {
    fn server(&self) -> &ServerArgs {
        match self {
            Self::List { server, .. } | Self::Show { server, .. } => server,
            Self::Export(args) => args.server(),
            Self::Open(one)
            | Self::Close(one)
            | Self::Erase { one, .. }
            | Self::Create { one, .. }
            | Self::Change { one, .. }
            | Self::Cancel { one, .. } => &one.server,
        }
    }
}

pub(super) fn run(verb: &Verb) -> Result<()> {
    let client = client(verb.server())?;
    let overrides = match verb {
        Verb::Create { overrides: Some(file), .. } | Verb::Change { overrides: file, .. } => {
            Overrides::from_file(file)?
        }
        _ => Overrides::default(),
    };
    let done = super::runtime(Some(1))?.block_on(ask(&client, verb, overrides));
    super::print(&done.map_err(|failure| told(&client, &failure))?)
}

async fn ask(client: &Client, verb: &Verb, overrides: Overrides) -> Result<String, Failure> {
    Ok(match verb {
        Verb::List { json, .. } => {
            let list = client.sessions().await?;
            if *json { super::json_line(&list) } else { draw(&list) }
        }
        Verb::Show { id, json, .. } => {
            let view = client.progress(id).await?;
            if *json { super::json_line(&view) } else { draw_progress(&view) }
        }
        Verb::Create { one: One { id, .. }, spec, planned, .. } => {
            let state = if *planned { SessionState::Planned } else { SessionState::Open };
            let new = NewSession { id: id.clone(), spec: spec.clone(), overrides, state, retain_until_ms: None };
            client.create_session(&new).await?;
            format!("{id} is {}\n", state.name())
        }
        Verb::Change { one: One { id, .. }, .. } => {
            let change = SessionChange { overrides: Some(overrides), ..SessionChange::default() };
            format!("{id} asks of photos to come what {} says\n", client.change_session(id, &change).await?.spec)
        }
        Verb::Open(One { id, .. }) => moved(client, id, SessionState::Open).await?,
        Verb::Close(One { id, .. }) => moved(client, id, SessionState::Closed).await?,
        Verb::Cancel { one, batch } => {
            format!("cancelled {}\n", client.cancel(&one.id, batch.clone()).await?.cancelled)
        }
        Verb::Export(args) => super::export::export(client, args).await?,
        Verb::Erase { one: One { id, .. }, force } => {
            format!("{id} is erased, with {} photos and pictures\n", client.erase(id, *force).await?.objects)
        }
    })
}

async fn moved(client: &Client, id: &SessionId, state: SessionState) -> Result<String, Failure> {
    let change = SessionChange { state: Some(state), ..SessionChange::default() };
    let session = client.change_session(id, &change).await?;
    Ok(format!("{id} is {}\n", session.state.name()))
}

fn draw(list: &SessionList) -> String {
    let mut table = Table::new(&["session", "state", "standard"]);
    for session in &list.sessions {
        table.row(vec![session.id.to_string(), session.state.name().to_owned(), session.spec.clone()]);
    }
    table.draw()
}

fn draw_progress(view: &ProgressView) -> String {
    let mut table = Table::new(&["session", "accepted", "open", "done", "dead", "cancelled"]);
    let counts = [view.accepted, view.open, view.done, view.dead, view.cancelled];
    table.row([view.session.to_string()].into_iter().chain(counts.map(|count| count.to_string())).collect());
    table.draw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_example_is_lawful() {
        let (_, file) = CREATE_EXAMPLES.split_once("for example:\n").expect("the example has a file");
        let home = tempfile::tempdir().expect("a temporary folder");
        let path = home.path().join("school.toml");
        std::fs::write(&path, file).expect("written");
        let overrides = Overrides::from_file(&path).expect("TOML");
        let spec = overrides.on("chsi_white").expect("lawful overrides");
        assert!(spec.rules["no_glasses"].asked);
    }
}
