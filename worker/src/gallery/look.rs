//! `search` and `candidates`: who of the session's gallery is on a photo.

use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::Task;
use gradphoto_shared::outcome::{JobResult, ReasonCode};
use gradphoto_shared::search::{Candidate, CandidatesOutcome, SearchOutcome};
use gradphoto_shared::store::{Finished, SearchSettled, SearchTry};
use gradphoto_shared::{Error, Result};

use super::shelf::{Named, Verdict};
use super::{Galleries, Seen, patiently};
use crate::ticket::Ticket;

/// How many candidates a reviewer sees.
const CANDIDATES: usize = 10;
/// How often an answer is looked for anew because somebody of it left meanwhile. After that nobody is shown.
const ROUNDS: u32 = 4;

/// An answer before it is settled.
#[derive(Clone, Debug, Default)]
struct Answer {
    search: Option<SearchOutcome>,
    candidates: Option<CandidatesOutcome>,
    tried: Option<SearchTry>,
    /// Entries that it names.
    shown: Vec<(u64, BlobKey)>,
}

impl Galleries {
    /// Looks for whoever was seen on the ticket's photo, adds the answer to `result` and settles the job. In that step
    /// everybody who is named is looked up once more: who left meanwhile is not shown, and the search begins anew.
    /// Answers the whole result and whether this claim was the living one; nothing once the job is not ours any more.
    ///
    /// # Errors
    /// [`Error::UnknownSession`] while the session is being erased; [`Error::Pack`] where nobody measured limits for
    /// the model; what Redis answers oddly.
    pub(crate) async fn settle(
        &self,
        ticket: &Ticket,
        result: JobResult,
        seen: &Seen,
    ) -> Result<Option<(JobResult, bool)>> {
        for round in 0..=ROUNDS {
            let Some(answer) = self.answer(ticket, seen, round == ROUNDS).await? else { return Ok(None) };
            let Answer { search, candidates, tried, shown } = answer;
            let finished =
                Finished { claim: ticket.claim(), result: JobResult { search, candidates, ..result.clone() } };
            let job = ticket.job();
            let tell = || self.store.finish_search(&job.tenant, &job.session, &finished, tried.as_ref(), &shown);
            match patiently(ticket, "settling a search", tell).await? {
                None => return Ok(None),
                Some(SearchSettled::Stale) => {
                    tracing::info!("somebody of the answer left meanwhile, looking again");
                    // Once by what changed; then by the whole gallery.
                    if round > 0 {
                        self.forget(job);
                    }
                }
                Some(settled) => return Ok(Some((finished.result, settled == SearchSettled::Done))),
            }
        }
        Err(Error::Broken { stage: "search" })
    }

    async fn answer(&self, ticket: &Ticket, seen: &Seen, shows_nobody: bool) -> Result<Option<Answer>> {
        let job = ticket.job();
        let wants = |task| job.tasks.contains(&task);
        let tried = |search: &SearchOutcome, score, faces| SearchTry {
            subject: job.subject.clone(),
            outcome: search.name().to_owned(),
            photo: match search {
                SearchOutcome::Found { photo, .. } => Some(photo.clone()),
                _ => None,
            },
            score,
            reasons: search.reasons().iter().map(|reason| reason.code).collect(),
            faces,
        };
        let face = match seen {
            Ok(face) if !shows_nobody => face,
            seen => {
                let codes = seen.as_ref().err();
                let unusable = |codes: &Vec<ReasonCode>| SearchOutcome::unusable(codes);
                let search = codes.map_or_else(|| SearchOutcome::uncertain(ReasonCode::SearchUncertain), unusable);
                let listed = CandidatesOutcome::Listed { candidates: Vec::new() };
                let candidates = codes.map_or(listed, |codes| CandidatesOutcome::unusable(codes));
                return Ok(Some(Answer {
                    tried: wants(Task::Search).then(|| tried(&search, None, 0)),
                    search: wants(Task::Search).then_some(search),
                    candidates: wants(Task::Candidates).then_some(candidates),
                    shown: Vec::new(),
                }));
            }
        };
        let sync = || self.synced(job, &face.model);
        let Some(shelf) = patiently(ticket, "reading a gallery", sync).await? else { return Ok(None) };
        let (searches, lists, face) = (wants(Task::Search), wants(Task::Candidates), face.clone());
        let look = move || {
            let decided = searches.then(|| shelf.decide(&face));
            let nearest = lists.then(|| nearest(&shelf.candidates(&face, CANDIDATES)));
            (decided, nearest, shelf.len())
        };
        let looked = tokio::task::spawn_blocking(look).await.map_err(|_| Error::Broken { stage: "gallery" })?;
        let (decided, nearest, faces) = looked;
        let mut answer = Answer::default();
        if let Some((verdict, best)) = decided {
            let search = outcome(verdict, &mut answer.shown);
            answer.tried = Some(tried(&search, best, faces as u64));
            answer.search = Some(search);
        }
        if let Some((candidates, shown)) = nearest {
            answer.candidates = Some(CandidatesOutcome::Listed { candidates });
            answer.shown.extend(shown);
        }
        Ok(Some(answer))
    }
}

fn outcome(verdict: Verdict, shown: &mut Vec<(u64, BlobKey)>) -> SearchOutcome {
    match verdict {
        Verdict::Found(Named { number, photo, subject, score }) => {
            shown.push((number, photo.clone()));
            SearchOutcome::Found { photo, subject, score }
        }
        Verdict::NotFound => SearchOutcome::not_found(ReasonCode::NotInGallery),
        Verdict::Uncertain => SearchOutcome::uncertain(ReasonCode::SearchUncertain),
        Verdict::Stale => SearchOutcome::uncertain(ReasonCode::GalleryStale),
    }
}

fn nearest(named: &[Named]) -> (Vec<Candidate>, Vec<(u64, BlobKey)>) {
    let candidate = |named: &Named| {
        let Named { photo, subject, score, .. } = named.clone();
        Candidate { photo, subject, score }
    };
    let shown = named.iter().map(|named| (named.number, named.photo.clone()));
    (named.iter().map(candidate).collect(), shown.collect())
}
