//! `/metrics`, `/healthz` and `/readyz` of a worker.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::{Error, Result, listen, metrics};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// How far the worker is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Models are loading, or Redis was not reached yet.
    Starting,
    /// Jobs are taken.
    Ready,
    /// Told to stop: what was begun is finished, nothing new is taken.
    Draining,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Starting, Self::Ready, Self::Draining];

    fn name(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining => "draining",
        }
    }
}

/// The worker's phase, as the doors show it. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Health(Arc<AtomicU8>);

impl Health {
    /// A worker that is starting.
    pub(crate) fn starting() -> Self {
        Self(Arc::new(AtomicU8::new(Phase::Starting as u8)))
    }

    /// Moves to another phase.
    pub(crate) fn enter(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Relaxed);
        tracing::info!(phase = phase.name(), "worker is {}", phase.name());
    }

    fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.0.load(Ordering::Relaxed))]
    }
}

/// Opens the doors and answers from a task of its own until the runtime ends; says where they are.
///
/// # Errors
/// [`Error::Io`] when the address is taken or not ours.
pub(crate) async fn serve(address: SocketAddr, health: Health) -> Result<SocketAddr> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|cause| Error::io(format!("listen on {address} for metrics"), cause))?;
    let address = listener.local_addr().map_err(|cause| Error::io("read the address of metrics", cause))?;
    let service = TowerToHyperService::new(routes(health));
    // A drain is to be seen from outside, so the doors close with the process only.
    tokio::spawn(async move { listen::serve(listener, service, listen::HEAD, &Shutdown::new()).await });
    tracing::info!(%address, "serving /metrics, /healthz, /readyz");
    Ok(address)
}

fn routes(health: Health) -> Router {
    Router::new()
        .route("/metrics", get(show_metrics))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(show_phase))
        .with_state(health)
}

async fn show_metrics() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::render())
}

async fn show_phase(State(health): State<Health>) -> impl IntoResponse {
    let phase = health.phase();
    let status = if phase == Phase::Ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, format!("{}\n", phase.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_worker_that_takes_jobs_is_ready() {
        let health = Health::starting();
        for (phase, status) in [
            (Phase::Starting, StatusCode::SERVICE_UNAVAILABLE),
            (Phase::Ready, StatusCode::OK),
            (Phase::Draining, StatusCode::SERVICE_UNAVAILABLE),
        ] {
            health.enter(phase);
            let answer = show_phase(State(health.clone())).await.into_response();
            assert_eq!(answer.status(), status, "{phase:?}");
        }
    }
}
