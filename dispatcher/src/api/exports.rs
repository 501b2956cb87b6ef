//! A session's export: its pictures in an archive, or the list of all.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures::stream::{self, Stream, StreamExt};
use gradphoto_shared::Error;
use gradphoto_shared::name::SessionId;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};

use super::App;
use super::caller::Caller;
use super::extract::{Asked, Named};
use crate::export::{NameTemplate, Roll, archive, csv_lines, lines, workbook};
use crate::problem::{Problem, ProblemBody};

/// Exports that one dispatcher makes at a time: each has a thread, some megabytes, and the names of a session.
pub(crate) const EXPORTS_MAX: usize = 4;
/// When to ask again while others export.
const COME_BACK: Duration = Duration::from_secs(5);
/// How many rows the export has.
const ROWS: HeaderName = HeaderName::from_static("gradphoto-rows");
/// How many jobs of the session have no answer yet, and so are not in the export.
const OPEN: HeaderName = HeaderName::from_static("gradphoto-open-jobs");
/// Bytes of a spreadsheet that are read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// What to export.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportQuery {
    /// The kind of file.
    #[serde(default)]
    #[param(inline)]
    format: ExportFormat,
    /// Names of the pictures: `{subject}`, `{session}`, `{generation}`, `{job}`, and `/` for folders. A name that was
    /// given before, or differs in capitals only, gets a number; the list tells every name. A job without a student
    /// is named by its id.
    #[serde(default = "default_template")]
    template: String,
}

/// The kinds of export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Every finished picture, and `list.csv`.
    #[default]
    Zip,
    /// The list in UTF-8, for programs and spreadsheets.
    Csv,
    /// The list as a spreadsheet.
    Xlsx,
}

impl ExportFormat {
    /// The ending of its file.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Zip => "application/zip",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

fn default_template() -> String {
    "{subject}.jpg".to_owned()
}

/// The newest generation of every student's photo: the finished pictures as an archive, or a list of all with state,
/// file, advice and reasons in English and Chinese. Who has no picture stands in the list with the reason; a photo that
/// was withdrawn is not exported. Made while it is sent; where something fails the transfer breaks off, so a whole one
/// is whole. `gradphoto-rows` tells how many rows there are, `gradphoto-open-jobs` how many jobs have no answer yet.
#[utoipa::path(get, path = "/v1/sessions/{session}/export", tag = "sessions",
    params(("session" = SessionId, Path), ExportQuery), responses(
    (status = 200, description = "The file", content_type = "application/zip", body = Vec<u8>),
    (status = 400, description = "invalid_query: no such format, or no template", body = ProblemBody),
    (status = 404, description = "unknown_session", body = ProblemBody),
    (status = 413, description = "too_many_rows", body = ProblemBody),
    (status = 429, description = "too_many_exports; come back after Retry-After", body = ProblemBody)))]
pub(super) async fn session(
    State(app): State<Arc<App>>,
    Caller(tenant): Caller,
    Named(session): Named<SessionId>,
    Asked(ExportQuery { format, template }): Asked<ExportQuery>,
) -> Result<Response, Problem> {
    let template = NameTemplate::read(&template)?;
    let permit = Arc::clone(&app.exports).try_acquire_owned().map_err(|_| {
        let says = "as many exports are made as may be at a time, try again";
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_exports", says);
        problem.retry_after = Some(COME_BACK);
        problem
    })?;
    let admission = &app.admission;
    let open = admission.store.progress(&tenant, &session).await?.open();
    let roll = Roll::call(admission, &tenant, &session).await?;
    let rows = roll.len();
    let name = format!("attachment; filename=\"{session}.{}\"", format.ending());
    let body = match format {
        ExportFormat::Zip => {
            let blobs = admission.blobs.clone();
            held(permit, archive(roll.standings(), session, template, blobs, app.photo_bytes_max))
        }
        ExportFormat::Csv => held(permit, csv_lines(lines(roll.standings(), session, template))),
        ExportFormat::Xlsx => {
            let file = workbook(lines(roll.standings(), session, template)).await?;
            held(permit, pieces(tokio::fs::File::from_std(file)))
        }
    };
    let headers = [
        (header::CONTENT_TYPE, format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (ROWS, rows.to_string()),
        (OPEN, open.to_string()),
    ];
    Ok((headers, body).into_response())
}

/// A body that keeps its place among the exports until it is sent or dropped.
fn held<Piece, Failure>(
    permit: OwnedSemaphorePermit,
    pieces: impl Stream<Item = Result<Piece, Failure>> + Send + 'static,
) -> Body
where
    Piece: Into<bytes::Bytes> + 'static,
    Failure: Into<axum::BoxError> + 'static,
{
    Body::from_stream(pieces.map(move |piece| {
        let _held = &permit;
        piece
    }))
}

/// A file, piece by piece.
fn pieces(file: tokio::fs::File) -> impl Stream<Item = Result<bytes::Bytes, Error>> {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let read = file.read_buf(&mut piece).await.map_err(|cause| Error::io("read a spreadsheet", cause))?;
        Ok((read > 0).then(|| (piece.freeze(), file)))
    })
}
