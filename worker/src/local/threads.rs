//! Many threads, one order.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use gradphoto_shared::Result;

/// Works through `items` on up to `threads` threads, each with its own worker from `begin`, and gives the
/// answers to `take` on the calling thread in the items' order. A worker that answers nothing ends the work: no new
/// item is begun, and whatever was answered is given.
///
/// # Errors
/// The first that `begin` or `take` answers; no new item is begun after it.
pub(super) fn in_order<I: Sync, A: Send, W: FnMut(&I) -> Option<A>>(
    items: &[I],
    threads: NonZeroUsize,
    begin: &(dyn Fn() -> Result<W> + Sync),
    take: &mut dyn FnMut(A) -> Result<()>,
) -> Result<()> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (send, receive) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..threads.get().min(items.len()) {
            let send = send.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                let mut work = match begin() {
                    Ok(work) => work,
                    Err(error) => return drop(send.send(Err(error))),
                };
                while !stop.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let Some(answer) = work(item) else { return stop.store(true, Ordering::Relaxed) };
                    // The receiver is gone only after an error that ends the work anyway.
                    if send.send(Ok((at, answer))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let done = reorder(receive, take);
        stop.store(true, Ordering::Relaxed);
        done
    })
}

fn reorder<A>(receive: mpsc::Receiver<Result<(usize, A)>>, take: &mut dyn FnMut(A) -> Result<()>) -> Result<()> {
    let (mut early, mut expected) = (BTreeMap::new(), 0);
    for answer in receive {
        let (at, answer) = answer?;
        early.insert(at, answer);
        while let Some(answer) = early.remove(&expected) {
            take(answer)?;
            expected += 1;
        }
    }
    // Behind an item that was not answered.
    early.into_values().try_for_each(take)
}

#[cfg(test)]
mod tests {
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
}
