//! A session forgotten: its jobs, its answers, its photos and pictures, itself.

use gradphoto_shared::Result;
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::store::Store;

/// Erases a session, an open one only by `force`; answers how many objects were deleted. What was begun and
/// broke off is finished by calling it again: the session itself goes last.
///
/// # Errors
/// [`gradphoto_shared::Error::UnknownSession`], [`gradphoto_shared::Error::SessionOpen`]; when Redis or the
/// object store fails.
pub(crate) async fn erase(
    store: &Store,
    blobs: &Blobs,
    tenant: &TenantId,
    session: &SessionId,
    force: bool,
) -> Result<u64> {
    store.erase_begin(tenant, session, force).await?;
    // Before the objects, so that no worker makes new ones.
    store.cancel_all(tenant, session, None).await?;
    let mut objects = 0;
    for kind in ["photos", "results"] {
        objects += blobs.clear(&BlobKey::new(format!("{kind}/{tenant}/{session}"))?).await?;
    }
    store.erase(tenant, session).await?;
    tracing::info!(objects, "session is erased");
    Ok(objects)
}
