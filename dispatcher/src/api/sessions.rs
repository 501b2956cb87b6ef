//! Sessions: when photos are taken, and by which standard.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::name::SessionId;
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::spec::Spec;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use super::extract::{Body, Named};
use crate::admit::now_ms;
use crate::problem::{Problem, ProblemBody};

/// A session to make known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// Its name, chosen by the caller.
    pub id: SessionId,
    /// Name of the document standard its photos follow.
    #[serde(default = "default_spec")]
    pub spec: String,
    /// Whether it takes jobs from now on.
    #[serde(default = "default_state")]
    pub state: SessionState,
}

fn default_spec() -> String {
    "chsi".to_owned()
}

fn default_state() -> SessionState {
    SessionState::Open
}

/// What changes in a session.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionChange {
    /// The state to go to: planned -> open <-> closed.
    pub state: SessionState,
}

/// Every session of the caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    /// By name.
    pub sessions: Vec<Session>,
}

/// Makes a session known. The same again changes nothing; one that is known keeps its state.
#[utoipa::path(post, path = "/v1/sessions", tag = "sessions", request_body = NewSession, responses(
    (status = 201, body = Session),
    (status = 409, description = "session_exists", body = ProblemBody),
    (status = 422, description = "unknown_spec, invalid_field", body = ProblemBody)))]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Body(new): Body<NewSession>,
) -> Result<(StatusCode, Json<Session>), Problem> {
    Spec::preset(&new.spec)?;
    let session = Session { id: new.id, tenant, state: new.state, spec: new.spec, created_at_ms: now_ms() };
    app.admission.store.create_session(&session).await?;
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

/// Moves a session to another state.
#[utoipa::path(patch, path = "/v1/sessions/{session}", tag = "sessions", params(("session" = SessionId, Path)),
    request_body = SessionChange, responses(
    (status = 200, body = Session),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "session_move", body = ProblemBody)))]
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Body(change): Body<SessionChange>,
) -> Result<Json<Session>, Problem> {
    Ok(Json(app.admission.store.move_session(&tenant, &session, change.state).await?))
}
