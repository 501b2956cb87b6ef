//! Where jobs with their photos wait for a compute thread: people first, then in order of arrival.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::spec::Spec;

use crate::layout::Bundle;
use crate::rivals::Rivals;
use crate::ticket::Ticket;

/// A job in hand with its photo's bytes.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The job.
    pub(crate) ticket: Ticket,
    /// Its photo, as it was uploaded.
    pub(crate) photo: Bytes,
    /// The standard that judges it.
    pub(crate) spec: Arc<Spec>,
    /// The order that lies where a photo would, with its pictures.
    pub(crate) order: Option<Bundle>,
    /// What `check` compares its shot with.
    pub(crate) rivals: Rivals,
}

/// The jobs that wait for a compute thread. Clones lead to the same; a ticket holds a place of the intake,
/// so it never holds more than there are places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inbox(Arc<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    jobs: Mutex<Jobs>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Jobs {
    waiting: BinaryHeap<Entry>,
    arrivals: u64,
    is_closed: bool,
}

impl Inbox {
    /// Adds a job; answers it again once the inbox is closed.
    pub(crate) fn put(&self, loaded: Loaded) -> Option<Loaded> {
        let mut jobs = self.lock();
        if jobs.is_closed {
            return Some(loaded);
        }
        jobs.arrivals += 1;
        let rank = Reverse((loaded.ticket.claim().lane, jobs.arrivals));
        jobs.waiting.push(Entry { rank, loaded });
        drop(jobs);
        self.0.news.notify_one();
        None
    }

    /// Waits for the most urgent job, of several the one that came first; `None` once the inbox is closed.
    pub(crate) fn next(&self) -> Option<Loaded> {
        let jobs = self.0.news.wait_while(self.lock(), |jobs| jobs.waiting.is_empty() && !jobs.is_closed);
        jobs.unwrap_or_else(PoisonError::into_inner).waiting.pop().map(|entry| entry.loaded)
    }

    /// Drops the jobs that are not ours any more, so that their places serve others.
    pub(crate) fn drop_lost(&self) {
        self.lock().waiting.retain(|entry| !entry.loaded.ticket.is_lost());
    }

    /// Lets nothing more in or out; answers what waited.
    pub(crate) fn close(&self) -> Vec<Loaded> {
        let mut jobs = self.lock();
        jobs.is_closed = true;
        let left = std::mem::take(&mut jobs.waiting).into_iter().map(|entry| entry.loaded).collect();
        drop(jobs);
        self.0.news.notify_all();
        left
    }

    /// Nothing panics half-way through a change, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job by its rank: the greatest goes first.
#[derive(Debug)]
struct Entry {
    rank: Reverse<(Lane, u64)>,
    loaded: Loaded,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}

impl Eq for Entry {}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use tokio::sync::Semaphore;

    use super::*;
    use crate::ticket::Held;
    use crate::ticket::tests::{job, ticket_of};

    /// The standard of jobs in tests.
    pub(crate) fn chsi() -> Arc<Spec> {
        Arc::new(Spec::preset("chsi").unwrap())
    }

    fn loaded(held: &Held, permits: &Arc<Semaphore>, photo: &str, lane: Lane) -> Loaded {
        let ticket = ticket_of(held, permits, gradphoto_shared::job::Job { lane, ..job(photo) });
        Loaded { ticket, photo: Bytes::new(), spec: chsi(), order: None, rivals: Rivals::default() }
    }

    fn name(loaded: &Loaded) -> String {
        loaded.ticket.job().photo.to_string()
    }

    #[test]
    fn people_come_first_and_equals_in_order() {
        let (inbox, held, permits) = (Inbox::default(), Held::default(), Arc::new(Semaphore::new(6)));
        let arrivals = [
            ("a", Lane::Bulk),
            ("b", Lane::Online),
            ("c", Lane::Bulk),
            ("d", Lane::Interactive),
            ("e", Lane::Onsite),
            ("f", Lane::Interactive),
        ];
        for (photo, lane) in arrivals {
            assert!(inbox.put(loaded(&held, &permits, photo, lane)).is_none());
        }
        let order: Vec<_> = (0..6).map(|_| name(&inbox.next().unwrap())).collect();
        assert_eq!(order, ["d", "f", "e", "b", "a", "c"]);
    }

    #[test]
    fn whoever_waits_is_woken_by_a_job_and_by_the_end() {
        let (inbox, held, permits) = (Inbox::default(), Held::default(), Arc::new(Semaphore::new(2)));
        let thread = |inbox: Inbox| std::thread::spawn(move || inbox.next().map(|loaded| name(&loaded)));
        let (first, second) = (thread(inbox.clone()), thread(inbox.clone()));
        // Long enough that both usually wait; the answers are the same if one does not yet.
        std::thread::sleep(Duration::from_millis(20));
        assert!(inbox.put(loaded(&held, &permits, "a", Lane::Bulk)).is_none());
        while !(first.is_finished() || second.is_finished()) {
            std::thread::yield_now();
        }
        assert!(inbox.close().is_empty());
        let mut found = [first.join().unwrap(), second.join().unwrap()];
        found.sort();
        assert_eq!(found, [None, Some("a".into())]);
        let late = inbox.put(loaded(&held, &permits, "b", Lane::Bulk)).expect("a closed inbox gives jobs back");
        assert_eq!(name(&late), "b");
    }

    #[test]
    fn what_waits_at_the_end_is_answered_to_whoever_closes() {
        let (inbox, held, permits) = (Inbox::default(), Held::default(), Arc::new(Semaphore::new(2)));
        for photo in ["a", "b"] {
            assert!(inbox.put(loaded(&held, &permits, photo, Lane::Bulk)).is_none());
        }
        assert_eq!(inbox.close().len(), 2);
        assert!(inbox.next().is_none());
        assert_eq!(permits.available_permits(), 2);
    }

    #[test]
    fn a_lost_job_gives_its_place_back_at_once() {
        let (inbox, held, permits) = (Inbox::default(), Held::default(), Arc::new(Semaphore::new(2)));
        let (kept, lost) = (loaded(&held, &permits, "a", Lane::Bulk), loaded(&held, &permits, "b", Lane::Interactive));
        let claim = lost.ticket.claim();
        assert!(inbox.put(kept).is_none() && inbox.put(lost).is_none());
        held.lose(&[claim]);
        inbox.drop_lost();
        assert_eq!(permits.available_permits(), 1);
        assert_eq!(name(&inbox.next().unwrap()), "a");
    }
}
