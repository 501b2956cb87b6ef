//! Sessions: when photos are taken, and by which standard.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::Error;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::spec::{Overrides, Spec, base_of};
use gradphoto_shared::store::Progress;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::extract::{Asked, Body, Named};
use crate::admit::{Admission, now_ms};
use crate::problem::{Problem, ProblemBody};
use crate::terms::times;

/// A session to make known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// Its name, chosen by the caller.
    pub id: SessionId,
    /// Name of the document standard its photos follow.
    #[serde(default = "default_spec")]
    pub spec: String,
    /// What it changes of that standard.
    #[serde(default, skip_serializing_if = "Overrides::is_empty")]
    pub overrides: Overrides,
    /// Whether it takes jobs from now on.
    #[serde(default = "default_state")]
    pub state: SessionState,
    /// When it is erased by itself, with its photos, answers and jobs; in milliseconds since 1970 UTC. Without
    /// it, never. The same call again moves the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain_until_ms: Option<u64>,
}

fn default_spec() -> String {
    "chsi".to_owned()
}

fn default_state() -> SessionState {
    SessionState::Open
}

/// What changes in a session; what is not said stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionChange {
    /// The state to go to: planned -> open <-> closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SessionState>,
    /// All that it changes of its standard from now on, `{}` for nothing. Jobs in the queue keep what they were
    /// submitted under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<Overrides>,
}

/// Every session of the caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// By name.
    pub sessions: Vec<Session>,
}

/// How far a session's jobs are.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProgressView {
    /// The session.
    pub session: SessionId,
    /// Jobs that the queue took, ever.
    pub accepted: u64,
    /// Jobs that are not settled yet.
    pub open: u64,
    /// Jobs answered.
    pub done: u64,
    /// Jobs given up.
    pub dead: u64,
    /// Jobs not wanted any more.
    pub cancelled: u64,
    /// When the session is erased by itself, in milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain_until_ms: Option<u64>,
}

/// Whether an open session is meant too.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EraseQuery {
    /// Erase it although it is open.
    #[serde(default)]
    force: bool,
}

/// What is gone.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// The session.
    pub session: SessionId,
    /// Photos and pictures that were deleted by this call.
    pub objects: u64,
}

/// Makes a session known. The same again changes nothing; one that is known keeps its state.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", request_body = NewSession, responses(
    (status = 201, body = Session),
    (status = 409, description = "session_exists", body = ProblemBody),
    (status = 422, description = "unknown_spec, spec_invalid, invalid_field, invalid_times", body = ProblemBody)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Body(new): Body<NewSession>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    let spec = standard(&new.spec, &new.overrides)?;
    if new.retain_until_ms.is_some_and(|until_ms| until_ms <= now_ms()) {
        return Err(times("retain_until_ms is a moment to come, in milliseconds since 1970"));
    }
    let NewSession { id, state, overrides, retain_until_ms, .. } = new;
    let session = Session { id, tenant, state, spec, overrides, created_at_ms: now_ms() };
    app.admission.store.create_session(&session).await?;
    if let Some(until_ms) = retain_until_ms {
        app.admission.store.retain(&session.tenant, &session.id, until_ms).await?;
    }
    // A repeated call must show the moment of the first.
    let known = app.admission.store.session(&session.tenant, &session.id).await?;
    Ok((StatusCode::CREATED, Json(known)))
}

/// Every session of the caller, by name.
#[utoipa::path(get, path = "/v1/sessions", tag = "sessions", responses((status = 200, body = SessionList)))]
pub(super) async fn list(State(app): State<Arc<App>>, Caller(tenant): Caller) -> Result<Json<SessionList>, Problem> {
    Ok(Json(SessionList { sessions: app.admission.store.sessions(&tenant).await? }))
}

/// One session.
#[utoipa::path(get, path = "/v1/sessions/{session}", tag = "sessions", params(("session" = SessionId, Path)),
    responses((status = 200, body = Session), (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
) -> Result<Json<Session>, Problem> {
    Ok(Json(app.admission.store.session(&tenant, &session).await?))
}

/// Moves a session to another state, or changes what it asks of the photos to come.
#[utoipa::path(patch, path = "/v1/sessions/{session}", tag = "sessions", params(("session" = SessionId, Path)),
    request_body = SessionChange, responses(
    (status = 200, body = Session),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "session_move", body = ProblemBody),
    (status = 422, description = "spec_invalid, invalid_change", body = ProblemBody)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Body(change): Body<SessionChange>,
) -> Result<Json<Session>, Problem> {
    let store = &app.admission.store;
    let SessionChange { state, overrides } = change;
    if state.is_none() && overrides.is_none() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_change", "say a state or overrides"));
    }
    if let Some(overrides) = overrides {
        let known = store.session(&tenant, &session).await?.spec;
        let spec = standard(base_of(&known).unwrap_or(&known), &overrides)?;
        store.change_standard(&tenant, &session, &spec, &overrides).await?;
    }
    match state {
        Some(state) => Ok(Json(store.move_session(&tenant, &session, state).await?)),
        None => Ok(Json(store.session(&tenant, &session).await?)),
    }
}

/// The name of the standard that results from a built-in one; both were checked.
fn standard(base: &str, overrides: &Overrides) -> Result<String, Error> {
    if overrides.is_empty() { Spec::preset(base).map(|spec| spec.name) } else { Ok(overrides.on(base)?.name) }
}

/// How far a session's jobs are.
#[utoipa::path(get, path = "/v1/sessions/{session}/progress", tag = "sessions", params(("session" = SessionId, Path)),
    responses((status = 200, body = ProgressView), (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn progress(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
) -> Result<Json<ProgressView>, Problem> {
    let store = &app.admission.store;
    let progress = store.progress(&tenant, &session).await?;
    let retain_until_ms = store.retained(&tenant, &session).await?;
    let (open, Progress { accepted, done, dead, cancelled }) = (progress.open(), progress);
    Ok(Json(ProgressView { session, accepted, open, done, dead, cancelled, retain_until_ms }))
}

/// Erases a session: cancels its jobs, deletes its photos and pictures, forgets its answers and itself. Goes on
/// when the caller goes away; where it failed, call again.
#[utoipa::path(delete, path = "/v1/sessions/{session}", tag = "sessions",
    params(("session" = SessionId, Path), EraseQuery), responses(
    (status = 200, body = Erased),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "session_open: close it first, or use force", body = ProblemBody),
    (status = 503, description = "redis_away, store_away", body = ProblemBody)))]
pub(super) async fn erase(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(query): Asked<EraseQuery>,
) -> Result<Json<Erased>, Problem> {
    let erased = tokio::spawn(async move {
        let Admission { store, blobs, .. } = &app.admission;
        let objects = crate::erase::erase(store, blobs, &tenant, &session, query.force).await?;
        Ok::<_, Error>(Erased { session, objects })
    });
    let broke = |_| Error::Broken { stage: "erase" };
    Ok(Json(erased.await.map_err(broke)??))
}
