//! Dead letters: jobs that were given up, to be looked into, replayed or dropped. One alone is shown as any job.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use gradphoto_shared::job::JobId;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::store::{Bulk, DeadFilter, DeadPage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::cancel::Standing;
use super::extract::{Asked, Body, Named};
use crate::problem::{Problem, ProblemBody};

/// Most jobs of one page.
const LIMIT_MAX: usize = 1_000;

/// Which dead jobs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeadQuery {
    /// Those of one session only.
    session: Option<SessionId>,
    /// Those given up for one reason only: a code.
    reason: Option<String>,
    /// Most jobs to answer, 1 to 1,000.
    #[serde(default = "default_limit")]
    #[param(minimum = 1, maximum = 1000)]
    limit: usize,
    /// `next` of the last page.
    after: Option<String>,
}

fn default_limit() -> usize {
    100
}

/// Which dead jobs to replay or drop; `{}` for all.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadWish {
    /// Those of one session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Those given up for one reason only: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `next` of the last call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// The caller's dead jobs, those given up first at the front.
#[utoipa::path(get, path = "/v1/dead", tag = "dead", params(DeadQuery), responses(
    (status = 200, body = DeadPage),
    (status = 400, description = "invalid_query, invalid_name for a cursor that is none", body = ProblemBody)))]
pub(super) async fn list(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Asked(query): Asked<DeadQuery>,
) -> Result<Json<DeadPage>, Problem> {
    if !(1..=LIMIT_MAX).contains(&query.limit) {
        let says = format!("limit is 1 to {LIMIT_MAX}");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", says));
    }
    let filter = DeadFilter { session: query.session, reason: query.reason };
    Ok(Json(app.admission.store.dead(&tenant, &filter, query.after.as_deref(), query.limit).await?))
}

/// Brings a dead job back into its lane: its tries count anew, and a deadline that has passed holds no more.
#[utoipa::path(post, path = "/v1/dead/{id}/replay", tag = "dead", params(("id" = JobId, Path)), responses(
    (status = 200, body = Standing),
    (status = 404, description = "unknown_job", body = ProblemBody),
    (status = 409, description = "not_dead, superseded", body = ProblemBody),
    (status = 429, description = "lane_full; come back after Retry-After", body = ProblemBody)))]
pub(super) async fn replay(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Named(id): Named<JobId>,
) -> Result<Json<Standing>, Problem> {
    let mut answers = app.admission.store.replay(&tenant, &[id]).await?;
    let state = answers.pop().expect("one answer for one job")?;
    tracing::info!(job = %id, "dead job is replayed");
    Ok(Json(Standing { id, state }))
}

/// Forgets a dead job for good.
#[utoipa::path(delete, path = "/v1/dead/{id}", tag = "dead", params(("id" = JobId, Path)), responses(
    (status = 204, description = "It is gone"),
    (status = 404, description = "unknown_job", body = ProblemBody),
    (status = 409, description = "not_dead", body = ProblemBody)))]
pub(super) async fn drop_one(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Named(id): Named<JobId>,
) -> Result<StatusCode, Problem> {
    let mut answers = app.admission.store.drop_dead(&tenant, &[id]).await?;
    answers.pop().expect("one answer for one job")?;
    tracing::info!(job = %id, "dead job is dropped");
    Ok(StatusCode::NO_CONTENT)
}

/// Replays many dead jobs, up to 10,000 in one call; go on with `next` while there is one.
#[utoipa::path(post, path = "/v1/dead/replay", tag = "dead", request_body = DeadWish, responses(
    (status = 200, body = Bulk),
    (status = 400, description = "invalid_name for a cursor that is none", body = ProblemBody)))]
pub(super) async fn replay_all(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Body(wish): Body<DeadWish>,
) -> Result<Json<Bulk>, Problem> {
    let (filter, after) = parts(wish);
    Ok(Json(app.admission.store.replay_all(&tenant, &filter, after.as_deref()).await?))
}

/// Drops many dead jobs, up to 10,000 in one call; go on with `next` while there is one.
#[utoipa::path(post, path = "/v1/dead/drop", tag = "dead", request_body = DeadWish, responses(
    (status = 200, body = Bulk),
    (status = 400, description = "invalid_name for a cursor that is none", body = ProblemBody)))]
pub(super) async fn drop_all(
    Shared(app): Shared<Arc<App>>,
    Caller(tenant): Caller,
    Body(wish): Body<DeadWish>,
) -> Result<Json<Bulk>, Problem> {
    let (filter, after) = parts(wish);
    Ok(Json(app.admission.store.drop_all(&tenant, &filter, after.as_deref()).await?))
}

fn parts(wish: DeadWish) -> (DeadFilter, Option<String>) {
    (DeadFilter { session: wish.session, reason: wish.reason }, wish.after)
}
