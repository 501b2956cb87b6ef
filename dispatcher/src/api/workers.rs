//! Who works, for operators.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::store::{WorkerName, WorkerView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Operator;
use super::extract::Named;
use crate::problem::{Problem, ProblemBody};

/// Every worker that lives.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WorkerList {
    /// The workers, oldest first.
    pub workers: Vec<WorkerView>,
}

/// Every worker that gave a sign of life within the last minute. For operators.
#[utoipa::path(get, path = "/v1/workers", tag = "workers", responses(
    (status = 200, body = WorkerList),
    (status = 403, description = "operator_only", body = ProblemBody),
    (status = 503, description = "redis_away", body = ProblemBody)))]
pub(super) async fn list(State(app): State<Arc<App>>, _: Operator) -> Result<Json<WorkerList>, Problem> {
    Ok(Json(WorkerList { workers: app.admission.store.workers().await? }))
}

/// Tells a worker to take no more jobs, finish what it began and end; what it did not begin goes back to the
/// queue at once. Answers before the worker has ended: it leaves the list then. For operators.
#[utoipa::path(post, path = "/v1/workers/{worker}/drain", tag = "workers",
    params(("worker" = String, Path, description = "Its name in the list.")), responses(
    (status = 202, description = "The worker is told."),
    (status = 403, description = "operator_only", body = ProblemBody),
    (status = 404, description = "unknown_worker", body = ProblemBody),
    (status = 503, description = "redis_away", body = ProblemBody)))]
pub(super) async fn drain(
    State(app): State<Arc<App>>,
    _: Operator,
    Named(worker): Named<String>,
) -> Result<StatusCode, Problem> {
    app.admission.store.drain_worker(&WorkerName(worker)).await?;
    Ok(StatusCode::ACCEPTED)
}
