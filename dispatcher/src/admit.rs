//! The way into the queue: everything a job must satisfy before it may wait.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::StatusCode;
use futures::stream::{self, StreamExt};
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::job::{Job, JobId, Task};
use gradphoto_shared::lane::{Lane, Shards};
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Rate, Store};
use gradphoto_shared::{Error, metrics};

use crate::problem::Problem;
use crate::terms::{Terms, times};

/// Photos that are looked up at the same time for one request: enough to hide an S3 store's delay.
pub(crate) const LOOKUPS: usize = 32;

/// What somebody wants done with a photo that lies in the object store.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) photo: BlobKey,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) generation: u32,
    pub(crate) lane: Lane,
    pub(crate) tasks: Vec<Task>,
    pub(crate) terms: Terms,
    /// Photos of the session to compare with.
    pub(crate) references: Vec<BlobKey>,
}

/// How fast people may be searched for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SearchRates {
    /// By one subject.
    pub(crate) subject: Rate,
    /// By all of a tenant.
    pub(crate) tenant: Rate,
}

/// The doorkeeper.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) shards: Shards,
    /// How fast each tenant may submit; without it, as fast as it can.
    pub(crate) rate: Option<Rate>,
    /// How fast people may be searched for.
    pub(crate) searches: SearchRates,
}

/// Where a photo of a session lies: named by its content, so the same upload twice is one object.
pub(crate) fn photo_key(tenant: &TenantId, session: &SessionId, sha256: &str) -> Result<BlobKey, Error> {
    BlobKey::new(format!("photos/{tenant}/{session}/{sha256}"))
}

impl Admission {
    /// The session, if it takes jobs.
    pub(crate) async fn open_session(&self, tenant: &TenantId, session: &SessionId) -> Result<Session, Problem> {
        let session = self.store.session(tenant, session).await?;
        match session.state {
            SessionState::Open => Ok(session),
            state => Err(Error::SessionNotOpen { state: state.name() }.into()),
        }
    }

    /// Lets a tenant submit `jobs` jobs now, all or none; to be asked once for each request.
    pub(crate) async fn charge(&self, tenant: &TenantId, jobs: usize) -> Result<(), Problem> {
        let Some(rate) = self.rate.filter(|_| jobs > 0) else { return Ok(()) };
        let charged = self.store.charge(tenant, rate, jobs).await.map_err(Problem::from);
        charged.inspect_err(|problem| metrics::job_refused(problem.code))
    }

    /// Lets a search come now: by its subject, where there is one, and by its tenant. To be asked for each job that
    /// looks for somebody.
    pub(crate) async fn charge_search(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        tasks: &[Task],
        subject: Option<&SubjectId>,
    ) -> Result<(), Problem> {
        if !tasks.iter().any(|task| task.looks_for_somebody()) {
            return Ok(());
        }
        let charged = async {
            if let Some(subject) = subject {
                self.store.charge_search(tenant, Some((session, subject)), self.searches.subject).await?;
            }
            self.store.charge_search(tenant, None, self.searches.tenant).await
        };
        let charged = charged.await.map_err(Problem::from);
        charged.inspect_err(|problem| metrics::job_refused(problem.code))
    }

    /// Puts into the queue what may enter it; answers in the order given.
    pub(crate) async fn admit(
        &self,
        session: &Session,
        wanted: Vec<Result<Wanted, Problem>>,
    ) -> Result<Vec<Result<JobId, Problem>>, Problem> {
        let looked = wanted.into_iter().map(|wanted| async { self.job(session, wanted?).await });
        let jobs: Vec<Result<Job, Problem>> = stream::iter(looked).buffered(LOOKUPS).collect().await;
        let lawful: Vec<Job> = jobs.iter().filter_map(|job| job.as_ref().ok().cloned()).collect();
        let submitted = if lawful.is_empty() { Vec::new() } else { self.store.submit(&lawful).await? };
        let mut submitted = submitted.into_iter();
        let answers = jobs.into_iter().map(|job| {
            let job = job?;
            submitted.next().expect("the store answers for each job").map_err(Problem::from)?;
            metrics::job_submitted(job.lane);
            tracing::info!(job = %job.id, lane = %job.lane, "job is accepted");
            Ok(job.id)
        });
        Ok(answers.inspect(|answer: &Result<_, Problem>| count_refusal(answer)).collect())
    }

