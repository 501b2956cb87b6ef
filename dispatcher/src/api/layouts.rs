//! Sheets to print (加洗): order them, fetch them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use futures::stream::{self, StreamExt};
use gradphoto_shared::Error;
use gradphoto_shared::job::{JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::layout::{FaultCode, LayoutFault, LayoutOrder, LayoutOutcome, PRINTS_MAX, Print};
use gradphoto_shared::name::{BatchId, SessionId};
use gradphoto_shared::session::Session;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::App;
use super::caller::Caller;
use super::extract::{Body, Named};
use super::jobs::{JobAnswer, Submitted};
use crate::admit::{Admission, LOOKUPS, Wanted, now_ms, photo_key};
use crate::export::newest_picture;
use crate::problem::{Problem, ProblemBody};
use crate::terms::{IdempotencyKey, Terms, invalid};

/// Sheets to order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLayout {
    /// What to print and how.
    pub order: LayoutOrder,
    /// How urgent; reprints wait behind people unless told otherwise.
    #[serde(default = "default_lane")]
    pub lane: Lane,
    /// The caller's name for this order, 1 to 255 visible ASCII characters; as for any job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 255)]
    pub key: Option<String>,
    /// When it may begin at the earliest, in milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before_ms: Option<u64>,
    /// When it is not begun any more, in milliseconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Longest that one try may run, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The batch it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchId>,
}

fn default_lane() -> Lane {
    Lane::Bulk
}

/// Puts an order of sheets into the queue. A picture is named by its key, by the job that made it, or by the student
/// whose newest finished one it is. The order is stored beside the photos, so that names in captions never lie in the
/// queue; the answer of the job names the sheets. What is wrong with paper, prints or captions is the job's answer.
#[utoipa::path(post, path = "/v1/sessions/{session}/layouts", tag = "layouts",
    params(("session" = SessionId, Path), ("Idempotency-Key" = Option<String>, Header, description = "As `key`")),
    request_body = NewLayout, responses(
    (status = 202, body = Submitted),
    (status = 403, description = "foreign_picture", body = ProblemBody),
    (status = 404, description = "unknown_session, picture_missing", body = ProblemBody),
    (status = 409, description = "session_not_open, key_reused, batch_sealed", body = ProblemBody),
    (status = 413, description = "body_too_large, too_many_pictures", body = ProblemBody),
    (status = 422, description = "invalid_field, invalid_times, invalid_key, nothing_to_print, picture_unnamed",
        body = ProblemBody),
    (status = 429, description = "lane_full, tenant_full, session_full, rate_limited; come back after Retry-After",
        body = ProblemBody)))]
pub(super) async fn submit(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    headers: HeaderMap,
    Body(new): Body<NewLayout>,
) -> Result<(StatusCode, Json<Submitted>), Problem> {
    let NewLayout { order, lane, key, not_before_ms, deadline_ms, timeout_ms, batch } = new;
    let key = match (key, IdempotencyKey::of(&headers)?) {
        (Some(_), Some(_)) => return Err(invalid("an order has one key, in the header or in its field `key`")),
        (Some(text), None) => Some(IdempotencyKey::new(text)?),
        (None, key) => key,
    };
    let terms = Terms { key, not_before_ms, deadline_ms, timeout_ms, batch };
    terms.check(now_ms())?;
    let session = app.admission.open_session(&tenant, &session).await?;
    let order = resolved(&app.admission, &session, order).await?;
    app.admission.charge(&tenant, 1).await?;
    let text = serde_json::to_vec(&order).expect("an order is plain data");
    let photo = photo_key(&tenant, &session.id, &hex::encode(Sha256::digest(&text)))?;
    app.admission.blobs.put(&photo, text.into()).await?;
    let wanted =
        Wanted { photo, subject: None, generation: 0, lane, tasks: vec![Task::Layout], terms, references: Vec::new() };
    let mut answers = app.admission.admit(&session, vec![Ok(wanted)]).await?;
    let id = answers.pop().expect("one answer for one job")?;
    Ok((StatusCode::ACCEPTED, Json(Submitted { jobs: vec![JobAnswer::Id(id)] })))
}

