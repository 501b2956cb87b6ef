//! Verbs of the dispatcher's loops: reclaim, forward, sweep, gauge.

use std::time::Duration;

use super::Store;
use crate::Result;
use crate::lane::Lane;

/// What one round of [`Store::reclaim`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Jobs that wait again.
    pub returned: u64,
    /// Jobs given up because too many workers died on them.
    pub buried: u64,
}

/// How one lane stands, all shards together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneGauge {
    /// The lane.
    pub lane: Lane,
    /// Jobs in streams that nobody took.
    pub waiting: u64,
    /// Jobs in workers' hands.
    pub running: u64,
    /// Jobs put aside for another try.
    pub delayed: u64,
    /// Age of the oldest waiting job.
    pub oldest: Duration,
}

impl Store {
    /// Returns jobs whose lease ended (`lease` without renewal), and buries those with `max_deaths`
    /// tries already begun.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn reclaim(&self, _lease: Duration, _max_deaths: u32) -> Result<Reclaimed> {
        unimplemented!()
    }

    /// Moves delayed jobs that are due back to their streams; answers how many.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn forward(&self) -> Result<u64> {
        unimplemented!()
    }

    /// Forgets workers that are gone and trims the results streams to their age; answers how many
    /// things were removed.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn sweep(&self) -> Result<u64> {
        unimplemented!()
    }

    /// How every lane stands, in the order of [`crate::lane::LANES`].
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn gauge(&self) -> Result<Vec<LaneGauge>> {
        unimplemented!()
    }
}
