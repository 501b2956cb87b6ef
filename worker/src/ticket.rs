//! A job in hand: moved, never shared, and consumed by `settle`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gradphoto_shared::job::{Attempt, Job, JobId};
use gradphoto_shared::metrics;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::Claim;
use tokio::sync::OwnedSemaphorePermit;

/// A job in hand and the right to settle it. Holds one place of the intake for as long as it lives.
///
/// A ticket that is dropped without `settle` leaves its job to the lease, after which another worker
/// takes it.
#[must_use = "a job in hand has to be settled, or it waits for its lease to end"]
#[derive(Debug)]
pub(crate) struct Ticket {
    job: Job,
    claim: Claim,
    number: u32,
    facts: Arc<Facts>,
    held: Held,
    _permit: OwnedSemaphorePermit,
}

/// What others may know of a ticket.
#[derive(Debug)]
struct Facts {
    /// Cancelled once the job is not ours any more.
    lost: Shutdown,
    /// Longest that one try may run.
    limit: Duration,
    /// When a compute thread began it.
    begun: OnceLock<Instant>,
    /// Whether it was told of as hanging.
    hangs: AtomicBool,
}

impl Facts {
    fn is_over_by(&self, more: Duration) -> bool {
        self.begun.get().is_some_and(|begun| begun.elapsed() > self.limit.saturating_add(more))
    }
}

impl Ticket {
    /// Takes a job that the store gave out into the hand. One try of it may run as long as the job itself
    /// says, but never longer than `limit`.
    pub(crate) fn new(attempt: Attempt, held: &Held, limit: Duration, permit: OwnedSemaphorePermit) -> Self {
        let Attempt { job, fence, number } = attempt;
        let claim = Claim { job: job.id, lane: job.lane, fence };
        let limit = job.timeout_ms.map_or(limit, |own_ms| limit.min(Duration::from_millis(own_ms)));
        let facts = held.add(claim, limit);
        metrics::flight_began(job.lane);
        Self { job, claim, number, facts, held: held.clone(), _permit: permit }
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

    /// Longest that one try may run.
    pub(crate) fn limit(&self) -> Duration {
        self.facts.limit
    }

    /// Cancelled once somebody else has the job or nobody wants it.
    pub(crate) fn lost(&self) -> &Shutdown {
        &self.facts.lost
    }

    /// Whether somebody else has the job by now, or nobody wants it. Nothing is settled then.
    pub(crate) fn is_lost(&self) -> bool {
        self.facts.lost.is_cancelled()
    }

    /// Notes that a compute thread begins: from now on the time of the try counts.
    pub(crate) fn begin(&self) {
        // A ticket is begun by one thread only.
        let _ = self.facts.begun.set(Instant::now());
    }

    /// Whether the try has run longer than it may.
    pub(crate) fn is_over_time(&self) -> bool {
        self.facts.is_over_by(Duration::ZERO)
    }

    /// Whether the job is not to be begun any more, by this machine's clock.
    pub(crate) fn is_expired(&self) -> bool {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.job.deadline_ms.is_some_and(|deadline_ms| since_1970 >= Duration::from_millis(deadline_ms))
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

/// Every claim in hand, for the lease keeper. Bounded by the intake's places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<Mutex<HashMap<Claim, Arc<Facts>>>>);

impl Held {
    /// The claims in hand that are not known to be lost.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        self.lock().iter().filter(|(_, facts)| !facts.lost.is_cancelled()).map(|(claim, _)| *claim).collect()
    }

    /// Tells the tickets of `claims`, where they still are in hand, that somebody else has their job.
    pub(crate) fn lose(&self, claims: &[Claim]) {
        let held = self.lock();
        for claim in claims {
            if let Some(facts) = held.get(claim) {
                facts.lost.cancel();
                tracing::warn!(job = %claim.job, fence = claim.fence, "lease was lost");
            }
        }
    }

    /// Tells the ticket of a job that nobody wants it any more; answers whether the job is in hand.
    pub(crate) fn cancel(&self, job: &JobId) -> bool {
        let held = self.lock();
        let tickets = held.iter().filter(|(claim, _)| claim.job == *job);
        tickets.map(|(_, facts)| facts.lost.cancel()).count() > 0
    }

    /// Gives up the jobs that run for more than `grace` past their time: a stage that hangs asks nobody
    /// whether to go on. Answers how many compute threads hang.
    pub(crate) fn give_up_hanging(&self, grace: Duration) -> usize {
        let held = self.lock();
        let hanging = held.iter().filter(|(_, facts)| facts.is_over_by(grace));
        let tell = |(claim, facts): (&Claim, &Arc<Facts>)| {
            if !facts.hangs.swap(true, Ordering::Relaxed) {
                facts.lost.cancel();
                metrics::job_hangs(claim.lane);
                tracing::error!(job = %claim.job, limit_s = facts.limit.as_secs_f64(), "job hangs, its lease ends");
            }
        };
        hanging.map(tell).count()
    }

    /// How many claims are in hand.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn add(&self, claim: Claim, limit: Duration) -> Arc<Facts> {
        let (lost, hangs) = (Shutdown::new(), AtomicBool::new(false));
        let facts = Arc::new(Facts { lost, limit, begun: OnceLock::new(), hangs });
        self.lock().insert(claim, Arc::clone(&facts));
        facts
    }

    fn remove(&self, claim: &Claim) {
        self.lock().remove(claim);
    }

    /// A panic elsewhere cannot leave the map half changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, HashMap<Claim, Arc<Facts>>> {
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

    /// Time that no test takes.
    const LIMIT: Duration = Duration::from_secs(3600);

    /// A job whose photo lies under `photo`.
    pub(crate) fn job(photo: &str) -> Job {
        Job {
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
            references: Vec::new(),
        }
    }

    /// A ticket for try `number` of a job whose photo lies under `photo`.
    pub(crate) fn ticket(held: &Held, permits: &Arc<Semaphore>, photo: &str, number: u32) -> Ticket {
        let permit = Arc::clone(permits).try_acquire_owned().unwrap();
        Ticket::new(Attempt { job: job(photo), fence: number, number }, held, LIMIT, permit)
    }

    /// A ticket for the first try of a job.
    pub(crate) fn ticket_of(held: &Held, permits: &Arc<Semaphore>, job: Job) -> Ticket {
        let permit = Arc::clone(permits).try_acquire_owned().unwrap();
        Ticket::new(Attempt { job, fence: 1, number: 1 }, held, LIMIT, permit)
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

    #[test]
    fn a_cancelled_job_is_told_to_its_ticket_only() {
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(2)));
        let (kept, cancelled) = (ticket(&held, &permits, "a", 1), ticket(&held, &permits, "b", 1));
        assert!(held.cancel(&cancelled.job().id));
        assert!(!held.cancel(&JobId::new(Shard(3))), "no such job in hand");
        assert!(cancelled.is_lost() && !kept.is_lost());
    }

