//! How every lane stands, for metrics.

use std::time::Duration;

use gradphoto_shared::job::State;
use gradphoto_shared::store::Store;
use gradphoto_shared::{Result, metrics};

/// Less than the usual scrape interval of 15 s, so that a scrape is never a whole interval old.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn round(store: &Store) -> Result<()> {
    for lane in store.gauge().await? {
        metrics::queue_jobs(lane.lane, State::Waiting, lane.waiting);
        metrics::queue_jobs(lane.lane, State::Running, lane.running);
        metrics::queue_jobs(lane.lane, State::Delayed, lane.delayed);
        metrics::queue_backlog(lane.lane, lane.backlog());
        metrics::queue_oldest(lane.lane, lane.oldest);
    }
    Ok(())
}
