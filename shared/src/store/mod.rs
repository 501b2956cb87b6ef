//! The one door to Redis: keys, scripts and the verbs of those who call them.
//!
//! `send` serves the dispatcher's API, `take` the workers, `keep` the dispatcher's loops.

mod keep;
mod send;
mod take;

pub use keep::{LaneGauge, Reclaimed};
pub use send::{JobView, ResultEvent, ResultPage};
pub use take::{Claim, Finished, WorkerName};

use crate::Result;
use crate::config::RedisConfig;

/// A handle on the queue; clones share one connection.
#[derive(Clone, Debug)]
pub struct Store {}

impl Store {
    /// Connects. Does not wait for Redis: it comes and goes, and the handle follows.
    ///
    /// # Errors
    /// [`crate::Error::Config`] when the address cannot be read.
    pub async fn connect(_config: &RedisConfig) -> Result<Self> {
        unimplemented!()
    }

    /// Whether Redis answers, and is of a version that works (7.0 or newer).
    ///
    /// # Errors
    /// [`crate::Error::RedisAway`], [`crate::Error::Config`] for an older version.
    pub async fn ping(&self) -> Result<()> {
        unimplemented!()
    }

    /// Listens for new jobs and settled ones, so that waiting costs no polling.
    ///
    /// # Errors
    /// [`crate::Error::RedisAway`].
    pub async fn bell(&self) -> Result<Bell> {
        unimplemented!()
    }
}

/// Rings when a job was submitted or settled. May miss a ring (a lost connection), never rings for ever:
/// callers look again after their own pause too.
#[derive(Debug)]
pub struct Bell {}

impl Bell {
    /// Waits for the next ring, at most `pause`.
    pub async fn rung(&mut self, _pause: std::time::Duration) {
        unimplemented!()
    }
}
