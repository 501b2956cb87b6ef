//! Connections: accepted, served by HTTP/1.1, and let go. What is answered is the programs' own.

use std::io::{Error, ErrorKind};
use std::pin::pin;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::shutdown::Shutdown;

/// What may go wrong in a service.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Longest that a caller may take over a request's head, and that a connection may lie idle: a caller that
/// sends a byte now and then would hold it for ever. What hyper itself takes where it is given a clock.
pub const HEAD: Duration = Duration::from_secs(30);

/// Pause after a failed accept: files that are open elsewhere have to be closed first.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves whoever connects until `shutdown`; ends with the last request that was in flight then. Callers
/// whose heads take longer than `head` are cut off.
pub async fn serve<S>(listener: TcpListener, service: S, head: Duration, shutdown: &Shutdown)
where
    S: HttpService<Incoming> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<Cause>,
    S::ResBody: Send + 'static,
    <S::ResBody as Body>::Data: Send,
    <S::ResBody as Body>::Error: Into<Cause>,
{
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head);
    let mut connections = JoinSet::new();
    while let Some(stream) = shutdown.run_until_cancelled(accept(&listener)).await {
        let connection = builder.serve_connection(TokioIo::new(stream), service.clone());
        let stop = shutdown.clone();
        // What has ended is forgotten, or the set would grow with every caller.
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let served = tokio::select! {
                served = connection.as_mut() => served,
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(cause) = served {
                tracing::debug!(%cause, "connection broke");
            }
        });
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(cause) if is_the_callers(&cause) => {}
            Err(cause) => {
                tracing::error!(%cause, "no connection can be accepted, goes on trying");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Whether a caller hung up before it was accepted.
fn is_the_callers(cause: &Error) -> bool {
    matches!(cause.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::service::service_fn;
    use hyper::{Request, Response};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// What a caller that sends `text` and waits is answered until it is cut off.
    async fn answer(text: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::new();
        let service =
            service_fn(|_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new("served".to_owned())) });
        let caller = async {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let read = stream.read_to_string(&mut answer);
            tokio::time::timeout(Duration::from_secs(20), read).await.expect("cut off").unwrap();
            shutdown.cancel();
            answer
        };
        tokio::join!(caller, serve(listener, service, Duration::from_millis(200), &shutdown)).0
    }

    #[tokio::test]
    async fn a_caller_that_dawdles_is_cut_off() {
        assert_eq!(answer("").await, "");
        assert!(!answer("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ").await.contains("served"));
        assert!(answer("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.contains("served"), "then idle, and cut off");
    }
}
