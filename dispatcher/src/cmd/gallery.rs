//! `dispatcher gallery`.

use clap::Subcommand;
use gradphoto_shared::Result;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::name::{SessionId, SubjectId};
use gradphoto_shared::store::GalleryPhoto;

use super::status::{client, told};
use super::table::Table;
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

/// The verbs of `dispatcher gallery`.
#[derive(Subcommand, Debug)]
pub(super) enum Verb {
    /// Show how the gallery of a session stands.
    Show(One),
    /// List the photos that can be found.
    Photos(One),
    /// List photos that look like one person or one shot.
    #[command(after_help = "Example:\n  dispatcher gallery doubles 2026-spring --json")]
    Doubles(One),
    /// List searches that were answered, newest first.
    #[command(after_help = "Example:\n  dispatcher gallery searches 2026-spring --subject 25103003")]
    Searches {
        #[command(flatten)]
        one: One,
        /// Those of one student only.
        #[arg(long)]
        subject: Option<SubjectId>,
        /// Most searches to list.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Take a photo out, so that it is found no more.
    Remove {
        #[command(flatten)]
        one: One,
        /// The photo's key.
        #[arg(value_parser = |text: &str| BlobKey::new(text))]
        photo: BlobKey,
    },
    /// Enrol photos again after the workers' model changed.
    Reenrol {
        #[command(flatten)]
        one: One,
        /// All of them, not only those that another model made than the newest.
        #[arg(long)]
        all: bool,
    },
}

/// One session.
#[derive(clap::Args, Debug)]
pub(super) struct One {
    /// The session.
    session: SessionId,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

impl Verb {
    fn one(&self) -> &One {
        match self {
            Self::Show(one) | Self::Photos(one) | Self::Doubles(one) => one,
            Self::Searches { one, .. } | Self::Remove { one, .. } | Self::Reenrol { one, .. } => one,
        }
    }
}

pub(super) fn run(verb: &Verb) -> Result<()> {
    let client = client(&verb.one().server)?;
    let done = super::runtime(Some(1))?.block_on(ask(&client, verb));
    super::print(&done.map_err(|failure| told(&client, &failure))?)
}

async fn ask(client: &Client, verb: &Verb) -> Result<String, Failure> {
    let One { session, json, .. } = verb.one();
    match verb {
        Verb::Show(_) => {
            let view = client.gallery(session).await?;
            let mut table = Table::new(&["session", "model", "faces", "limit", "version", "doubles", "searches"]);
            let mut cells = vec![session.to_string(), view.model.as_ref().map(ToString::to_string).unwrap_or_default()];
            let counts = [view.faces, view.limit, view.version, view.doubles, view.searches];
            cells.extend(counts.map(|count| count.to_string()));
            table.row(cells);
            Ok(shown(*json, &view, &table))
        }
        Verb::Photos(_) => photos(client, session, *json).await,
        Verb::Doubles(_) => {
            let list = client.doubles(session).await?;
            let mut table = Table::new(&["score", "kind", "photo", "subject", "other photo", "other subject"]);
            for pair in &list.pairs {
                let mut cells = vec![format!("{:.3}", pair.score), pair.kind.name().to_owned()];
                for photo in &pair.photos {
                    cells.extend([photo.photo.to_string(), subject(photo.subject.as_ref())]);
                }
                table.row(cells);
            }
            Ok(shown(*json, &list, &table))
        }
        Verb::Searches { subject, limit, .. } => searches(client, session, subject.as_ref(), *limit, *json).await,
        Verb::Remove { photo, .. } => {
            let removed = client.remove_face(session, photo).await?;
            Ok(if *json { super::json_line(&removed) } else { format!("removed {}\n", removed.removed) })
        }
        Verb::Reenrol { all, .. } => {
            let done = client.reenrol(session, *all).await?;
            let says = format!("submitted {}, refused {}, current {}\n", done.submitted, done.refused, done.current);
            Ok(if *json { super::json_line(&done) } else { says })
        }
    }
}

async fn photos(client: &Client, session: &SessionId, json: bool) -> Result<String, Failure> {
    let (mut found, mut after): (Vec<GalleryPhoto>, _) = (Vec::new(), Some(0));
    while let Some(from) = after {
        let page = client.gallery_photos(session, from).await?;
        found.extend(page.photos);
        after = page.next;
    }
    if json {
        return Ok(found.iter().map(super::json_line).collect());
    }
    let mut table = Table::new(&["photo", "subject", "generation", "model"]);
    for GalleryPhoto { photo, subject: of, generation, model } in found {
        table.row(vec![photo.to_string(), subject(of.as_ref()), generation.to_string(), model.to_string()]);
    }
    Ok(table.draw())
}

async fn searches(
    client: &Client,
    session: &SessionId,
    of: Option<&SubjectId>,
    limit: u16,
    json: bool,
) -> Result<String, Failure> {
    let mut query = vec![("limit", limit.to_string())];
    query.extend(of.map(|of| ("subject", of.to_string())));
    let page = client.searches(session, &query).await?;
    let mut table = Table::new(&["at_ms", "job", "subject", "outcome", "score", "photo", "reasons"]);
    for search in &page.searches {
        let tried = &search.tried;
        let reasons: Vec<_> = tried.reasons.iter().map(|reason| reason.code()).collect();
        table.row(vec![
            search.at_ms.to_string(),
            search.job.to_string(),
            subject(tried.subject.as_ref()),
            tried.outcome.clone(),
            tried.score.map(|score| format!("{score:.3}")).unwrap_or_default(),
            tried.photo.as_ref().map(ToString::to_string).unwrap_or_default(),
            reasons.join(" "),
        ]);
    }
    Ok(shown(json, &page, &table))
}

fn subject(subject: Option<&SubjectId>) -> String {
    subject.map(ToString::to_string).unwrap_or_default()
}

fn shown(json: bool, view: &impl serde::Serialize, table: &Table) -> String {
    if json { super::json_line(view) } else { table.draw() }
}
