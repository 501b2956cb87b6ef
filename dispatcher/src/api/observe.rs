//! Around every request: its id, its time limit, its log line, its metric, and the body of its problem.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gradphoto_shared::metrics;
use tracing::Instrument;
use uuid::Uuid;

use super::linger::linger;
use super::{App, WAIT_MAX};
use crate::problem::{Problem, ProblemBody};

/// The response header that names the request.
const REQUEST_ID: &str = "x-request-id";

pub(super) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = Uuid::now_v7().simple().to_string();
    // Paths hold names; templates do not.
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched".to_owned(), |path| path.as_str().into());
    let method = request.method().clone();
    let limit = app.request_timeout.max(WAIT_MAX + Duration::from_secs(10));
    let request = linger(request, app.photo_bytes_max);
    let answered =
        tokio::time::timeout(limit, next.run(request)).instrument(tracing::info_span!("request", request = id)).await;
    let response = answered.unwrap_or_else(|_| {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the request took too long").into_response()
    });
    let (response, problem) = written(response, &id);
    let took = started.elapsed();
    let status = response.status().as_u16();
    let code = problem.as_ref().map(|problem| problem.code);
    let cause = problem.as_ref().and_then(|problem| problem.cause.as_deref());
    let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    if response.status().is_server_error() {
        tracing::warn!(request = id, %method, route, status, took_ms, code, cause, "request failed");
    } else if route.starts_with("/v1") || problem.is_some() {
        tracing::info!(request = id, %method, route, status, took_ms, code, "request");
    }
    metrics::http_answered(&route, method_name(method.as_str()), status, took);
    response
}

/// Writes a problem's body, now that the request's id is at hand.
fn written(mut response: Response, id: &str) -> (Response, Option<Problem>) {
    let problem = response.extensions_mut().remove::<Problem>();
    if let Some(problem) = &problem {
        let body = Json(ProblemBody { error: problem.facts(Some(id)) });
        let headers = std::mem::take(response.headers_mut());
        response = (problem.status, headers, body).into_response();
        // `into_response` of an empty body left its own length behind.
        response.headers_mut().remove(header::CONTENT_LENGTH);
        if let Some(pause) = problem.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, whole_seconds(pause).into());
        }
        if problem.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
    let id = HeaderValue::from_str(id).expect("hex digits are lawful in a header");
    response.headers_mut().insert(REQUEST_ID, id);
    (response, problem)
}

/// Retry-After counts whole seconds; who comes back after them is not too early.
fn whole_seconds(pause: Duration) -> u64 {
    (pause.as_secs() + u64::from(pause.subsec_nanos() > 0)).max(1)
}

/// Methods that callers make up must not become series of their own.
fn method_name(method: &str) -> &'static str {
    const KNOWN: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or("other")
}