/// The order with every picture named by its key or job, all of which exist.
async fn resolved(admission: &Admission, session: &Session, mut order: LayoutOrder) -> Result<LayoutOrder, Problem> {
    if order.prints.len() > PRINTS_MAX {
        return Err(refusal(&FaultCode::TooManyPictures.into()));
    }
    let Session { tenant, id, .. } = session;
    let unnamed = |print: &Print| print.subject.clone().filter(|_| print.picture.is_none() && print.job.is_none());
    let subjects: Vec<_> = order.prints.iter().map(unnamed).collect();
    let found = subjects.into_iter().map(|subject| async move {
        match subject {
            Some(subject) => newest_picture(admission, tenant, id, &subject).await,
            None => Ok(None),
        }
    });
    let found: Vec<_> = stream::iter(found).buffered(LOOKUPS).collect().await;
    for (print, found) in order.prints.iter_mut().zip(found) {
        print.picture = print.picture.take().or(found?);
    }
    let missing = |print: &Print| print.subject.is_some() && print.key(tenant, id).is_none();
    if let Some(at) = order.prints.iter().position(missing) {
        return Err(refusal(&FaultCode::PictureMissing.of(at)));
    }
    let keys = order.pictures(tenant, id).map_err(|fault| refusal(&fault))?;
    let sizes = keys.into_iter().map(|key| async move { admission.blobs.size(&key).await });
    let sizes: Vec<_> = stream::iter(sizes).buffered(LOOKUPS).collect().await;
    for (at, size) in sizes.into_iter().enumerate() {
        size.map_err(|error| match error {
            Error::BlobMissing => refusal(&FaultCode::PictureMissing.of(at)),
            error => error.into(),
        })?;
    }
    Ok(order)
}

/// A fault of an order as a problem of its request.
fn refusal(fault: &LayoutFault) -> Problem {
    let status = match fault.code {
        FaultCode::ForeignPicture => StatusCode::FORBIDDEN,
        FaultCode::PictureMissing => StatusCode::NOT_FOUND,
        FaultCode::TooManyPictures => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let which = fault.print.map_or_else(String::new, |print| format!(" (print {print} of the order)"));
    Problem::new(status, fault.code.code(), format!("{}{which}", fault.en.trim_end_matches('.')))
}

/// A file of an order's sheets: a JPEG, or the PDF as number 1.
#[utoipa::path(get, path = "/v1/jobs/{id}/sheets/{number}", tag = "layouts",
    params(("id" = JobId, Path), ("number" = usize, Path, description = "From 1")), responses(
    (status = 200, description = "The file", content_type = "image/jpeg", body = Vec<u8>),
    (status = 404, description = "unknown_job, unknown_sheet, photo_missing", body = ProblemBody),
    (status = 409, description = "no_sheets: not finished, or refused", body = ProblemBody)))]
pub(super) async fn sheet(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named((id, number)): Named<(JobId, usize)>,
) -> Result<impl IntoResponse, Problem> {
    let view = app.admission.store.look(&tenant, &id).await?;
    let Some(LayoutOutcome::Finished { sheets, facts }) = view.result.and_then(|result| result.layout) else {
        return Err(Problem::new(StatusCode::CONFLICT, "no_sheets", "the job has no sheets"));
    };
    let Some(key) = number.checked_sub(1).and_then(|at| sheets.get(at)) else {
        let says = format!("the job has sheets 1 to {}", sheets.len());
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_sheet", says));
    };
    let (bytes, file) = app.admission.blobs.stream(key).await?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(facts.format.media_type())),
        (header::CONTENT_LENGTH, bytes.into()),
    ];
    Ok((headers, axum::body::Body::from_stream(file)))
}
