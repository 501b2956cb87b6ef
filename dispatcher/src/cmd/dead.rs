//! `dispatcher dead`.

use clap::{Args, Subcommand};
use gradphoto_shared::Result;
use gradphoto_shared::job::JobId;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::store::{Bulk, DeadPage};

use super::status::{client, told};
use super::table::Table;
use crate::api::DeadWish;
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

/// The verbs of `dispatcher dead`.
#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// List them, those given up first at the front.
    #[command(after_help = "Example:\n  dispatcher dead list --session spring --reason worker_died")]
    List {
        #[command(flatten)]
        which: Which,
        /// Most jobs to list.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Print one JSON object per job.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Show one as JSON, with what was asked for.
    Show {
        /// The job.
        id: JobId,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Bring them back into their lanes; their tries count anew.
    #[command(after_help = "Examples:
  dispatcher dead replay 2a-0192f0c8e1b97c3a8d5e4f6071829304
  dispatcher dead replay --all --reason model_failed")]
    Replay(Chosen),
    /// Forget them for good.
    #[command(after_help = "Example:\n  dispatcher dead drop --all --session spring --reason envelope_invalid")]
    Drop(Chosen),
}

/// Which of them.
#[derive(Args, Clone, Debug)]
pub(super) struct Which {
    /// Those of one session only.
    #[arg(long)]
    session: Option<SessionId>,
    /// Those given up for one reason only: a code.
    #[arg(long)]
    reason: Option<String>,
}

/// Some by name, or many.
#[derive(Args, Clone, Debug)]
pub(super) struct Chosen {
    /// Jobs by name.
    #[arg(value_name = "JOB", required_unless_present = "all", conflicts_with_all = ["all", "session", "reason"])]
    ids: Vec<JobId>,
    /// All that --session and --reason leave.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(verb: &Verb) -> Result<()> {
    let server = match verb {
        Verb::List { server, .. } | Verb::Show { server, .. } => server,
        Verb::Replay(chosen) | Verb::Drop(chosen) => &chosen.server,
    };
    let client = client(server)?;
    let done = async {
        match verb {
            Verb::List { which, limit, json, .. } => list(&client, which, *limit).await.map(|page| text(&page, *json)),
            Verb::Show { id, .. } => client.job(id).await.map(|view| lines(&[view])),
            Verb::Replay(chosen) => change(&client, chosen, "replay").await,
            Verb::Drop(chosen) => change(&client, chosen, "drop").await,
        }
    };
    let text = super::runtime(Some(1))?.block_on(done).map_err(|failure| told(&client, &failure))?;
    super::print(&text)
}

/// As many pages as it takes.
async fn list(client: &Client, which: &Which, limit: usize) -> Result<DeadPage, Failure> {
    /// What the server answers at most in one page.
    const PAGE_MAX: usize = 1_000;
    let mut whole = DeadPage::default();
    loop {
        let left = limit.saturating_sub(whole.jobs.len()).min(PAGE_MAX);
        if left == 0 {
            return Ok(whole);
        }
        let mut query = vec![("limit", left.to_string())];
        query.extend(which.session.as_ref().map(|session| ("session", session.to_string())));
        query.extend(which.reason.as_ref().map(|reason| ("reason", reason.clone())));
        query.extend(whole.next.take().map(|next| ("after", next)));
        let page = client.dead(&query).await?;
        whole.jobs.extend(page.jobs);
        whole.next = page.next;
        if whole.next.is_none() {
            return Ok(whole);
        }
    }
}

async fn change(client: &Client, chosen: &Chosen, verb: &str) -> Result<String, Failure> {
    let mut sum = Bulk::default();
    for id in &chosen.ids {
        let done = if verb == "replay" { client.replay(id).await } else { client.drop_dead(id).await };
        done?;
        sum.changed += 1;
    }
    if chosen.all {
        sum = change_all(client, &chosen.which, verb).await?;
    }
    let word = if verb == "replay" { "replayed" } else { "dropped" };
    Ok(format!("{word} {}, left {}\n", sum.changed, sum.refused))
}

/// As many calls as it takes.
async fn change_all(client: &Client, which: &Which, verb: &str) -> Result<Bulk, Failure> {
    let Which { session, reason } = which.clone();
    let mut wish = DeadWish { session, reason, after: None };
    let mut sum = Bulk::default();
    loop {
        let bulk = client.dead_in_bulk(verb, &wish).await?;
        sum.changed += bulk.changed;
        sum.refused += bulk.refused;
        wish.after = bulk.next;
        if wish.after.is_none() {
            return Ok(sum);
        }
    }
}

fn text(page: &DeadPage, json: bool) -> String {
    if json {
        return lines(&page.jobs);
    }
    let mut table = Table::new(&["job", "session", "lane", "tries", "reason"]);
    for job in &page.jobs {
        let (lane, attempts) = (job.lane.to_string(), job.attempts.to_string());
        table.row(vec![job.id.to_string(), job.session.to_string(), lane, attempts, job.reason.clone()]);
    }
    let more = if page.next.is_some() { "and more\n" } else { "" };
    format!("{}{more}", table.draw())
}

/// One JSON object in each line.
fn lines<T: serde::Serialize>(items: &[T]) -> String {
    items.iter().map(super::json_line).collect()
}