    async fn job(&self, session: &Session, wanted: Wanted) -> Result<Job, Problem> {
        let terms = wanted.terms.clone();
        let now_ms = now_ms();
        check_tasks(&wanted.tasks)?;
        check_photo(session, &wanted.photo)?;
        check_references(&wanted)?;
        wanted.references.iter().try_for_each(|photo| check_photo(session, photo))?;
        terms.check(now_ms)?;
        let shard = self.shards.of(&session.tenant, &session.id);
        let id = match &terms.key {
            Some(key) => JobId::keyed(shard, &session.tenant, &session.id, key.reveal()),
            None => JobId::new(shard),
        };
        // A call that is repeated after its deadline still finds its job.
        if terms.is_late(now_ms) && !(id.is_keyed() && self.store.look(&session.tenant, &id).await.is_ok()) {
            return Err(times("deadline_ms lies in the past"));
        }
        for photo in wanted.references.iter().chain([&wanted.photo]) {
            self.blobs.size(photo).await?;
        }
        let generation = self.generation(session, &wanted).await?;
        Ok(Job {
            id,
            tenant: session.tenant.clone(),
            session: session.id.clone(),
            subject: wanted.subject,
            generation,
            lane: wanted.lane,
            tasks: wanted.tasks,
            photo: wanted.photo,
            spec: session.spec.clone(),
            accepted_at_ms: now_ms,
            not_before_ms: terms.not_before_ms,
            deadline_ms: terms.deadline_ms,
            timeout_ms: terms.timeout_ms,
            batch: terms.batch,
            references: wanted.references,
        })
    }

    /// The generation of a job. A subject that only looks for itself has no photo that could be replaced: its
    /// search goes along with the newest.
    async fn generation(&self, session: &Session, wanted: &Wanted) -> Result<u32, Problem> {
        let only_looks = wanted.tasks.iter().all(|task| task.looks_for_somebody());
        match &wanted.subject {
            Some(subject) if only_looks => {
                let newest = self.store.generation(&session.tenant, &session.id, subject).await?;
                Ok(u32::try_from(newest).unwrap_or(u32::MAX))
            }
            _ => Ok(wanted.generation),
        }
    }
}

/// How urgent a job is whose caller does not say: somebody stands there and waits for a search.
pub(crate) fn usual_lane(tasks: &[Task]) -> Lane {
    if tasks.iter().any(|task| task.looks_for_somebody()) { Lane::Interactive } else { Lane::Online }
}

fn count_refusal(answer: &Result<JobId, Problem>) {
    if let Err(problem) = answer {
        metrics::job_refused(problem.code);
    }
}

/// Each task once, at least one.
pub(crate) fn check_tasks(tasks: &[Task]) -> Result<(), Problem> {
    let refusal = |message| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_tasks", message));
    let mut sorted = tasks.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    match (tasks.len(), sorted.len()) {
        (0, _) => refusal("a job needs at least one task"),
        (all, distinct) if all != distinct => refusal("a job names each task once"),
        (2.., _) if tasks.contains(&Task::Layout) => refusal("layout stands alone: its photo is an order"),
        _ => Ok(()),
    }
}

/// Photos to compare with are few, and for a task that compares.
fn check_references(wanted: &Wanted) -> Result<(), Problem> {
    let refusal = |message| Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_references", message));
    match wanted.references.len() {
        0 => Ok(()),
        _ if !wanted.tasks.contains(&Task::Check) => refusal("references are for the task check"),
        many if many > Job::REFERENCES_MAX => refusal("a job has at most 4 references"),
        _ => Ok(()),
    }
}

/// A job may only name photos of its own tenant and session: decided by the key alone, so the answer
/// tells nothing of what others have stored.
fn check_photo(session: &Session, photo: &BlobKey) -> Result<(), Problem> {
    let own = format!("photos/{}/{}/", session.tenant, session.id);
    if photo.as_str().starts_with(&own) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, "foreign_photo", "the photo is not one of this session"))
}

/// Now, in milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_names_each_task_once() {
        assert!(check_tasks(&[Task::Standardise]).is_ok());
        assert!(check_tasks(&[]).is_err());
        assert!(check_tasks(&[Task::Standardise, Task::Standardise]).is_err());
        assert!(check_tasks(&[Task::Layout]).is_ok());
        assert!(check_tasks(&[Task::Standardise, Task::Layout]).is_err());
    }

    #[test]
    fn only_photos_of_the_session_are_taken() {
        let session = Session {
            id: SessionId::new("s").expect("lawful"),
            tenant: TenantId::new("t").expect("lawful"),
            state: SessionState::Open,
            spec: "chsi".into(),
            overrides: Default::default(),
            created_at_ms: 0,
        };
        for (key, own) in [("photos/t/s/ab", true), ("photos/t/s2/ab", false), ("photos/u/s/ab", false), ("x", false)] {
            assert_eq!(check_photo(&session, &BlobKey::new(key).expect("lawful")).is_ok(), own, "{key}");
        }
    }
}
