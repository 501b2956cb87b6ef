//! The worker's sign of life: what it is and has in hand, for those who operate it.

use std::time::Duration;

use gradphoto_shared::store::{Store, WorkerPhase, WorkerState};

use crate::orders::Ear;
use crate::outage::Outage;

/// Pause between two signs of life: a twelfth of the minute after which a silent worker is forgotten, and the
/// longest that an order to drain goes unheard when its ring is missed. A thousand workers then cost Redis 200
/// short calls a second.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a worker that ends waits for Redis to forget it; it is forgotten after a minute anyway.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Gives signs of life until dropped, and begins the drain when told to.
pub(crate) async fn beat(store: Store, ear: Ear, still: WorkerState) {
    let mut outage = Outage::new("telling that this worker lives");
    loop {
        let phase = if ear.drain.is_cancelled() { WorkerPhase::Draining } else { WorkerPhase::Ready };
        let state = WorkerState { phase, in_hand: ear.held.len(), ..still.clone() };
        let wait = match store.beat(&ear.worker, &state).await {
            Ok(is_to_drain) => {
                outage.over();
                if is_to_drain {
                    ear.begin_drain();
                }
                PAUSE
            }
            Err(error) => outage.failed(&error),
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = ear.drain.cancelled(), if phase == WorkerPhase::Ready => {}
        }
    }
}

/// Takes this worker off the list.
pub(crate) async fn leave(store: &Store, ear: &Ear) {
    // Nobody is left to be told when it fails.
    let _ = tokio::time::timeout(LAST_WORD, store.forget_worker(&ear.worker)).await;
}
