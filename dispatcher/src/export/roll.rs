//! Who is in a session, and how the newest generation of each stands.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use axum::http::StatusCode;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::card::{CARD_BYTES_MAX, Card, CardName, CardPicture, Said};
use gradphoto_shared::job::{JobId, State};
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::store::{Event, Store};
use gradphoto_shared::{Error, Result};

use crate::admit::Admission;
use crate::problem::Problem;

/// Most rows of an export: a session of 30,000 with all its retakes, some times over; 100 MB of names.
const ROWS_MAX: usize = 200_000;
/// Students whose newest generation is asked for in one round trip.
const ASKED: usize = 500;
/// Events of a page.
const PAGE: usize = 1_000;
/// Cards that are read at the same time: enough to hide an S3 store's delay.
const CARDS_AT_ONCE: usize = 16;

/// A student, or a job without one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A student.
    Subject(SubjectId),
    /// A job whose photo is assigned to nobody.
    Job(JobId),
}

/// The jobs of the newest generation of somebody's photo.
#[derive(Clone, Debug, Default)]
struct Newest {
    generation: u32,
    /// Those with cards.
    jobs: Vec<JobId>,
    /// One that was given up or cancelled, and why.
    lost: Option<(JobId, State, String)>,
    /// The photo was withdrawn, or a newer one is known that has no answer yet.
    is_superseded: bool,
}

/// Everybody in a session.
#[derive(Debug)]
pub(crate) struct Roll {
    tenant: TenantId,
    session: SessionId,
    blobs: Blobs,
    everybody: BTreeMap<Who, Newest>,
}

/// How somebody's photo stands.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Who.
    pub(crate) who: Who,
    /// Counts replacements of the photo.
    pub(crate) generation: u32,
    /// The job that says so.
    pub(crate) job: Option<JobId>,
    /// `finished`, `refused`, `checked`, `superseded`, `dead`, `cancelled`, or `gone` where nothing is kept.
    pub(crate) state: &'static str,
    /// The certificate picture; present when the state is `finished`.
    pub(crate) picture: Option<CardPicture>,
    /// What `check` advised.
    pub(crate) advice: Option<String>,
    /// Why, and what to know.
    pub(crate) reasons: Vec<Said>,
}

impl Roll {
    /// Looks through a session: its cards, its events and its generations.
    ///
    /// # Errors
    /// `too_many_rows`; when Redis or the object store fails.
    pub(crate) async fn call(admission: &Admission, tenant: &TenantId, session: &SessionId) -> Result<Self, Problem> {
        let Admission { store, blobs, .. } = admission;
        let mut everybody = BTreeMap::new();
        let mut cards = blobs.list(&CardName::folder(tenant, session)?);
        while let Some(key) = cards.try_next().await? {
            // What another program put there is nobody's card.
            let Ok(name) = CardName::read(&key) else { continue };
            if let Some(newest) = note(&mut everybody, name.subject, name.job, name.generation) {
                newest.jobs.push(name.job);
            }
            bounded(&everybody)?;
        }
        lost(store, tenant, session, &mut everybody).await?;
        superseded(store, tenant, session, &mut everybody).await?;
        Ok(Self { tenant: tenant.clone(), session: session.clone(), blobs: blobs.clone(), everybody })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.everybody.len()
    }

    /// How each stands, by name.
    pub(crate) fn standings(self) -> impl Stream<Item = Result<Standing>> + Send {
        let Self { tenant, session, blobs, everybody } = self;
        stream::iter(everybody)
            .map(move |(who, newest)| {
                let (tenant, session, blobs) = (tenant.clone(), session.clone(), blobs.clone());
                async move { standing(&blobs, &tenant, &session, who, newest).await }
            })
            .buffered(CARDS_AT_ONCE)
    }
}

/// The entry to write a job of `generation` into; none where a newer one is known. A newer one begins anew.
fn note(
    everybody: &mut BTreeMap<Who, Newest>,
    subject: Option<SubjectId>,
    job: JobId,
    generation: u32,
) -> Option<&mut Newest> {
    let newest = everybody.entry(subject.map_or(Who::Job(job), Who::Subject)).or_default();
    if newest.generation < generation {
        *newest = Newest { generation, ..Newest::default() };
    }
    (newest.generation == generation).then_some(newest)
}

fn bounded(everybody: &BTreeMap<Who, Newest>) -> Result<(), Problem> {
    if everybody.len() <= ROWS_MAX {
        return Ok(());
    }
    let says = format!("an export has at most {ROWS_MAX} rows");
    Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_rows", says))
}

/// Notes jobs that were given up or cancelled, as long as they are told of.
async fn lost(
    store: &Store,
    tenant: &TenantId,
    session: &SessionId,
    everybody: &mut BTreeMap<Who, Newest>,
) -> Result<(), Problem> {
    let mut after = "0".to_owned();
    loop {
        let (events, next) = store.session_events(tenant, session, &after, PAGE, Duration::ZERO).await?;
        if events.is_empty() {
            return Ok(());
        }
        after = next;
        for event in events {
            let Event::Job(event) = event else { continue };
            // A replaced photo is told of as cancelled; its successor says how the student stands.
            if event.state == State::Done || event.error.as_deref() == Some(Error::Superseded.code()) {
                continue;
            }
            let newest = note(everybody, event.subject, event.job, event.generation);
            if let Some(newest) = newest {
                newest.lost = Some((event.job, event.state, event.error.unwrap_or_default()));
            }
            bounded(everybody)?;
        }
    }
}

