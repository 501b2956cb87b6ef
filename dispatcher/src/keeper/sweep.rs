//! Workers that are gone are forgotten, old results are trimmed.

use std::time::Duration;

use gradphoto_shared::Result;
use gradphoto_shared::store::Store;

/// Things that are swept have ages of minutes and more, so a minute late is no matter.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

pub(super) async fn round(store: &Store) -> Result<()> {
    let removed = store.sweep().await?;
    if removed > 0 {
        tracing::info!(removed, "swept");
    }
    Ok(())
}
