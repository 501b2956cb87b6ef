//! Jobs: submit and look.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::{JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{BatchId, SessionId, SubjectId};
use gradphoto_shared::outcome::JobResult;
use gradphoto_shared::session::Session;
use gradphoto_shared::store::JobView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Role;
use super::extract::{Asked, Body, Named, fields};
use super::{App, WAIT_MAX};
use crate::admit::{Wanted, usual_lane};
use crate::keys::Scope;
use crate::problem::{Problem, ProblemBody, ProblemFacts};
use crate::terms::{IdempotencyKey, Terms, invalid};

/// Most jobs of one request: one round trip to Redis stays within milliseconds.
const JOBS_MAX: usize = 1_000;

/// A job to put into the queue.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJob {
    /// Key of a photo that was uploaded to this session.
    pub photo: BlobKey,
    /// The student: an opaque id, never a name or an ID number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Counts replacements of the subject's photo; a lower one never overwrites a higher.
    #[serde(default)]
    pub generation: u32,
    /// How urgent; without it `interactive` where somebody is looked for, else `online`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// What to do, each task once, at least one.
    pub tasks: Vec<Task>,
    /// The caller's name for this piece of work, 1 to 255 visible ASCII characters: the same again with the same
    /// fields is the same job as long as that is kept, with others it is `key_reused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub key: Option<String>,
    /// When it may begin at the earliest, in milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<u64>,
    /// When it is not begun any more, in milliseconds since 1970 UTC; it is `dead` as `expired` then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Longest that one try may run, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The batch it is counted in, which begins with its first job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
    /// Keys of photos that were uploaded to this session, at most 4: `check` answers whether the photo is the same shot
    /// (同版) as one of them, for example as that of another document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 4)]
    pub references: Vec<BlobKey>,
}

/// One job or up to 1,000.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes the body; each job is read by itself, so that one bad one harms no other")]
enum NewJobs {
    One(NewJob),
    Many(Vec<NewJob>),
}

/// What became of each job, in the order given.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Submitted {
    /// An id or an error for each.
    pub jobs: Vec<JobAnswer>,
}

/// What became of one job.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobAnswer {
    /// It is in the queue, under this name.
    Id(JobId),
    /// It is not, and why.
    Error(ProblemFacts),
}

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WaitQuery {
    /// Seconds to wait until the job is settled, 0 to 60.
    #[serde(default)]
    #[param(maximum = 60)]
    wait: u64,
}

/// Puts one job or an array of up to 1,000 into the queue. A single job that is refused answers with its
/// problem's status; in an array each job has its own id or error. A single job may have its idempotency key in
/// the header `Idempotency-Key` instead of its field `key`.
#[utoipa::path(post, path = "/v1/sessions/{session}/jobs", tag = "jobs",
    params(("session" = SessionId, Path), ("Idempotency-Key" = Option<String>, Header, description = "As `key`")),
    request_body = NewJobs, responses(
    (status = 202, body = Submitted),
    (status = 403, description = "foreign_photo", body = ProblemBody),
    (status = 404, description = "unknown_session, photo_missing", body = ProblemBody),
    (status = 409, description = "session_not_open, superseded, key_reused, batch_sealed", body = ProblemBody),
    (status = 413, description = "body_too_large, too_many_jobs", body = ProblemBody),
    (status = 422, description = "invalid_field, invalid_tasks, invalid_references, invalid_times, invalid_key",
        body = ProblemBody),
    (status = 429, description = "lane_full, tenant_full, session_full, rate_limited; come back after Retry-After",
        body = ProblemBody)))]
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    role: Role,
    Named(session): Named<SessionId>,
    headers: HeaderMap,
    Body(body): Body<serde_json::Value>,
) -> Result<(StatusCode, Json<Submitted>), Problem> {
    let key = IdempotencyKey::of(&headers)?;
    let tenant = &role.tenant;
    let session = app.admission.open_session(tenant, &session).await?;
    let serde_json::Value::Array(many) = body else {
        app.admission.charge(tenant, 1).await?;
        let wanted = charged(&app, &role, &session, wanted(body, key)).await;
        let mut answers = app.admission.admit(&session, vec![wanted]).await?;
        let id = answers.pop().expect("one answer for one job")?;
        return Ok((StatusCode::ACCEPTED, Json(Submitted { jobs: vec![JobAnswer::Id(id)] })));
    };
    if many.len() > JOBS_MAX {
        let says = format!("a request takes at most {JOBS_MAX} jobs");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_jobs", says));
    }
    if key.is_some() {
        return Err(invalid("many jobs have a field `key` each, not one key in the header"));
    }
    app.admission.charge(tenant, many.len()).await?;
    let mut lawful = Vec::with_capacity(many.len());
    for job in many {
        lawful.push(charged(&app, &role, &session, wanted(job, None)).await);
    }
    let answers = app.admission.admit(&session, lawful).await?;
    let jobs = answers.into_iter().map(|answer| match answer {
        Ok(id) => JobAnswer::Id(id),
        Err(problem) => JobAnswer::Error(problem.facts(None)),
    });
    Ok((StatusCode::ACCEPTED, Json(Submitted { jobs: jobs.collect() })))
}

