//! A job in hand: moved, never shared, and consumed by `settle`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gradphoto_shared::job::{Attempt, Job};
use gradphoto_shared::metrics;
use gradphoto_shared::store::Claim;
use tokio::sync::OwnedSemaphorePermit;

/// A job in hand and the right to settle it. Holds one permit of the intake for as long as it lives.
///
/// A ticket that is dropped without `settle` leaves its job to the lease, after which another worker
/// takes it.
#[must_use = "a job in hand has to be settled, or it waits for its lease to end"]
#[derive(Debug)]
pub(crate) struct Ticket {
    job: Job,
    claim: Claim,
    number: u32,
    lost: Arc<AtomicBool>,
    held: Held,
    _permit: OwnedSemaphorePermit,
}

impl Ticket {
    /// Takes a job that the store gave out into the hand.
    pub(crate) fn new(attempt: Attempt, held: &Held, permit: OwnedSemaphorePermit) -> Self {
        let Attempt { job, fence, number } = attempt;
        let claim = Claim { job: job.id, lane: job.lane, fence };
        let lost = held.add(claim);
        metrics::flight_began(job.lane);
        Self { job, claim, number, lost, held: held.clone(), _permit: permit }
    }

    /// What to do.
    pub(crate) fn job(&self) -> &Job {
        &self.job
    }

    /// The right to settle.
    pub(crate) fn claim(&self) -> Claim {
        self.claim
    }

    /// Which try this is, 1 for the first.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Whether the lease keeper was told that somebody else has the job by now. Nothing is settled then.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// What every line of the log about this job stands in. Names the job, never the student or the
    /// photo's key.
    pub(crate) fn span(&self) -> tracing::Span {
        let Claim { job, lane, .. } = self.claim;
        tracing::info_span!("job", %job, %lane, attempt = self.number)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.held.remove(&self.claim);
        metrics::flight_ended(self.claim.lane);
    }
}

/// Every claim in hand, for the lease keeper. Bounded by the intake's permits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<Mutex<HashMap<Claim, Arc<AtomicBool>>>>);

impl Held {
    /// The claims in hand that are not known to be lost.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        self.lock().iter().filter(|(_, lost)| !lost.load(Ordering::Relaxed)).map(|(claim, _)| *claim).collect()
    }

    /// Tells the tickets of `claims`, where they still are in hand, that somebody else has their job.
    pub(crate) fn lose(&self, claims: &[Claim]) {
        let held = self.lock();
        for claim in claims {
            if let Some(lost) = held.get(claim) {
                lost.store(true, Ordering::Relaxed);
                tracing::warn!(job = %claim.job, fence = claim.fence, "lease was lost");
            }
        }
    }

    /// How many claims are in hand.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn add(&self, claim: Claim) -> Arc<AtomicBool> {
        let lost = Arc::default();
        self.lock().insert(claim, Arc::clone(&lost));
        lost
    }

    fn remove(&self, claim: &Claim) {
        self.lock().remove(claim);
    }

    /// A panic elsewhere cannot leave the map half changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<Claim, Arc<AtomicBool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use gradphoto_shared::blob::BlobKey;
    use gradphoto_shared::job::{JobId, Task};
    use gradphoto_shared::lane::{Lane, Shard};
    use gradphoto_shared::name::{SessionId, TenantId};
    use tokio::sync::Semaphore;

    use super::*;

    /// A ticket for try `number` of a job whose photo lies under `photo`.
    pub(crate) fn ticket(held: &Held, permits: &Arc<Semaphore>, photo: &str, number: u32) -> Ticket {
        let job = Job {
            id: JobId::new(Shard(3)),
            tenant: TenantId::new("t").unwrap(),
            session: SessionId::new("s").unwrap(),
            subject: None,
            generation: 0,
            lane: Lane::Onsite,
            tasks: vec![Task::Standardise],
            photo: BlobKey::new(photo).unwrap(),
            spec: "chsi".into(),
            accepted_at_ms: 1,
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
        };
        let permit = Arc::clone(permits).try_acquire_owned().unwrap();
        Ticket::new(Attempt { job, fence: number, number }, held, permit)
    }

    #[test]
    fn a_ticket_is_held_until_it_is_dropped() {
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(2)));
        let ticket = ticket(&held, &permits, "a", 1);
        assert_eq!((held.claims(), held.len(), permits.available_permits()), (vec![ticket.claim()], 1, 1));
        drop(ticket);
        assert_eq!((held.claims(), held.len(), permits.available_permits()), (vec![], 0, 2));
    }

    #[test]
    fn a_lost_claim_is_told_to_its_ticket_only() {
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(2)));
        let (kept, lost) = (ticket(&held, &permits, "a", 1), ticket(&held, &permits, "b", 1));
        held.lose(&[lost.claim()]);
        assert!(lost.is_lost() && !kept.is_lost());
        assert_eq!(held.claims(), vec![kept.claim()]);
    }
}
