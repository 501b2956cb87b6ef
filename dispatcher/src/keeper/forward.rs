//! Delayed jobs that are due go back to their streams.

use std::time::Duration;

use gradphoto_shared::Result;
use gradphoto_shared::store::Store;

/// Adds at most this to a job's pause before its next try.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

pub(super) async fn round(store: &Store) -> Result<()> {
    let moved = store.forward().await?;
    if moved > 0 {
        tracing::debug!(moved, "forwarded delayed jobs");
    }
    Ok(())
}
