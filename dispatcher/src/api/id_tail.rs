//! The tail of an ID number, as students type it to confirm a code: compared here, kept nowhere.

use axum::Json;
use axum::http::StatusCode;
use gradphoto_shared::id_tail::{TailCheck, check_tail};
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use super::extract::Body;
use crate::problem::{Problem, ProblemBody};

/// Characters that are compared unless the caller says otherwise: as many as the official page asks for.
const LENGTH: usize = 4;
/// Longest number and longest input, in bytes: no ID number has more than 18 characters of 3 bytes each.
const BYTES_MAX: usize = 256;

/// An ID number and what was typed of it. It has no `Debug`: both are personal.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body; it is read by hand, so that no message repeats what stands in it")]
pub(super) struct TailWish {
    /// The whole number, as the caller knows it.
    number: String,
    /// What was typed: the last characters, in any width and capitals, blanks left out of account.
    typed: String,
    /// How many characters are asked for, 1 to 18; 4 unless told otherwise. Brackets count one each.
    #[schema(minimum = 1, maximum = 18, default = 4)]
    length: Option<usize>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(super) struct TailAnswer {
    /// What came of comparing.
    outcome: TailCheck,
}

/// Compares what was typed with the last characters of an ID number, 4 unless told otherwise: full-width letters
/// count as plain ones, small letters as capitals, and a pair of brackets as two characters. Nothing of it is
/// stored or logged.
#[utoipa::path(post, path = "/v1/id-tail/check", tag = "codes", request_body = TailWish, responses(
    (status = 200, body = TailAnswer),
    (status = 422, description = "invalid_field", body = ProblemBody)))]
pub(super) async fn check(
    Caller(_tenant): Caller,
    Body(wish): Body<serde_json::Value>,
) -> Result<Json<TailAnswer>, Problem> {
    let text = |field: &str| wish.get(field).and_then(|value| value.as_str()).filter(|text| text.len() <= BYTES_MAX);
    let length = match wish.get("length") {
        None => Some(LENGTH),
        Some(value) => value.as_u64().and_then(|length| usize::try_from(length).ok()),
    };
    let (Some(number), Some(typed), Some(length @ 1..=18)) = (text("number"), text("typed"), length) else {
        let says = "number and typed are texts of at most 256 bytes, length is 1 to 18";
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", says));
    };
    Ok(Json(TailAnswer { outcome: check_tail(number, typed, length) }))
}
