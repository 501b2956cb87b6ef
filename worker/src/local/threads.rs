//! Many threads, one order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use gradphoto_shared::Result;

/// Items a thread that may be begun past the one whose answer is awaited. While that one takes as long as so many others,
/// nobody waits for it; each answer held meanwhile is up to 250 KB where a report is made.
const AHEAD: usize = 16;

/// Works through `items` on up to `threads` threads, each with its own worker from `begin`, and gives the
/// answers to `take` on the calling thread in the items' order. A worker that answers nothing ends the work: no new
/// item is begun, and whatever was answered is given. No item is begun more than [`AHEAD`] a thread past the first that
/// was not taken, so that one slow item does not fill the memory with later answers.
///
/// # Errors
/// The first that `begin` or `take` answers; no new item is begun after it.
pub(super) fn in_order<I: Sync, A: Send, W: FnMut(&I) -> Option<A>>(
    items: &[I],
    threads: NonZeroUsize,
    begin: &(dyn Fn() -> Result<W> + Sync),
    take: &mut dyn FnMut(A) -> Result<()>,
) -> Result<()> {
    let threads = threads.get().min(items.len());
    let turns = Turns::new(items.len(), threads.saturating_mul(AHEAD));
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads {
            let (send, turns) = (send.clone(), &turns);
            scope.spawn(move || {
                let mut work = match begin() {
                    Ok(work) => work,
                    Err(error) => return drop(send.send(Err(error))),
                };
                // The others would wait for ever for an item whose worker broke.
                let _end = StopOnPanic(turns);
                while let Some(at) = turns.next() {
                    let Some(answer) = work(&items[at]) else { return turns.stop() };
                    // The receiver is gone only after an error that ends the work anyway.
                    if send.send(Ok((at, answer))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let done = reorder(receive, &turns, take);
        turns.stop();
        done
    })
}

fn reorder<A>(
    receive: mpsc::Receiver<Result<(usize, A)>>,
    turns: &Turns,
    take: &mut dyn FnMut(A) -> Result<()>,
) -> Result<()> {
    let (mut early, mut expected) = (BTreeMap::new(), 0);
    for answer in receive {
        let (at, answer) = answer?;
        early.insert(at, answer);
        while let Some(answer) = early.remove(&expected) {
            take(answer)?;
            expected += 1;
            turns.taken();
        }
    }
    // Behind an item that was not answered.
    early.into_values().try_for_each(take)
}

/// Whose turn it is: which item is begun next, and when.
struct Turns {
    items: usize,
    ahead: usize,
    now: Mutex<Now>,
    moved: Condvar,
}

/// How far the work is.
#[derive(Default)]
struct Now {
    begun: usize,
    taken: usize,
    stopped: bool,
}

impl Turns {
    fn new(items: usize, ahead: usize) -> Self {
        Self { items, ahead, now: Mutex::default(), moved: Condvar::new() }
    }

    /// The next item, once it may be begun; `None` when no more are.
    fn next(&self) -> Option<usize> {
        let waits = |now: &mut Now| !now.stopped && now.begun < self.items && now.begun >= now.taken + self.ahead;
        let mut now = self.moved.wait_while(self.lock(), waits).unwrap_or_else(PoisonError::into_inner);
        let next = (!now.stopped && now.begun < self.items).then_some(now.begun)?;
        now.begun += 1;
        Some(next)
    }

    /// One more answer was taken, in the items' order.
    fn taken(&self) {
        self.lock().taken += 1;
        self.moved.notify_all();
    }

    /// Nothing more is begun.
    fn stop(&self) {
        self.lock().stopped = true;
        self.moved.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        // Nothing can break between two lines that set numbers.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops the work when its thread breaks.
struct StopOnPanic<'a>(&'a Turns);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use gradphoto_shared::Error;

    use super::*;

    const THREE: NonZeroUsize = NonZeroUsize::new(3).expect("three is not none");

    #[test]
    fn answers_come_in_order() {
        let items: Vec<u64> = (0..40).collect();
        let begin = || {
            Ok(|item: &u64| {
                // Early items take longest.
                thread::sleep(Duration::from_micros(40 * (40 - item)));
                Some(item * 2)
            })
        };
        let mut taken = Vec::new();
        let take = &mut |answer| {
            taken.push(answer);
            Ok(())
        };
        in_order(&items, THREE, &begin, take).expect("nothing fails");
        assert_eq!(taken, items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_worker_that_cannot_begin_ends_all() {
        let begin = || -> Result<fn(&u64) -> Option<()>> { Err(Error::UnknownSpec) };
        let done = in_order(&[1, 2, 3], THREE, &begin, &mut |()| Ok(()));
        assert!(matches!(done, Err(Error::UnknownSpec)));
    }

    #[test]
    fn a_taker_that_fails_ends_all() {
        let items: Vec<u64> = (0..1000).collect();
        let begin = || Ok(|item: &u64| Some(*item));
        let done = in_order(&items, THREE, &begin, &mut |item| if item == 5 { Err(Error::UnknownJob) } else { Ok(()) });
        assert!(matches!(done, Err(Error::UnknownJob)));
    }

    #[test]
    fn what_was_answered_before_a_stop_is_given() {
        let items: Vec<u64> = (0..1000).collect();
        let begin = || Ok(|item: &u64| (*item != 5).then_some(*item));
        let mut taken = Vec::new();
        let take = &mut |item| {
            taken.push(item);
            Ok(())
        };
        in_order(&items, THREE, &begin, take).expect("nothing fails");
        assert!(taken.starts_with(&[0, 1, 2, 3, 4]) && taken.len() < 1000 && taken.is_sorted(), "{taken:?}");
    }

    #[test]
    fn a_slow_item_lets_only_so_many_be_begun_past_it() {
        let items: Vec<usize> = (0..1000).collect();
        let begun = AtomicUsize::new(0);
        let most = THREE.get() * AHEAD;
        let begin = || {
            Ok(|item: &usize| {
                begun.fetch_add(1, Ordering::SeqCst);
                // The first waits until the others have gone as far as they may, and a little for one that goes farther.
                while *item == 0 && begun.load(Ordering::SeqCst) < most {
                    thread::sleep(Duration::from_millis(1));
                }
                if *item == 0 {
                    thread::sleep(Duration::from_millis(20));
                    assert_eq!(begun.load(Ordering::SeqCst), most);
                }
                Some(*item)
            })
        };
        let mut taken = Vec::new();
        let take = &mut |item| {
            taken.push(item);
            Ok(())
        };
        in_order(&items, THREE, &begin, take).expect("nothing fails");
        assert_eq!(taken, items);
    }

    #[test]
    fn a_worker_that_breaks_leaves_nobody_waiting() {
        let items: Vec<usize> = (0..1000).collect();
        let begin = || {
            Ok(|item: &usize| {
                assert!(*item != 0, "as a fault of ours would");
                Some(())
            })
        };
        let work = || in_order(&items, THREE, &begin, &mut |()| Ok(()));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).is_err());
    }
}