/// A job, if its key may ask for it and it is no search too many.
async fn charged(
    app: &App,
    role: &Role,
    session: &Session,
    wanted: Result<Wanted, Problem>,
) -> Result<Wanted, Problem> {
    let wanted = wanted?;
    role.scope.allow_tasks(&wanted.tasks)?;
    let Wanted { tasks, subject, .. } = &wanted;
    app.admission.charge_search(&role.tenant, &session.id, tasks, subject.as_ref()).await?;
    Ok(wanted)
}

/// Reads a job; `key` is the request's.
fn wanted(value: serde_json::Value, key: Option<IdempotencyKey>) -> Result<Wanted, Problem> {
    let new: NewJob = fields(value)?;
    let key = match (new.key, key) {
        (Some(_), Some(_)) => return Err(invalid("a job has one key, in the header or in its field `key`")),
        (Some(text), None) => Some(IdempotencyKey::new(text)?),
        (None, key) => key,
    };
    let NewJob { photo, subject, generation, lane, tasks, .. } = new;
    let NewJob { not_before_ms, deadline_ms, timeout_ms, batch, references, .. } = new;
    let terms = Terms { key, not_before_ms, deadline_ms, timeout_ms, batch };
    let lane = lane.unwrap_or_else(|| usual_lane(&tasks));
    Ok(Wanted { photo, subject, generation, lane, tasks, terms, references })
}

/// A job and where it stands, on wish after it is settled.
#[utoipa::path(get, path = "/v1/jobs/{id}", tag = "jobs", params(("id" = JobId, Path), WaitQuery), responses(
    (status = 200, body = JobView),
    (status = 404, description = "unknown_job", body = ProblemBody)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Role { tenant, scope, .. }: Role,
    Named(id): Named<JobId>,
    Asked(query): Asked<WaitQuery>,
) -> Result<Json<JobView>, Problem> {
    let store = &app.admission.store;
    let patience = patience(query.wait)?;
    let mut view = tokio::select! {
        view = store.look_settled(&tenant, &id, patience), if !patience.is_zero() => view?,
        view = store.look(&tenant, &id), if patience.is_zero() => view?,
        () = app.shutdown.cancelled() => store.look(&tenant, &id).await?,
    };
    app.seals.open_view(&tenant, &mut view).await?;
    Ok(Json(match scope {
        Scope::Student => JobView { result: view.result.map(JobResult::for_student), ..view },
        Scope::Full | Scope::Reviewer => view,
    }))
}

/// Checks how long a caller wants to wait.
pub(super) fn patience(wait: u64) -> Result<Duration, Problem> {
    let patience = Duration::from_secs(wait);
    if patience <= WAIT_MAX {
        return Ok(patience);
    }
    let says = format!("wait is at most {} seconds", WAIT_MAX.as_secs());
    Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", says))
}
