//! Jobs that are not wanted any more: one, those of a session, those of a batch.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use gradphoto_shared::job::{JobId, State};
use gradphoto_shared::name::{BatchId, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use super::extract::{Body, Named};
use crate::problem::{Problem, ProblemBody};

/// Where a job stands now.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// The job.
    pub id: JobId,
    /// Its state: `cancelled`, or what it was settled as before.
    pub state: State,
}

/// Which jobs of a session are meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelWish {
    /// Those of one batch only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
}

/// What was cancelled.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Cancelled {
    /// Jobs that were cancelled by this call.
    pub cancelled: u64,
}

/// Cancels a job wherever it stands. A worker that has it drops it at the next stage, and its answer is not
/// kept. A job that is settled stays as it is.
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", tag = "jobs", params(("id" = JobId, Path)), responses(
    (status = 200, body = Standing),
    (status = 404, description = "unknown_job", body = ProblemBody)))]
pub(super) async fn job(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Named(id): Named<JobId>,
) -> Result<Json<Standing>, Problem> {
    let state = app.admission.store.cancel(&tenant, &id).await?;
    tracing::info!(job = %id, state = state.name(), "job was to be cancelled");
    Ok(Json(Standing { id, state }))
}

/// Cancels all jobs of a session that are not settled, or those of one batch. Close the session or seal the
/// batch first where no new ones may come.
#[utoipa::path(post, path = "/v1/sessions/{session}/cancel", tag = "sessions", params(("session" = SessionId, Path)),
    request_body = CancelWish, responses(
    (status = 200, body = Cancelled),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn all(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Body(wish): Body<CancelWish>,
) -> Result<Json<Cancelled>, Problem> {
    let store = &app.admission.store;
    store.session(&tenant, &session).await?;
    let cancelled = store.cancel_all(&tenant, &session, wish.batch.as_ref()).await?;
    Ok(Json(Cancelled { cancelled }))
}
