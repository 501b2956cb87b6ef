//! Hears what the dispatcher tells workers at once: jobs that nobody wants any more, workers to drain.
//!
//! An order that was missed is found out later: a cancelled job at the next renewal of its lease, a drain at
//! the next sign of life.

use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::{Order, Orders, WorkerName};

use crate::inbox::Inbox;
use crate::ticket::Held;

/// What orders are carried out on.
#[derive(Clone, Debug)]
pub(crate) struct Ear {
    /// Our name.
    pub(crate) worker: WorkerName,
    /// Every claim in hand.
    pub(crate) held: Held,
    /// Jobs that wait for a thread.
    pub(crate) inbox: Inbox,
    /// Begins the drain.
    pub(crate) drain: Shutdown,
}

impl Ear {
    /// Carries out orders for ever.
    pub(crate) async fn listen(self, mut orders: Orders) {
        loop {
            let order = orders.next().await;
            self.obey(&order);
        }
    }

    fn obey(&self, order: &Order) {
        match order {
            Order::Cancel(job) if self.held.cancel(job) => {
                tracing::info!(%job, "job is not wanted any more");
                self.inbox.drop_lost();
            }
            Order::Drain(worker) if *worker == self.worker => self.begin_drain(),
            Order::Cancel(_) | Order::Drain(_) => {}
        }
    }

    /// Begins the drain that somebody asked the dispatcher for.
    pub(crate) fn begin_drain(&self) {
        if !self.drain.is_cancelled() {
            tracing::info!(worker = %self.worker.0, "told to drain by an operator");
            self.drain.cancel();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::inbox::Loaded;
    use crate::inbox::tests::chsi;
    use crate::rivals::Rivals;
    use crate::ticket::tests::ticket;

    fn ear() -> Ear {
        let (held, inbox, drain) = Default::default();
        Ear { worker: WorkerName::unique(), held, inbox, drain }
    }

    #[test]
    fn a_cancelled_job_leaves_the_inbox_and_its_thread() {
        let (ear, places) = (ear(), Arc::new(Semaphore::new(3)));
        let begun = ticket(&ear.held, &places, "a", 1);
        let [waits, kept] = ["b", "c"].map(|photo| ticket(&ear.held, &places, photo, 1));
        let orders = [&begun, &waits].map(|ticket| Order::Cancel(ticket.job().id));
        for ticket in [waits, kept] {
            assert!(
                ear.inbox
                    .put(Loaded { ticket, photo: Bytes::new(), spec: chsi(), order: None, rivals: Rivals::default() })
                    .is_none()
            );
        }
        for order in &orders {
            ear.obey(order);
        }
        assert!(begun.is_lost());
        let left = ear.inbox.close();
        assert_eq!((left.len(), left[0].ticket.is_lost()), (1, false));
    }

    #[test]
    fn a_drain_is_for_one_worker() {
        let ear = ear();
        ear.obey(&Order::Drain(WorkerName::unique()));
        assert!(!ear.drain.is_cancelled());
        ear.obey(&Order::Drain(ear.worker.clone()));
        assert!(ear.drain.is_cancelled());
    }
}