    #[test]
    fn time_counts_from_the_beginning_and_the_shorter_limit_holds() {
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(3)));
        let timed = |timeout_ms| ticket_of(&held, &permits, Job { timeout_ms, ..job("a") });
        let (short, long, none) = (timed(Some(0)), timed(Some(u64::MAX)), timed(None));
        assert_eq!((short.limit(), long.limit(), none.limit()), (Duration::ZERO, LIMIT, LIMIT));
        assert!(!short.is_over_time(), "it was not begun");
        for ticket in [&short, &long, &none] {
            ticket.begin();
        }
        std::thread::sleep(Duration::from_millis(1));
        assert!(short.is_over_time() && !long.is_over_time() && !none.is_over_time());
        assert_eq!(held.give_up_hanging(Duration::from_secs(60)), 0);
        for _ in 0..2 {
            assert_eq!(held.give_up_hanging(Duration::ZERO), 1);
        }
        assert!(short.is_lost() && !long.is_lost());
    }

    #[test]
    fn a_deadline_is_a_moment_of_the_clock() {
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(3)));
        for (deadline_ms, expired) in [(None, false), (Some(1), true), (Some(u64::MAX), false)] {
            let ticket = ticket_of(&held, &permits, Job { deadline_ms, ..job("a") });
            assert_eq!(ticket.is_expired(), expired, "{deadline_ms:?}");
        }
    }
}
