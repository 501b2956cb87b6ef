//! What is paused: a lane, a tenant, a session. Its jobs are taken in and wait.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::store::{Paused, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Role;
use super::extract::Named;
use crate::problem::{Problem, ProblemBody};

/// What can be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PauseScope {
    /// A lane of all tenants; for operators.
    Lane,
    /// All of a tenant; operators may pause any.
    Tenant,
    /// A session of the caller.
    Session,
}

impl PauseScope {
    /// Its name in paths and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lane => "lane",
            Self::Tenant => "tenant",
            Self::Session => "session",
        }
    }
}

/// Something that is paused.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Pause {
    /// What kind of thing.
    pub scope: PauseScope,
    /// Its name.
    pub name: String,
    /// Whose session it is; operators see those of all tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantId>,
    /// Since when, in milliseconds since 1970 UTC.
    pub since_ms: u64,
}

/// Everything that is paused.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PauseList {
    /// Lanes, tenants, sessions.
    pub pauses: Vec<Pause>,
}

/// Whether something was paused.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct Resumed {
    /// Whether this call made it go on.
    pub resumed: bool,
}

impl From<Paused> for Pause {
    fn from(Paused { scope, since_ms }: Paused) -> Self {
        let (scope, name, tenant) = match scope {
            Scope::Lane(lane) => (PauseScope::Lane, lane.to_string(), None),
            Scope::Tenant(tenant) => (PauseScope::Tenant, tenant.to_string(), None),
            Scope::Session(tenant, session) => (PauseScope::Session, session.to_string(), Some(tenant)),
        };
        Self { scope, name, tenant, since_ms }
    }
}

/// What is paused: lanes and what is the caller's own; for operators everything.
#[utoipa::path(get, path = "/v1/pauses", tag = "queue", responses((status = 200, body = PauseList)))]
pub(super) async fn list(State(app): State<Arc<App>>, role: Role) -> Result<Json<PauseList>, Problem> {
    let paused = app.admission.store.paused().await?;
    let is_shown = |paused: &Paused| match &paused.scope {
        Scope::Lane(_) => true,
        Scope::Tenant(tenant) | Scope::Session(tenant, _) => role.is_operator || *tenant == role.tenant,
    };
    Ok(Json(PauseList { pauses: paused.into_iter().filter(is_shown).map(Pause::from).collect() }))
}

/// Pauses a lane, a tenant or a session: jobs are taken in and wait; those in workers' hands are finished.
#[utoipa::path(put, path = "/v1/pauses/{scope}/{name}", tag = "queue",
    params(("scope" = PauseScope, Path), ("name" = String, Path)), responses(
    (status = 204, description = "It is paused"),
    (status = 400, description = "invalid_name", body = ProblemBody),
    (status = 403, description = "operator_only", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    role: Role,
    Named((scope, name)): Named<(PauseScope, String)>,
) -> Result<StatusCode, Problem> {
    app.admission.store.pause(&named(&role, scope, name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a lane, a tenant or a session go on.
#[utoipa::path(delete, path = "/v1/pauses/{scope}/{name}", tag = "queue",
    params(("scope" = PauseScope, Path), ("name" = String, Path)), responses(
    (status = 200, body = Resumed),
    (status = 400, description = "invalid_name", body = ProblemBody),
    (status = 403, description = "operator_only", body = ProblemBody)))]
pub(super) async fn end(
    State(app): State<Arc<App>>,
    role: Role,
    Named((scope, name)): Named<(PauseScope, String)>,
) -> Result<Json<Resumed>, Problem> {
    let resumed = app.admission.store.resume(&named(&role, scope, name)?).await?;
    Ok(Json(Resumed { resumed }))
}

/// What is meant, if the caller may pause it.
fn named(role: &Role, scope: PauseScope, name: String) -> Result<Scope, Problem> {
    match scope {
        PauseScope::Lane => {
            role.operator()?;
            Ok(Scope::Lane(name.parse::<Lane>()?))
        }
        PauseScope::Tenant => {
            let tenant = TenantId::new(name)?;
            if tenant != role.tenant {
                role.operator()?;
            }
            Ok(Scope::Tenant(tenant))
        }
        PauseScope::Session => Ok(Scope::Session(role.tenant.clone(), SessionId::new(name)?)),
    }
}
