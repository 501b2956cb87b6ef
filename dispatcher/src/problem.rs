//! What an API answers instead of what was asked: one shape, one table of statuses.

use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use gradphoto_shared::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request, or one job of a request, was not served.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) retry_after: Option<Duration>,
    /// For our own log; never shown to callers.
    pub(crate) cause: Option<String>,
}

/// A problem as it is written.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// The problem.
    pub(crate) error: ProblemFacts,
}

/// What a caller learns of a problem.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemFacts {
    /// A stable word to decide by.
    pub code: String,
    /// A sentence for people; may change.
    pub message: String,
    /// The request's name in our log; absent for one job of many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, cause: None }
    }

    pub(crate) fn facts(&self, request_id: Option<&str>) -> ProblemFacts {
        ProblemFacts {
            code: self.code.to_owned(),
            message: self.message.clone(),
            request_id: request_id.map(str::to_owned),
        }
    }
}

/// What a caller who is told to come back waits at least, where nothing better is known.
const COME_BACK: Duration = Duration::from_secs(2);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = status(&error);
        let mut problem = Self::new(status, error.code(), error.to_string());
        if let Some((retry_after, message)) = fullness(&error) {
            problem.retry_after = Some(retry_after);
            message.clone_into(&mut problem.message);
        } else if status.is_server_error() {
            // Causes hold addresses and answers of other machines: for the log, not for callers.
            problem.cause = Some(error.to_string());
            problem.message = apology(&error).to_owned();
            problem.retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(COME_BACK);
        }
        problem
    }
}

/// The one table of statuses.
fn status(error: &Error) -> StatusCode {
    match error {
        Error::InvalidName { .. } => StatusCode::BAD_REQUEST,
        Error::UnknownSession
        | Error::UnknownJob
        | Error::UnknownBatch
        | Error::UnknownWorker
        | Error::UnknownHook
        | Error::BlobMissing => StatusCode::NOT_FOUND,
        Error::SessionNotOpen { .. }
        | Error::SessionExists
        | Error::SessionMove { .. }
        | Error::Superseded
        | Error::KeyReused
        | Error::BatchSealed
        | Error::NotDead { .. }
        | Error::SessionOpen
        | Error::TooManyReaders => StatusCode::CONFLICT,
        Error::BlobTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::UnknownSpec | Error::InvalidSpec(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::LaneFull { .. } | Error::TenantFull { .. } | Error::SessionFull { .. } | Error::RateLimited { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        Error::RedisAway(_) | Error::RedisFull | Error::BlobAway(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::RedisAnswer(_)
        | Error::Envelope(_)
        | Error::SchemaNewer { .. }
        | Error::Model(_)
        | Error::TimedOut
        | Error::Expired
        | Error::Pack(_)
        | Error::DeviceMissing(_)
        | Error::Config(_)
        | Error::Io { .. }
        | Error::ReferenceUnusable(_)
        | Error::Broken { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// What is full, and when to come back.
fn fullness(error: &Error) -> Option<(Duration, &'static str)> {
    match error {
        Error::LaneFull { retry_after } => Some((*retry_after, "lane is full, try again later")),
        Error::TenantFull { retry_after } => {
            Some((*retry_after, "too many jobs of yours are in the queue, try again later"))
        }
        Error::SessionFull { retry_after } => {
            Some((*retry_after, "too many jobs of the session are in the queue, try again later"))
        }
        Error::RateLimited { retry_after } => Some((*retry_after, "you submit faster than you may, try again later")),
        _ => None,
    }
}

fn apology(error: &Error) -> &'static str {
    match error {
        Error::RedisAway(_) => "the queue is away, try again",
        Error::RedisFull => "the queue has no memory left, try again later",
        Error::BlobAway(_) => "the object store is away, try again",
        _ => "the server failed, its log holds the reason",
    }
}

impl IntoResponse for Problem {
    /// Bears the problem as an extension; [`crate::api`]'s outermost layer, which alone knows the
    /// request's id, writes the body.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
