//! The wish to stop, from SIGINT or SIGTERM to every loop.

use tokio::signal::unix::{SignalKind, signal};
pub use tokio_util::sync::CancellationToken as Shutdown;

use crate::{Error, Result};

/// A token that is cancelled at the first SIGINT or SIGTERM.
///
/// # Errors
/// [`Error::Io`] when the handlers cannot be installed.
///
/// # Panics
/// Outside a tokio runtime.
pub fn on_signal() -> Result<Shutdown> {
    let mut interrupt =
        signal(SignalKind::interrupt()).map_err(|cause| Error::io("install the SIGINT handler", cause))?;
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|cause| Error::io("install the SIGTERM handler", cause))?;
    let shutdown = Shutdown::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        token.cancel();
    });
    Ok(shutdown)
}
