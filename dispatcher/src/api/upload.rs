//! Bytes of a photo from the wire into memory, never more than may be.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::Problem;

/// A photo in memory, and its share of the memory for uploads.
#[derive(Debug)]
pub(super) struct Photo {
    pub(super) bytes: Bytes,
    _share: OwnedSemaphorePermit,
}

impl Photo {
    /// Reads a request's body, at most `limit` bytes of it, once there is room for it in `memory`.
    pub(super) async fn read(
        headers: &HeaderMap,
        body: Body,
        limit: u64,
        memory: &Arc<Semaphore>,
    ) -> Result<Self, Problem> {
        let length: Option<u64> =
            headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if length.is_some_and(|length| length > limit) {
            return Err(too_large());
        }
        let kib = u32::try_from(length.unwrap_or(limit).div_ceil(1024)).unwrap_or(u32::MAX);
        let share = Arc::clone(memory).acquire_many_owned(kib).await.expect("the semaphore is never closed");
        let mut stream = body.into_data_stream();
        let mut bytes = BytesMut::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk
                .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "body_broken", "the body ended before its time"))?;
            if (bytes.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "empty_file", "the file is empty"));
        }
        Ok(Self { bytes: bytes.freeze(), _share: share })
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the photo has more bytes than are taken")
}
