//! Searches of a session that were tried, for whoever helps a student.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use gradphoto_shared::name::{SessionId, SubjectId};
use gradphoto_shared::store::SearchPage;
use serde::Deserialize;
use utoipa::IntoParams;

use super::App;
use super::caller::Caller;
use super::extract::{Asked, Named};
use super::gallery::invalid_query;
use crate::problem::{Problem, ProblemBody};

/// Most searches of one page.
const LIMIT_MAX: usize = 1_000;

/// Whose searches, and where to go on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchesQuery {
    /// Those of one subject only.
    subject: Option<SubjectId>,
    /// `next` of the last page; without it from the newest on.
    #[serde(default)]
    after: usize,
    /// Most searches to answer, 1 to 1,000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000)]
    limit: usize,
}

fn default_limit() -> usize {
    100
}

/// Searches that were answered in a session, newest first, all or those of one subject: ids, times, outcomes, scores
/// and reasons; no pictures.
#[utoipa::path(get, path = "/v1/sessions/{session}/searches", tag = "gallery",
    params(("session" = SessionId, Path), SearchesQuery), responses(
    (status = 200, body = SearchPage), (status = 400, description = "invalid_query", body = ProblemBody),
    (status = 403, description = "out_of_scope", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(query): Asked<SearchesQuery>,
) -> Result<Json<SearchPage>, Problem> {
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        return Err(invalid_query(&format!("limit is 1 to {LIMIT_MAX}")));
    }
    let SearchesQuery { subject, after, limit } = query;
    Ok(Json(app.admission.store.searches(&tenant, &session, subject.as_ref(), after, limit).await?))
}
