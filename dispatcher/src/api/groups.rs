//! Consumer groups: results of all sessions, shared among those who read, acknowledged one by one.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::name::GroupId;
use gradphoto_shared::store::{GroupEvent, GroupView, Receipt};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use super::extract::{Body, Named};
use super::jobs::patience;
use crate::problem::{Problem, ProblemBody};

/// Most events of one answer, and receipts of one request.
const LIMIT_MAX: usize = 1_000;
/// Longest that a consumer may keep an event to itself: an hour, as whatever takes longer should acknowledge
/// first and keep its own list.
const VISIBLE_AFTER_MAX_S: u64 = 3_600;

/// What a consumer asks for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRead {
    /// Most events to answer, 1 to 1,000.
    #[serde(default = "default_limit")]
    #[schema(minimum = 1, maximum = 1000)]
    pub limit: usize,
    /// Seconds to wait for the first event, 0 to 60.
    #[serde(default)]
    #[schema(maximum = 60)]
    pub wait: u64,
    /// Seconds after which an event that was not acknowledged is handed out again, 1 to 3,600.
    #[serde(default = "default_visible_after")]
    #[schema(minimum = 1, maximum = 3600)]
    pub visible_after_s: u64,
}

fn default_limit() -> usize {
    100
}

fn default_visible_after() -> u64 {
    60
}

/// Events for one consumer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GroupEvents {
    /// In order for each session.
    pub events: Vec<GroupEvent>,
}

/// Events that were dealt with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// Their receipts, at most 1,000.
    #[schema(value_type = Vec<String>)]
    pub receipts: Vec<Receipt>,
}

/// What an acknowledgement did.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Acknowledged {
    /// Events that will not be handed out again; less than asked for where some were acknowledged before.
    pub acknowledged: u64,
}

/// Every consumer group of the caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct GroupList {
    /// By name.
    pub groups: Vec<GroupView>,
}

/// Hands events to a consumer of the group, each to one at a time and at least once; waits for the first. A
/// group begins with the oldest kept event when it reads first.
#[utoipa::path(post, path = "/v1/groups/{group}/read", tag = "results", params(("group" = GroupId, Path)),
    request_body = GroupRead, responses(
    (status = 200, body = GroupEvents),
    (status = 400, description = "invalid_query", body = ProblemBody),
    (status = 409, description = "too_many_readers", body = ProblemBody)))]
pub(super) async fn read(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(group): Named<GroupId>,
    Body(asked): Body<GroupRead>,
) -> Result<Json<GroupEvents>, Problem> {
    let patience = patience(asked.wait)?;
    within("limit", asked.limit, LIMIT_MAX)?;
    within("visible_after_s", asked.visible_after_s, VISIBLE_AFTER_MAX_S)?;
    let visible_after = Duration::from_secs(asked.visible_after_s);
    let store = &app.admission.store;
    let read = |patience| store.read_group(&tenant, &group, asked.limit, visible_after, patience);
    let mut events = tokio::select! {
        events = read(patience) => events?,
        () = app.shutdown.cancelled(), if !patience.is_zero() => Vec::new(),
    };
    // Where one cannot be opened now, all are handed out again when their time is over.
    for handed in &mut events {
        app.seals.open_event(&tenant, &mut handed.event).await?;
    }
    Ok(Json(GroupEvents { events }))
}

/// Acknowledges events: the group is not handed them again. Other groups, pages and webhooks are.
#[utoipa::path(post, path = "/v1/groups/{group}/ack", tag = "results", params(("group" = GroupId, Path)),
    request_body = Acknowledgement, responses(
    (status = 200, body = Acknowledged),
    (status = 400, description = "invalid_query, invalid_name for a receipt that is none", body = ProblemBody)))]
pub(super) async fn acknowledge(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(group): Named<GroupId>,
    Body(Acknowledgement { receipts }): Body<Acknowledgement>,
) -> Result<Json<Acknowledged>, Problem> {
    if receipts.len() > LIMIT_MAX {
        let says = format!("a request takes at most {LIMIT_MAX} receipts");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_query", says));
    }
    let acknowledged = app.admission.store.acknowledge(&tenant, &group, &receipts).await?;
    Ok(Json(Acknowledged { acknowledged }))
}

/// The caller's consumer groups, by name.
#[utoipa::path(get, path = "/v1/groups", tag = "results", responses((status = 200, body = GroupList)))]
pub(super) async fn list(State(app): State<Arc<App>>, Caller(tenant): Caller) -> Result<Json<GroupList>, Problem> {
    Ok(Json(GroupList { groups: app.admission.store.groups(&tenant).await? }))
}

/// Forgets a consumer group and its place; the events stay.
#[utoipa::path(delete, path = "/v1/groups/{group}", tag = "results", params(("group" = GroupId, Path)), responses(
    (status = 204, description = "Forgotten"),
    (status = 404, description = "unknown_group", body = ProblemBody)))]
pub(super) async fn forget(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(group): Named<GroupId>,
) -> Result<StatusCode, Problem> {
    if app.admission.store.drop_group(&tenant, &group).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(StatusCode::NOT_FOUND, "unknown_group", "no group of that name has read anything"))
}

fn within<N: PartialOrd + From<u8> + std::fmt::Display>(name: &str, number: N, most: N) -> Result<(), Problem> {
    if (N::from(1)..=most).contains(&number) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid_query",
        format!("{name} is out of its range, see the reference"),
    ))
}
