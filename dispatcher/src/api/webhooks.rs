//! Webhooks: endpoints of the caller that are told of results.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::name::HookId;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::store::{Hook, HookEvent, HookSettings, HookTally};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use super::extract::{Body, Named};
use crate::problem::{Problem, ProblemBody};
use crate::webhook::{Message, Refusal};

/// A webhook to make known, or how one is to change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHook {
    /// Where to tell: https, at a host that the server allows.
    pub url: String,
    /// What to tell of; everything where it is absent.
    #[serde(default = "everything")]
    pub events: Vec<HookEvent>,
    /// Tell of this session only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

fn everything() -> Vec<HookEvent> {
    HookEvent::ALL.to_vec()
}

/// Whether a webhook is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookState {
    /// It is.
    Active,
    /// Nothing is sent until it is resumed; its events wait as long as results are kept.
    Parked,
}

/// A webhook and how it stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HookView {
    /// Its name.
    pub name: HookId,
    /// Where it is told.
    pub url: String,
    /// What it is told of.
    pub events: Vec<HookEvent>,
    /// The session whose events it is told of; all where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Whether it is told.
    pub state: HookState,
    /// Code of the last failure since the last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Failures since the last success.
    pub failures: u64,
    /// Events it was not told yet; those of other kinds and sessions count until they are passed over.
    pub pending: u64,
}

/// Every webhook of the caller.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HookList {
    /// By name.
    pub webhooks: Vec<HookView>,
}

/// What a webhook's messages are signed with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HookSecret {
    /// As libraries of Standard Webhooks take it.
    pub secret: String,
    /// The one before, for a day after it was replaced: messages bear both signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// How a test went.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct HookTest {
    /// Whether the endpoint answered 2xx.
    pub delivered: bool,
    /// Why not: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Milliseconds to the answer.
    pub took_ms: u64,
}

/// Makes a webhook known, which is told of what happens from now on, or changes one. One that was parked is
/// told again.
#[utoipa::path(put, path = "/v1/webhooks/{name}", tag = "webhooks", params(("name" = HookId, Path)),
    request_body = NewHook, responses(
    (status = 200, body = HookView), (status = 201, body = HookView),
    (status = 403, description = "webhooks_off, host_not_allowed", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 409, description = "too_many_readers", body = ProblemBody),
    (status = 422, description = "invalid_url, invalid_field", body = ProblemBody)))]
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
    Body(NewHook { url, events, session }): Body<NewHook>,
) -> Result<(StatusCode, Json<HookView>), Problem> {
    signs(&app)?;
    let settings = HookSettings { url, events, session };
    app.webhooks.check(&settings.url).map_err(refused)?;
    if settings.events.is_empty() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", "events must name one at least"));
    }
    if let Some(session) = &settings.session {
        app.admission.store.session(&tenant, session).await?;
    }
    let is_new = app.admission.store.put_hook(&tenant, &name, &settings).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(one(&app, &tenant, &name).await?)))
}

/// The caller's webhooks, by name.
#[utoipa::path(get, path = "/v1/webhooks", tag = "webhooks", responses((status = 200, body = HookList)))]
pub(super) async fn list(State(app): State<Arc<App>>, Caller(tenant): Caller) -> Result<Json<HookList>, Problem> {
    Ok(Json(HookList { webhooks: views(&app, &tenant).await? }))
}

/// A webhook.
#[utoipa::path(get, path = "/v1/webhooks/{name}", tag = "webhooks", params(("name" = HookId, Path)), responses(
    (status = 200, body = HookView), (status = 404, description = "unknown_webhook", body = ProblemBody)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
) -> Result<Json<HookView>, Problem> {
    Ok(Json(one(&app, &tenant, &name).await?))
}

/// Forgets a webhook; what it was not told yet it is never told.
#[utoipa::path(delete, path = "/v1/webhooks/{name}", tag = "webhooks", params(("name" = HookId, Path)), responses(
    (status = 204, description = "Forgotten"),
    (status = 404, description = "unknown_webhook", body = ProblemBody)))]
pub(super) async fn forget(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
) -> Result<StatusCode, Problem> {
    app.admission.store.drop_hook(&tenant, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the webhook's messages are signed with.
#[utoipa::path(get, path = "/v1/webhooks/{name}/secret", tag = "webhooks", params(("name" = HookId, Path)),
    responses((status = 200, body = HookSecret),
    (status = 403, description = "webhooks_off", body = ProblemBody),
    (status = 404, description = "unknown_webhook", body = ProblemBody)))]