/// Notes whose photo was withdrawn or replaced.
async fn superseded(
    store: &Store,
    tenant: &TenantId,
    session: &SessionId,
    everybody: &mut BTreeMap<Who, Newest>,
) -> Result<(), Problem> {
    let subjects: Vec<_> = everybody.keys().filter_map(|who| who.subject().cloned()).collect();
    let mut known = HashMap::new();
    for asked in subjects.chunks(ASKED) {
        known.extend(asked.iter().cloned().zip(store.generations(tenant, session, asked).await?));
    }
    for (who, newest) in everybody.iter_mut() {
        let least = who.subject().and_then(|subject| known.get(subject)).copied().unwrap_or_default();
        newest.is_superseded = least > u64::from(newest.generation);
    }
    Ok(())
}

impl Who {
    /// The student.
    pub(crate) fn subject(&self) -> Option<&SubjectId> {
        match self {
            Self::Subject(subject) => Some(subject),
            Self::Job(_) => None,
        }
    }

    /// The student's id, or the job's.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Subject(subject) => subject.to_string(),
            Self::Job(job) => job.to_string(),
        }
    }
}

async fn standing(blobs: &Blobs, tenant: &TenantId, session: &SessionId, who: Who, newest: Newest) -> Result<Standing> {
    let Newest { generation, jobs, lost, is_superseded } = newest;
    let mut cards = Vec::with_capacity(jobs.len());
    for job in jobs {
        let name = CardName { subject: who.subject().cloned(), generation, job };
        if let Some(card) = card(blobs, &name.key(tenant, session)?).await? {
            cards.push((job, card));
        }
    }
    cards.sort_by_key(|(job, card)| (card.accepted_at_ms, *job));
    // Jobs of one generation add up: a picture from one, a check from another, the latest of each.
    let made = cards.iter().rev().find(|(_, card)| card.outcome.is_some());
    let checked = cards.iter().rev().find(|(_, card)| card.advice.is_some());
    let latest = made.or(checked);
    let (job, state) = match (latest, &lost) {
        (Some((job, card)), _) => (Some(*job), word(card)),
        (None, Some((job, state, _))) => (Some(*job), state.name()),
        // Its card was there when the session was looked through.
        (None, None) => (None, "gone"),
    };
    let mut reasons: Vec<Said> = made.iter().chain(&checked).flat_map(|(_, card)| card.reasons.clone()).collect();
    let mut seen = HashSet::new();
    reasons.retain(|reason| seen.insert(reason.code.clone()));
    if let (None, Some((_, _, code))) = (latest, lost) {
        reasons.push(Said { en: code.clone(), zh: code.clone(), code });
    }
    let picture = made.and_then(|(_, card)| card.picture.clone()).filter(|_| !is_superseded);
    let advice = checked.and_then(|(_, card)| card.advice.clone());
    let state = if is_superseded { "superseded" } else { state };
    Ok(Standing { who, generation, job, state, picture, advice, reasons })
}

fn word(card: &Card) -> &'static str {
    match (card.outcome.as_deref(), &card.picture) {
        (_, Some(_)) => "finished",
        (Some(_), None) => "refused",
        (None, None) => "checked",
    }
}

/// A card; `None` where it is gone or nobody can read it.
async fn card(blobs: &Blobs, key: &BlobKey) -> Result<Option<Card>> {
    match blobs.get(key, CARD_BYTES_MAX).await {
        Ok(text) => Ok(serde_json::from_slice(&text).ok()),
        Err(Error::BlobMissing | Error::BlobTooLarge { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where the newest finished picture of a student lies; `None` where there is none, or it was withdrawn.
pub(crate) async fn newest_picture(
    admission: &Admission,
    tenant: &TenantId,
    session: &SessionId,
    subject: &SubjectId,
) -> Result<Option<BlobKey>> {
    let Admission { store, blobs, .. } = admission;
    let mut everybody = BTreeMap::new();
    let mut cards = blobs.list(&CardName::folder_of(tenant, session, subject)?);
    while let Some(key) = cards.try_next().await? {
        let Ok(name) = CardName::read(&key) else { continue };
        if let Some(newest) = note(&mut everybody, name.subject, name.job, name.generation) {
            newest.jobs.push(name.job);
        }
    }
    let Some((who, newest)) = everybody.pop_first() else { return Ok(None) };
    if store.generation(tenant, session, subject).await? > u64::from(newest.generation) {
        return Ok(None);
    }
    let standing = standing(blobs, tenant, session, who, newest).await?;
    Ok(standing.picture.map(|picture| picture.key))
}
