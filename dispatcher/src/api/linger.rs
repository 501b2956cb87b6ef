//! Bodies that a handler left unread: they run dry beside its answer, so that the caller gets to read it.
//!
//! A connection that is closed on unread bytes is reset, and the answer goes down with it: a caller in the
//! middle of its upload sees a broken pipe in place of "the body is larger than is taken".

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header;
use bytes::Bytes;
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};

/// Longest that the rest of a body is read and thrown away.
const LINGER: Duration = Duration::from_secs(5);

/// A request's body, of which what nobody read is thrown away when it is dropped.
struct Lingering {
    body: Body,
    /// Most bytes that are thrown away.
    most: u64,
    /// There is nothing to throw away: it was read to its end, or the caller still waits for our go before it
    /// sends, which it then never gets.
    dry: bool,
}

/// Gives a request a body whose unread rest runs dry, at most `most` bytes of it.
pub(super) fn linger(request: Request, most: u64) -> Request {
    let dry = request.headers().contains_key(header::EXPECT);
    request.map(|body| Body::new(Lingering { body, most, dry }))
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.dry = matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if self.dry || self.body.is_end_stream() {
            return;
        }
        let mut rest = std::mem::take(&mut self.body).into_data_stream();
        let most = self.most;
        tokio::spawn(tokio::time::timeout(LINGER, async move {
            let mut thrown_away = 0;
            while let Some(Ok(chunk)) = rest.next().await {
                thrown_away += chunk.len() as u64;
                if thrown_away > most {
                    break;
                }
            }
        }));
    }
}