pub(super) async fn secret(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
) -> Result<Json<HookSecret>, Problem> {
    signs(&app)?;
    let hook = app.admission.store.hook(&tenant, &name).await?;
    let mut secrets = app.webhooks.secrets(&tenant, &hook).into_iter().map(|secret| secret.reveal());
    let secret = secrets.next().expect("who signs has a secret");
    Ok(Json(HookSecret { secret, previous: secrets.next() }))
}

/// Makes a new secret; for a day messages bear the signature of the one before, too.
#[utoipa::path(post, path = "/v1/webhooks/{name}/rotate", tag = "webhooks", params(("name" = HookId, Path)),
    responses((status = 200, body = HookSecret),
    (status = 403, description = "webhooks_off", body = ProblemBody),
    (status = 404, description = "unknown_webhook", body = ProblemBody)))]
pub(super) async fn rotate(
    state: State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
) -> Result<Json<HookSecret>, Problem> {
    signs(&state)?;
    state.admission.store.rotate_hook(&tenant, &name).await?;
    secret(state, Caller(tenant), Named(name)).await
}

/// Tells a parked webhook again, beginning with what it was not told.
#[utoipa::path(post, path = "/v1/webhooks/{name}/resume", tag = "webhooks", params(("name" = HookId, Path)),
    responses((status = 200, body = HookView), (status = 404, description = "unknown_webhook", body = ProblemBody)))]
pub(super) async fn resume(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
) -> Result<Json<HookView>, Problem> {
    app.admission.store.resume_hook(&tenant, &name).await?;
    Ok(Json(one(&app, &tenant, &name).await?))
}

/// Sends a message of type `test`, once, and answers how it went.
#[utoipa::path(post, path = "/v1/webhooks/{name}/test", tag = "webhooks", params(("name" = HookId, Path)), responses(
    (status = 200, body = HookTest),
    (status = 403, description = "webhooks_off", body = ProblemBody),
    (status = 404, description = "unknown_webhook", body = ProblemBody)))]
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(name): Named<HookId>,
) -> Result<Json<HookTest>, Problem> {
    signs(&app)?;
    let hook = app.admission.store.hook(&tenant, &name).await?;
    let began = Instant::now();
    let told = app.webhooks.tell(&tenant, &hook, &Message::test()).await;
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Json(HookTest { delivered: told.is_ok(), error: told.err().map(|failure| failure.code), took_ms }))
}

fn signs(app: &App) -> Result<(), Problem> {
    if app.webhooks.is_on() {
        return Ok(());
    }
    let says = "webhooks are off: the server was started without --webhook-key-file";
    Err(Problem::new(StatusCode::FORBIDDEN, "webhooks_off", says))
}

fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Host => {
            let says = "the host is not among those that the server was started with as --webhook-hosts";
            Problem::new(StatusCode::FORBIDDEN, refusal.code(), says)
        }
        Refusal::Invalid => {
            let says = "url must be https, without user and fragment, at most 2,000 bytes";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), says)
        }
    }
}

async fn one(app: &App, tenant: &TenantId, name: &HookId) -> Result<HookView, Problem> {
    let found = views(app, tenant).await?.into_iter().find(|view| view.name == *name);
    found.ok_or_else(|| gradphoto_shared::Error::UnknownHook.into())
}

async fn views(app: &App, tenant: &TenantId) -> Result<Vec<HookView>, Problem> {
    let store = &app.admission.store;
    let hooks = store.hooks(tenant).await?;
    let names = hooks.iter().map(|hook| hook.name.clone()).collect();
    let tallies = store.hook_tallies(&[(tenant.clone(), names)]).await?;
    Ok(hooks.into_iter().zip(tallies.into_iter().flatten()).map(|(hook, tally)| view(hook, tally)).collect())
}

fn view(hook: Hook, tally: HookTally) -> HookView {
    let HookSettings { url, events, session } = hook.settings;
    HookView {
        name: hook.name,
        url,
        events,
        session,
        state: if hook.parked_at_ms.is_some() { HookState::Parked } else { HookState::Active },
        error: hook.error,
        failures: hook.failures,
        pending: tally.pending,
    }
}
