//! Sessions that are past their time are erased.

use std::time::Duration;

use gradphoto_shared::blob::Blobs;
use gradphoto_shared::store::Store;
use gradphoto_shared::{Error, Result};

/// Sessions are kept for weeks, so a minute more is no matter.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

pub(super) async fn round(store: &Store, blobs: &Blobs) -> Result<()> {
    for (tenant, session) in store.overdue().await? {
        match crate::erase::erase(store, blobs, &tenant, &session, true).await {
            // Another dispatcher was faster.
            Err(Error::UnknownSession) => {}
            done => drop(done?),
        }
    }
    Ok(())
}
