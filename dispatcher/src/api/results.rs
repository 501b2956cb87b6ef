//! Results of a session, in the order in which jobs were settled.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::store::ResultPage;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::caller::Caller;
use super::extract::{Asked, Named};
use super::jobs::patience;
use crate::problem::{Problem, ProblemBody};

/// Most events of one page.
const LIMIT_MAX: usize = 1_000;

/// Where to go on, and how long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ResultsQuery {
    /// `next` of the last page; without it from the oldest kept result on.
    #[serde(default = "beginning")]
    after: String,
    /// Most events to answer, 1 to 1,000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000)]
    limit: usize,
    /// Seconds to wait for the first event, 0 to 60.
    #[serde(default)]
    #[param(maximum = 60)]
    wait: u64,
}

fn beginning() -> String {
    "0".to_owned()
}

fn default_limit() -> usize {
    100
}

/// Settled jobs of a session after a cursor, oldest first; waits for the first.
#[utoipa::path(get, path = "/v1/sessions/{session}/results", tag = "results",
    params(("session" = SessionId, Path), ResultsQuery), responses(
    (status = 200, body = ResultPage),
    (status = 400, description = "invalid_name for a cursor that is none, invalid_query", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn page(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(query): Asked<ResultsQuery>,
) -> Result<Json<ResultPage>, Problem> {
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        let says = format!("limit is 1 to {LIMIT_MAX}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", says));
    }
    let store = &app.admission.store;
    let patience = patience(query.wait)?;
    store.session(&tenant, &session).await?;
    let page = |patience| store.results(&tenant, &session, &query.after, query.limit, patience);
    let mut found = tokio::select! {
        found = page(patience) => found?,
        () = app.shutdown.cancelled() => page(Duration::ZERO).await?,
    };
    for settled in &mut found.events {
        app.seals.open_settled(&tenant, settled).await?;
    }
    Ok(Json(found))
}
