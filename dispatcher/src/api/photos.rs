//! Photos: bytes into the object store, and on wish a job at once.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::{JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{BatchId, SessionId, SubjectId};
use gradphoto_shared::session::Session;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::{Caller, Role};
use super::extract::{Asked, Named};
use super::upload::Photo;
use crate::admit::{Wanted, check_tasks, now_ms, photo_key, usual_lane};
use crate::problem::{Problem, ProblemBody};
use crate::terms::{IdempotencyKey, Terms};

/// What to do with an upload beyond storing it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UploadQuery {
    /// Tasks of a job to submit at once, parted by commas; without them the photo is only stored.
    tasks: Option<String>,
    /// The student.
    subject: Option<SubjectId>,
    /// Counts replacements of the subject's photo.
    #[serde(default)]
    generation: u32,
    /// How urgent; without it `interactive` where somebody is looked for, else `online`.
    lane: Option<Lane>,
    /// When the job may begin at the earliest, in milliseconds since 1970 UTC.
    not_before_ms: Option<u64>,
    /// When the job is not begun any more, in milliseconds since 1970 UTC.
    deadline_ms: Option<u64>,
    /// Longest that one try may run, in milliseconds.
    timeout_ms: Option<u64>,
    /// The batch that the job is counted in.
    batch: Option<BatchId>,
}

impl UploadQuery {
    fn terms(&self, key: Option<IdempotencyKey>) -> Terms {
        let Self { not_before_ms, deadline_ms, timeout_ms, .. } = *self;
        Terms { key, not_before_ms, deadline_ms, timeout_ms, batch: self.batch.clone() }
    }
}

/// A stored photo.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Uploaded {
    /// Its key, for jobs of the same session.
    pub photo: BlobKey,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes, 64 hex digits.
    pub sha256: String,
    /// The job, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
}

/// Stores a photo; the body is the file itself. The same file again is the same photo.
#[utoipa::path(put, path = "/v1/sessions/{session}/photos", tag = "photos", params(("session" = SessionId, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, body = Uploaded),
    (status = 400, description = "empty_file, body_broken", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "session_not_open", body = ProblemBody),
    (status = 413, description = "body_too_large", body = ProblemBody)))]
pub(super) async fn store(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Uploaded>), Problem> {
    let session = app.admission.open_session(&tenant, &session).await?;
    Ok((StatusCode::CREATED, Json(keep(&app, &session, &headers, body).await?)))
}

/// Stores a photo and, where `tasks` are given, submits a job on it: one call for the usual case. With the header
/// `Idempotency-Key` the same call again is the same job.
#[utoipa::path(post, path = "/v1/sessions/{session}/photos", tag = "photos",
    params(("session" = SessionId, Path), UploadQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 201, description = "Stored", body = Uploaded),
    (status = 202, description = "Stored, and the job is in the queue", body = Uploaded),
    (status = 400, description = "empty_file, body_broken, invalid_query, invalid_name", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "session_not_open, superseded, key_reused, batch_sealed", body = ProblemBody),
    (status = 413, description = "body_too_large", body = ProblemBody),
    (status = 422, description = "invalid_tasks, invalid_times, invalid_key", body = ProblemBody),
    (status = 429, description = "lane_full, tenant_full, session_full, rate_limited; come back after Retry-After",
        body = ProblemBody)))]
pub(super) async fn store_and_submit(
    State(app): State<Arc<App>>,
    Role { tenant, scope, .. }: Role,
    Named(session): Named<SessionId>,
    Asked(query): Asked<UploadQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Uploaded>), Problem> {
    let tasks = query.tasks.as_deref().map(tasks_of).transpose()?;
    let terms = query.terms(IdempotencyKey::of(&headers)?);
    terms.check(now_ms())?;
    scope.allow_tasks(tasks.as_deref().unwrap_or_default())?;
    let session = app.admission.open_session(&tenant, &session).await?;
    app.admission.charge(&tenant, usize::from(tasks.is_some())).await?;
    let (of, subject) = (tasks.as_deref().unwrap_or_default(), query.subject.as_ref());
    app.admission.charge_search(&tenant, &session.id, of, subject).await?;
    let mut uploaded = keep(&app, &session, &headers, body).await?;
    let Some(tasks) = tasks else { return Ok((StatusCode::CREATED, Json(uploaded))) };
    let photo = uploaded.photo.clone();
    let lane = query.lane.unwrap_or_else(|| usual_lane(&tasks));
    let wanted = Wanted {
        photo,
        subject: query.subject,
        generation: query.generation,
        lane,
        tasks,
        terms,
        references: Vec::new(),
    };
    let mut answers = app.admission.admit(&session, vec![Ok(wanted)]).await?;
    uploaded.job = Some(answers.pop().expect("one answer for one job")?);
    Ok((StatusCode::ACCEPTED, Json(uploaded)))
}

fn tasks_of(text: &str) -> Result<Vec<Task>, Problem> {
    let tasks = text.split(',').map(str::parse).collect::<Result<Vec<Task>, _>>()?;
    check_tasks(&tasks)?;
    Ok(tasks)
}

async fn keep(app: &App, session: &Session, headers: &HeaderMap, body: Body) -> Result<Uploaded, Problem> {
    let photo = Photo::read(headers, body, app.photo_bytes_max, &app.upload_memory).await?;
    let sha256 = hex::encode(Sha256::digest(&photo.bytes));
    let key = photo_key(&session.tenant, &session.id, &sha256)?;
    app.admission.blobs.put(&key, photo.bytes.clone()).await?;
    Ok(Uploaded { photo: key, bytes: photo.bytes.len() as u64, sha256, job: None })
}
