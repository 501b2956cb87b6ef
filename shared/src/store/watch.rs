//! Whether Redis' clock can be trusted to end leases: they end by its wall clock, which may be set.

use std::time::{Duration, Instant};

/// How far two clocks may drift apart between two looks before one of them counts as set: round trips on a
/// busy machine take this long, and a lease is longer.
const DRIFT_MAX: Duration = Duration::from_secs(2);

/// Compares the clocks of Redis' primaries with this process' own, which nobody can set.
#[derive(Debug, Default)]
pub(super) struct Watch {
    last: Option<(Instant, Vec<u64>)>,
    set: Option<Instant>,
}

impl Watch {
    /// Whether no clock, now at `clocks_us`, was set within the last `lease`: after that every living worker
    /// has renewed by the new time. Other primaries than before count as clocks that were set.
    pub(super) fn is_steady(&mut self, clocks_us: Vec<u64>, lease: Duration) -> bool {
        self.is_steady_at(Instant::now(), clocks_us, lease)
    }

    fn is_steady_at(&mut self, now: Instant, clocks_us: Vec<u64>, lease: Duration) -> bool {
        if let Some((then, before)) = &self.last {
            let own = i128::try_from(now.duration_since(*then).as_micros()).unwrap_or(i128::MAX);
            let drift = |(clock, before): (&u64, &u64)| (i128::from(*clock) - i128::from(*before) - own).unsigned_abs();
            let drift_max = clocks_us.iter().zip(before).map(drift).max().unwrap_or_default();
            if before.len() != clocks_us.len() || drift_max > DRIFT_MAX.as_micros() {
                tracing::warn!("redis' clock was set, leases count again from now");
                self.set = Some(now);
            }
        }
        self.last = Some((now, clocks_us));
        self.set.is_none_or(|set| now.duration_since(set) > lease)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_trusted_a_lease_later() {
        let (start, lease) = (Instant::now(), Duration::from_secs(30));
        const HOUR: u64 = 3_600_000_000;
        let clock = 10 * HOUR;
        for jump in [clock + HOUR, clock - HOUR] {
            let mut watch = Watch::default();
            let mut steady = |seconds: u64, clock_us: u64| {
                watch.is_steady_at(start + Duration::from_secs(seconds), vec![clock_us], lease)
            };
            assert!(steady(0, clock));
            assert!(steady(2, clock + 2_500_000), "half a second is a slow answer");
            assert!(!steady(4, jump));
            assert!(!steady(30, jump + 26_000_000));
            assert!(steady(35, jump + 31_000_000));
        }
    }
}
