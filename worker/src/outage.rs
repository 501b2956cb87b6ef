//! Trouble with something around us: said once when it begins, once when it ends, with pauses between.

use std::time::{Duration, Instant};

use gradphoto_shared::Error;

/// First pause after a failure: about what Redis or an object store takes to answer again after a
/// dropped connection (Redis 137 ms, measured).
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause: how late a worker may notice that Redis is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How calls to one thing outside are going.
#[derive(Debug)]
pub(crate) struct Outage {
    what: String,
    failures: u32,
    began: Option<Instant>,
}

impl Outage {
    /// Calls named `what` in the log, all well so far.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), failures: 0, began: None }
    }

    /// Notes a failure and answers how long to wait before the next try.
    pub(crate) fn failed(&mut self, error: &Error) -> Duration {
        if self.began.is_none() {
            self.began = Some(Instant::now());
            tracing::warn!(what = %self.what, code = error.code(), "{error}; trying again until it is back");
        }
        self.failures = self.failures.saturating_add(1);
        jittered(FIRST_PAUSE, LONGEST_PAUSE, self.failures)
    }

    /// Notes that a call went well.
    pub(crate) fn over(&mut self) {
        if let Some(began) = self.began.take() {
            self.failures = 0;
            let seconds = began.elapsed().as_secs_f64();
            tracing::info!(what = %self.what, seconds, "is back");
        }
    }
}

/// A pause before try `failures` + 1: evenly spread between nothing and `first` doubled with every failure
/// but never past `longest`. Full spread keeps many workers from coming back in step; it needed the fewest
/// calls of the kinds compared in the AWS Architecture Blog, "Exponential Backoff and Jitter", 2015.
pub(crate) fn jittered(first: Duration, longest: Duration, failures: u32) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    doubled.min(longest).mul_f64(rand::random_range(0.0..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_limit_and_differ() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        for (failures, limit_s) in [(0, 1), (1, 1), (2, 2), (5, 16), (7, 60), (1000, 60)] {
            let pauses: Vec<_> = (0..200).map(|_| jittered(first, longest, failures)).collect();
            let limit = Duration::from_secs(limit_s);
            assert!(pauses.iter().all(|pause| *pause < limit), "{failures} failures");
            assert!(pauses.iter().any(|pause| *pause > limit / 2), "{failures} failures");
            assert!(pauses.iter().any(|pause| *pause < limit / 2), "{failures} failures");
        }
    }

    #[test]
    fn an_outage_ends() {
        let mut outage = Outage::new("redis");
        for _ in 0..10 {
            assert!(outage.failed(&Error::RedisFull) <= LONGEST_PAUSE);
        }
        outage.over();
        assert!(outage.failed(&Error::RedisFull) <= FIRST_PAUSE);
    }
}
