//! A student's photo in its generations: which is the newest, and none of them any more.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use gradphoto_shared::name::{SessionId, SubjectId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use super::extract::{Body, Named};
use crate::problem::{Problem, ProblemBody};

/// How a subject stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SubjectView {
    /// The student.
    pub subject: SubjectId,
    /// The newest generation that is known, 0 where there is none: jobs of an older one are `superseded`.
    pub generation: u64,
}

/// What is withdrawn.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The newest generation that is withdrawn; with it all before.
    pub generation: u32,
}

/// The newest generation of a subject's photo.
#[utoipa::path(get, path = "/v1/sessions/{session}/subjects/{subject}", tag = "subjects",
    params(("session" = SessionId, Path), ("subject" = SubjectId, Path)), responses(
    (status = 200, body = SubjectView),
    (status = 404, description = "unknown_session", body = ProblemBody)))]
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named((session, subject)): Named<(SessionId, SubjectId)>,
) -> Result<Json<SubjectView>, Problem> {
    let generation = app.admission.store.generation(&tenant, &session, &subject).await?;
    Ok(Json(SubjectView { subject, generation }))
}

/// Withdraws a subject's photos up to a generation: their jobs are settled as cancelled with `superseded`, and a
/// late answer is not kept. Answers the generation that a next photo must have at least. To replace a photo,
/// submit one of a higher generation; it withdraws those before.
#[utoipa::path(post, path = "/v1/sessions/{session}/subjects/{subject}/withdraw", tag = "subjects",
    params(("session" = SessionId, Path), ("subject" = SubjectId, Path)), request_body = Withdrawal, responses(
    (status = 200, body = SubjectView),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 422, description = "invalid_field", body = ProblemBody)))]
pub(super) async fn withdraw(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named((session, subject)): Named<(SessionId, SubjectId)>,
    Body(Withdrawal { generation }): Body<Withdrawal>,
) -> Result<Json<SubjectView>, Problem> {
    if generation == u32::MAX {
        let says = "the highest generation cannot be withdrawn, no photo could follow";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", says));
    }
    let generation = app.admission.store.withdraw(&tenant, &session, &subject, generation).await?;
    Ok(Json(SubjectView { subject, generation }))
}
