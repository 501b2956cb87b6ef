//! How the queue stands, for people and autoscalers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::store::LaneGauge;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use crate::problem::{Problem, ProblemBody};

/// How the queue stands, all tenants together.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct QueueView {
    /// Each lane, most urgent first.
    pub lanes: Vec<LaneView>,
    /// Jobs of all lanes that need a worker now, waiting, running or due: what autoscalers go by.
    pub backlog: u64,
}

/// How one lane stands.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct LaneView {
    /// The lane.
    pub lane: Lane,
    /// Jobs that nobody took yet.
    pub waiting: u64,
    /// Jobs in workers' hands.
    pub running: u64,
    /// Jobs put aside: scheduled, or for another try.
    pub delayed: u64,
    /// Those of them whose time has come.
    pub due: u64,
    /// Age of the oldest waiting job, in seconds.
    pub oldest_seconds: f64,
}

impl From<LaneGauge> for LaneView {
    fn from(gauge: LaneGauge) -> Self {
        let LaneGauge { lane, waiting, running, delayed, due, oldest } = gauge;
        Self { lane, waiting, running, delayed, due, oldest_seconds: oldest.as_secs_f64() }
    }
}

/// How every lane stands.
#[utoipa::path(get, path = "/v1/queue", tag = "queue", responses(
    (status = 200, body = QueueView),
    (status = 503, description = "redis_away", body = ProblemBody)))]
pub(super) async fn show(State(app): State<Arc<App>>, Caller(_): Caller) -> Result<Json<QueueView>, Problem> {
    let gauges = app.admission.store.gauge().await?;
    let backlog = gauges.iter().map(LaneGauge::backlog).sum();
    Ok(Json(QueueView { lanes: gauges.into_iter().map(LaneView::from).collect(), backlog }))
}
