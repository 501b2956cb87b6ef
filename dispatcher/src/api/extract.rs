//! Paths, queries and JSON bodies, read strictly, refused in our own shape.

use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Names in the path.
#[derive(Debug)]
pub(super) struct Named<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Named<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        let refuse = |_| Problem::new(StatusCode::BAD_REQUEST, "invalid_name", "a name in the path is not lawful");
        read.map(|Path(value)| Self(value)).map_err(refuse)
    }
}

/// What stands behind the `?`.
#[derive(Debug)]
pub(super) struct Asked<T>(pub(super) T);

impl<T, S> FromRequestParts<S> for Asked<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        let refuse =
            |cause: QueryRejection| Problem::new(StatusCode::BAD_REQUEST, "invalid_query", plain(&cause.body_text()));
        read.map(|Query(value)| Self(value)).map_err(refuse)
    }
}

/// A JSON body, whatever its content type says.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|cause| match cause.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is larger than is taken")
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, "body_broken", "the body ended before its time"),
        })?;
        let value = serde_json::from_slice(&bytes).map_err(|cause| {
            let says = format!("the body is no JSON: {cause}");
            Problem::new(StatusCode::BAD_REQUEST, "invalid_json", plain(&says))
        })?;
        fields(value).map(Self)
    }
}

/// Reads the fields of a JSON value.
pub(super) fn fields<T: DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    T::deserialize(value)
        .map_err(|cause| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", plain(&cause.to_string())))
}

/// One line, not long: a caller's own text may stand in it.
fn plain(message: &str) -> String {
    message.chars().filter(|letter| !letter.is_control()).take(300).collect()
}
