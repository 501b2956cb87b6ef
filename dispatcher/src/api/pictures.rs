//! Pictures that a job made: fetched by the key that its answer names.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::JobId;
use gradphoto_shared::name::TenantId;
use gradphoto_shared::outcome::{JobResult, StandardiseOutcome};

use super::App;
use super::caller::Caller;
use super::extract::Named;
use crate::problem::{Problem, ProblemBody};

/// What a browser may do with an evidence picture: show the photo that it holds, and nothing else.
const SVG_POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox";

/// Content type of finished pictures and previews.
const JPEG: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "image/jpeg")];

/// The finished picture of a job.
#[utoipa::path(get, path = "/v1/jobs/{id}/picture", tag = "jobs", params(("id" = JobId, Path)), responses(
    (status = 200, description = "The JPEG", content_type = "image/jpeg", body = Vec<u8>),
    (status = 404, description = "unknown_job, photo_missing", body = ProblemBody),
    (status = 409, description = "no_picture: not finished, or refused", body = ProblemBody)))]
pub(super) async fn picture(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(id): Named<JobId>,
) -> Result<impl IntoResponse, Problem> {
    let bytes = held(&app, &tenant, &id, |result| finished(result).map(|(picture, _)| picture)).await?;
    let bytes =
        bytes.ok_or_else(|| Problem::new(StatusCode::CONFLICT, "no_picture", "the job has no finished picture"))?;
    Ok((JPEG, bytes))
}

/// The finished picture under a watermark, for the student to confirm; where the worker makes previews.
#[utoipa::path(get, path = "/v1/jobs/{id}/preview", tag = "jobs", params(("id" = JobId, Path)), responses(
    (status = 200, description = "The JPEG", content_type = "image/jpeg", body = Vec<u8>),
    (status = 404, description = "unknown_job, photo_missing", body = ProblemBody),
    (status = 409, description = "no_preview: not finished, refused, or the worker makes none", body = ProblemBody)))]
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(id): Named<JobId>,
) -> Result<impl IntoResponse, Problem> {
    let bytes = held(&app, &tenant, &id, |result| finished(result)?.1).await?;
    let bytes = bytes.ok_or_else(|| Problem::new(StatusCode::CONFLICT, "no_preview", "the job has no preview"))?;
    Ok((JPEG, bytes))
}

/// The photo with what `check` found marked in it, for a reviewer; where the worker keeps evidence.
#[utoipa::path(get, path = "/v1/jobs/{id}/evidence", tag = "jobs", params(("id" = JobId, Path)), responses(
    (status = 200, description = "A self-contained SVG without scripts", content_type = "image/svg+xml", body = String),
    (status = 404, description = "unknown_job, photo_missing", body = ProblemBody),
    (status = 409, description = "no_evidence: not checked yet, not decoded, or the worker keeps none of such photos",
        body = ProblemBody)))]
pub(super) async fn evidence(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(id): Named<JobId>,
) -> Result<impl IntoResponse, Problem> {
    let bytes = held(&app, &tenant, &id, |result| result.check?.evidence).await?;
    let bytes =
        bytes.ok_or_else(|| Problem::new(StatusCode::CONFLICT, "no_evidence", "the job has no evidence picture"))?;
    Ok(([(header::CONTENT_TYPE, "image/svg+xml"), (header::CONTENT_SECURITY_POLICY, SVG_POLICY)], bytes))
}

/// Keys of the finished picture and of its preview.
fn finished(result: JobResult) -> Option<(BlobKey, Option<BlobKey>)> {
    match result.standardise? {
        StandardiseOutcome::Finished { picture, preview, .. } => Some((picture, preview)),
        StandardiseOutcome::Refused { .. } => None,
    }
}

/// The picture whose key `pick` finds in a job's answer.
async fn held(
    app: &App,
    tenant: &TenantId,
    job: &JobId,
    pick: impl FnOnce(JobResult) -> Option<BlobKey>,
) -> Result<Option<Bytes>, Problem> {
    let view = app.admission.store.look(tenant, job).await?;
    let Some(key) = view.result.and_then(pick) else { return Ok(None) };
    Ok(Some(app.admission.blobs.get(&key, app.photo_bytes_max).await?))
}
