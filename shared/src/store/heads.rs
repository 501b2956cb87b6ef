//! What this process remembers of the records of jobs in its hands, so that finishing need not read them again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::take::Claim;

/// Most jobs remembered, about 2 MB; of older ones the records are read again.
const HEADS_MAX: usize = 10_000;

/// Heads of records by claim: digits and names, without the envelope. They hold as long as the claim lives, and once
/// it does not, whoever settles by it is refused.
#[derive(Debug, Default)]
pub(super) struct Heads(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    heads: HashMap<Claim, Box<[u8]>>,
    /// Oldest first; some were forgotten meanwhile.
    order: VecDeque<Claim>,
}

impl Heads {
    /// Remembers the head of the record that a claim found.
    pub(super) fn keep(&self, claim: Claim, head: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { heads, order } = &mut *kept;
        if heads.insert(claim, head.into()).is_none() {
            order.push_back(claim);
        }
        while order.len() > HEADS_MAX {
            if let Some(oldest) = order.pop_front() {
                heads.remove(&oldest);
            }
        }
    }

    /// The head that was remembered for a claim, and is not any more.
    pub(super) fn take(&self, claim: &Claim) -> Option<Box<[u8]>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).heads.remove(claim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::JobId;
    use crate::lane::{Lane, Shard};

    #[test]
    fn heads_are_given_once_and_only_so_many_are_kept() {
        let claim = |fence| Claim { job: JobId::new(Shard(1)), lane: Lane::Bulk, fence };
        let (heads, first, last) = (Heads::default(), claim(1), claim(2));
        heads.keep(first, b"first");
        assert_eq!(heads.take(&first).as_deref(), Some(&b"first"[..]));
        assert_eq!(heads.take(&first), None);
        heads.keep(first, b"again");
        (0..HEADS_MAX - 1).for_each(|_| heads.keep(claim(3), b"other"));
        heads.keep(last, b"last");
        assert_eq!(heads.take(&first), None, "the oldest left");
        assert_eq!(heads.take(&last).as_deref(), Some(&b"last"[..]));
        let kept = heads.0.lock().unwrap();
        assert!(kept.order.len() <= HEADS_MAX && kept.heads.len() <= HEADS_MAX);
    }
}
