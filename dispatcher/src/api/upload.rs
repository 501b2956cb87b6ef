//! Bytes of a photo from the wire into memory, never more than may be.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// Longest that a refused caller's bytes are still read and thrown away, so that it gets to read the
/// answer: a connection closed on unread bytes is reset, and the answer with it.
const LINGER: Duration = Duration::from_secs(5);

/// A photo in memory, and its share of the memory for uploads.
#[derive(Debug)]
pub(super) struct Photo {
    pub(super) bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

/// An upload that was not read yet.
#[derive(Debug)]
pub(super) struct Upload {
    stream: BodyDataStream,
    length: Option<u64>,
    /// The caller waits for our go before it sends; refused, it sends nothing.
    expects: bool,
    limit: u64,
}

impl Upload {
    pub(super) fn new(headers: &HeaderMap, body: Body, limit: u64) -> Self {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        Self { stream: body.into_data_stream(), length, expects: headers.contains_key(header::EXPECT), limit }
    }

    /// Reads the photo, at most `limit` bytes of it.
    pub(super) async fn read(mut self, memory: &Arc<Semaphore>) -> Result<Photo, Problem> {
        if self.length.is_some_and(|length| length > self.limit) {
            return Err(self.refuse(too_large()));
        }
        let kib = u32::try_from(self.length.unwrap_or(self.limit).div_ceil(1024)).unwrap_or(u32::MAX);
        let share = Arc::clone(memory).acquire_many_owned(kib).await.expect("the semaphore is never closed");
        let mut bytes = BytesMut::new();
        while let Some(chunk) = self.stream.next().await {
            let chunk = chunk
                .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "body_broken", "the body ended before its time"))?;
            if (bytes.len() + chunk.len()) as u64 > self.limit {
                return Err(self.refuse(too_large()));
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "empty_file", "the file is empty"));
        }
        Ok(Photo { bytes: bytes.freeze(), _share: share })
    }

    /// Lets the rest of the body run dry beside the answer, for at most the limit's bytes.
    pub(super) fn refuse(self, problem: Problem) -> Problem {
        let Self { mut stream, expects, limit, .. } = self;
        if !expects {
            tokio::spawn(tokio::time::timeout(LINGER, async move {
                let mut thrown_away = 0;
                while let Some(Ok(chunk)) = stream.next().await {
                    thrown_away += chunk.len() as u64;
                    if thrown_away > limit {
                        break;
                    }
                }
            }));
        }
        problem
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the photo has more bytes than are taken")
}
