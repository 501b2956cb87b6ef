//! Batches: jobs of a session that are counted and told of as a whole. A batch begins with its first job.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gradphoto_shared::name::{BatchId, SessionId};
use gradphoto_shared::store::BatchView;

use super::App;
use super::caller::Caller;
use super::extract::Named;
use crate::problem::{Problem, ProblemBody};

/// How far a batch is.
#[utoipa::path(get, path = "/v1/sessions/{session}/batches/{batch}", tag = "batches",
    params(("session" = SessionId, Path), ("batch" = BatchId, Path)), responses(
    (status = 200, body = BatchView),
    (status = 404, description = "unknown_batch", body = ProblemBody)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named((session, batch)): Named<(SessionId, BatchId)>,
) -> Result<Json<BatchView>, Problem> {
    Ok(Json(app.admission.store.batch(&tenant, &session, &batch).await?))
}

/// Closes a batch to further jobs. Once all its jobs are settled, readers of results are told so, once.
#[utoipa::path(post, path = "/v1/sessions/{session}/batches/{batch}/seal", tag = "batches",
    params(("session" = SessionId, Path), ("batch" = BatchId, Path)), responses(
    (status = 200, body = BatchView),
    (status = 404, description = "unknown_batch", body = ProblemBody)))]
pub(super) async fn seal(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named((session, batch)): Named<(SessionId, BatchId)>,
) -> Result<Json<BatchView>, Problem> {
    let store = &app.admission.store;
    store.seal_batch(&tenant, &session, &batch).await?;
    Ok(Json(store.batch(&tenant, &session, &batch).await?))
}
