//! Jobs of workers that went silent go back to the queue, or are given up.

use std::time::Duration;

use gradphoto_shared::Result;
use gradphoto_shared::store::Store;

use super::KeeperConfig;

/// Adds at most this to the time a dead worker's job waits.
pub(super) const PAUSE: Duration = Duration::from_secs(2);

pub(super) async fn round(store: &Store, config: KeeperConfig) -> Result<()> {
    let done = store.reclaim(config.max_deaths).await?;
    for job in done.returned {
        tracing::warn!(%job, "worker went silent, the job waits again");
    }
    for job in done.buried {
        tracing::error!(%job, "too many workers died on the job, it is given up");
    }
    Ok(())
}
