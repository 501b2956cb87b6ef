//! `dispatcher search`.

use std::path::PathBuf;

use bytes::Bytes;
use gradphoto_shared::job::{State, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, SubjectId};
use gradphoto_shared::outcome::{JobResult, Reason};
use gradphoto_shared::search::{Candidate, CandidatesOutcome, SearchOutcome};
use gradphoto_shared::store::JobView;
use gradphoto_shared::{Error, Result};
use uuid::Uuid;

use super::status::{client, told};
use super::table::Table;
use crate::client::{Client, Failure};
use crate::config::ServerArgs;

pub(super) const EXAMPLES: &str = "Examples:
  dispatcher search --session 2026-spring me.jpg
  dispatcher search --session 2026-spring --candidates --json me.jpg

Exit code 0 when there is an answer, also that nobody was found.";

/// Seconds of one long poll.
const POLL_S: u64 = 10;
/// Long polls before a search counts as not answered: two minutes.
const POLLS: usize = 12;

/// What `dispatcher search` takes.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A picture of the person to find.
    photo: PathBuf,
    /// The session to look in.
    #[arg(long)]
    session: SessionId,
    /// Who searches: his searches are counted together.
    #[arg(long)]
    subject: Option<SubjectId>,
    /// List the nearest photos instead of deciding; not for students' keys.
    #[arg(long)]
    candidates: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &Args) -> Result<()> {
    let client = client(&args.server)?;
    let photo = std::fs::read(&args.photo)
        .map_err(|cause| Error::io(format!("read the photo {}", args.photo.display()), cause))?;
    let asked = ask(&client, args, photo.into());
    let view = super::runtime(Some(1))?.block_on(asked).map_err(|failure| told(&client, &failure))?;
    let Some(result) = view.result.as_ref().filter(|_| view.state == State::Done) else {
        let code = view.error.as_deref().unwrap_or("no_answer_yet");
        return Err(Error::Config(format!("job {} is {}: {code}", view.id, view.state.name())));
    };
    super::print(&if args.json { super::json_line(&view) } else { draw(result) })
}

async fn ask(client: &Client, args: &Args, photo: Bytes) -> Result<JobView, Failure> {
    let task = if args.candidates { Task::Candidates } else { Task::Search };
    let mut query = vec![("tasks", task.name().to_owned()), ("lane", Lane::Interactive.name().to_owned())];
    query.extend(args.subject.as_ref().map(|subject| ("subject", subject.to_string())));
    let key = format!("search-{}", Uuid::now_v7().simple());
    let uploaded = client.upload_patiently(&args.session, &query, &key, &photo).await?;
    let missing = || Failure {
        code: "bad_answer".into(),
        message: "the server took the photo and made no job".into(),
        passing: false,
        retry_after: None,
    };
    let job = uploaded.job.ok_or_else(missing)?;
    let mut view = client.job_settled(&job, POLL_S).await?;
    for _ in 1..POLLS {
        if view.state.is_settled() {
            break;
        }
        view = client.job_settled(&job, POLL_S).await?;
    }
    Ok(view)
}

fn draw(result: &JobResult) -> String {
    let mut table = Table::new(&["outcome", "score", "subject", "photo"]);
    let mut row = |outcome: &str, found: Option<&Candidate>| {
        let mut cells = vec![outcome.to_owned()];
        cells.extend(found.into_iter().flat_map(|Candidate { photo, subject, score }| {
            let subject = subject.as_ref().map(ToString::to_string).unwrap_or_default();
            [format!("{score:.3}"), subject, photo.to_string()]
        }));
        table.row(cells);
    };
    let mut reasons: &[Reason] = &[];
    match (&result.search, &result.candidates) {
        (Some(SearchOutcome::Found { photo, subject, score }), _) => {
            row("found", Some(&Candidate { photo: photo.clone(), subject: subject.clone(), score: *score }));
        }
        (Some(answer), _) => {
            row(answer.name(), None);
            reasons = answer.reasons();
        }
        (None, Some(CandidatesOutcome::Listed { candidates })) => {
            candidates.iter().for_each(|candidate| row("candidate", Some(candidate)));
        }
        (None, Some(CandidatesOutcome::Unusable { reasons: why })) => {
            row("unusable", None);
            reasons = why;
        }
        (None, None) => row("nothing", None),
    }
    let said: String = reasons.iter().map(|reason| format!("{}: {}\n", reason.code.code(), reason.en)).collect();
    format!("{}{said}", table.draw())
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::blob::BlobKey;
    use gradphoto_shared::outcome::ReasonCode;

    use super::*;

    #[test]
    fn an_answer_is_a_table_and_its_reasons() {
        let photo = BlobKey::new("photos/t/s/1").expect("lawful");
        let found = SearchOutcome::Found { photo, subject: None, score: 0.71 };
        let drawn = draw(&JobResult { search: Some(found), ..JobResult::default() });
        assert_eq!(drawn, "outcome  score  subject  photo\nfound    0.710           photos/t/s/1\n");
        let none = SearchOutcome::not_found(ReasonCode::NotInGallery);
        let drawn = draw(&JobResult { search: Some(none), ..JobResult::default() });
        assert!(drawn.contains("\nnot_found") && drawn.contains("not_in_gallery: "), "{drawn}");
    }
}
