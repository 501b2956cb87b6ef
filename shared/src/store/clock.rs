//! Redis' clock as far as this process knows it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What Redis said last, and when.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<(Duration, Instant)>>);

impl Clock {
    /// Notes Redis' time, microseconds since 1970 UTC.
    pub(super) fn told(&self, now_us: u64) {
        let now = Some((Duration::from_micros(now_us), Instant::now()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Redis' time in milliseconds since 1970 UTC: what it said last and what passed since; this machine's where it
    /// said nothing yet.
    pub(super) fn now_ms(&self) -> u64 {
        let told = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match told {
            Some((then, at)) => then + at.elapsed(),
            None => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        };
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_from_what_redis_said_last() {
        let clock = Clock::default();
        assert!(clock.now_ms() > 1_700_000_000_000, "this machine's clock");
        clock.told(5_000_000);
        let now = clock.now_ms();
        assert!((5_000..65_000).contains(&now), "{now}");
        clock.told(1_000_000);
        assert!(clock.now_ms() < now, "a clock that was set back");
    }
}
