//! Whether this process lives, whether it can work, and its metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use gradphoto_shared::{Error, metrics};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::problem::Problem;

/// A probe that takes longer is a no: probes of orchestrators give up after a few seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// A good answer.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "service", security(()), responses((status = 200, body = Health)))]
pub(super) async fn alive() -> Json<Health> {
    OK
}

/// Whether Redis answers and the object store can be reached, so that requests make sense.
#[utoipa::path(get, path = "/readyz", tag = "service", security(()), responses(
    (status = 200, body = Health),
    (status = 503, description = "redis_away, store_away or stopping", body = crate::problem::ProblemBody)))]
pub(super) async fn ready(State(app): State<Arc<App>>) -> Result<Json<Health>, Problem> {
    if app.shutdown.is_cancelled() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopping", "the server is stopping"));
    }
    let late = |code, message| Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
    let redis = tokio::time::timeout(PATIENCE, app.admission.store.ping());
    let store = tokio::time::timeout(PATIENCE, app.admission.blobs.probe());
    let (redis, store) = tokio::join!(redis, store);
    redis.map_err(|_| late("redis_away", "the queue does not answer"))?.map_err(unready)?;
    store.map_err(|_| late("store_away", "the object store does not answer"))?.map_err(unready)?;
    Ok(OK)
}

/// Whatever the reason is, the answer to "ready?" is "not now".
fn unready(error: Error) -> Problem {
    Problem { status: StatusCode::SERVICE_UNAVAILABLE, ..Problem::from(error) }
}

/// Metrics in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "service", security(()),
    responses((status = 200, description = "Text format 0.0.4", content_type = "text/plain", body = String)))]
pub(super) async fn metrics() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::render())
}
