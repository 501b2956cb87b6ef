//! Keeps the leases of all jobs in hand, on a thread and a connection of its own: neither a busy
//! processor nor a slow answer to somebody else may cost a job its lease.

use std::thread::JoinHandle;
use std::time::Duration;

use gradphoto_shared::config::RedisConfig;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::{Limits, Store};
use gradphoto_shared::{Error, Result};

use crate::outage::Outage;
use crate::ticket::Held;

/// Renewals in one lease: two may fail before the third is too late.
const RENEWALS: u32 = 3;

/// Starts the keeper. It ends when `stop` is cancelled.
///
/// # Errors
/// [`Error::Io`] when the thread cannot be started.
pub(crate) fn keep(config: RedisConfig, lease: Duration, held: Held, stop: Shutdown) -> Result<JoinHandle<Result<()>>> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|cause| Error::io("start the lease keeper", cause))?;
        runtime.block_on(async {
            let limits = Limits { lease, ..Limits::default() };
            let store = Store::connect_with(&config, limits).await?;
            stop.run_until_cancelled(renew(&store, lease / RENEWALS, &held)).await;
            Ok(())
        })
    };
    let thread = std::thread::Builder::new().name("lease".into()).spawn(run);
    thread.map_err(|cause| Error::io("start the lease keeper", cause))
}

/// Renews for ever. May be dropped at any point: a renewal that nobody waits for does no harm.
async fn renew(store: &Store, pause: Duration, held: &Held) {
    let mut outage = Outage::new("renewing leases");
    loop {
        let claims = held.claims();
        let wait = if claims.is_empty() {
            pause
        } else {
            match store.extend(&claims).await {
                Ok(lost) => {
                    outage.over();
                    held.lose(&lost);
                    pause
                }
                // Sooner than the next round: a short outage must not eat up the lease.
                Err(error) => outage.failed(&error).min(pause),
            }
        };
        tokio::time::sleep(wait).await;
    }
}
