//! How fast a tenant may submit.

use std::time::Duration;

use super::line::{Lead, Repeat};
use super::{Store, answer, scripts};
use crate::name::TenantId;
use crate::{Error, Result};

/// A steady rate with room for bursts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Jobs in a second, in the long run; above 0.
    pub per_second: f64,
    /// Jobs that may come at once after a pause, at least 1.
    pub burst: u32,
}

impl Store {
    /// Lets `jobs` jobs of the tenant come now, all or none. More than the burst come in where nothing is owed,
    /// and are paid for by a longer pause after them, so that no request is too large for ever.
    ///
    /// # Errors
    /// [`Error::RateLimited`] with the moment at which the same jobs may come.
    pub async fn charge(&self, tenant: &TenantId, rate: Rate, jobs: usize) -> Result<()> {
        self.charge_at(self.inner.keys.rate(tenant), rate, jobs).await
    }

    /// As [`Store::charge`], by the moment that `key` holds.
    pub(super) async fn charge_at(&self, key: String, rate: Rate, jobs: usize) -> Result<()> {
        let call = scripts::RATE.call(key).argument(1e6 / rate.per_second).argument(rate.burst).argument(jobs);
        // A lost answer lets the same jobs pay twice rather than not at all.
        let answer = self.inner.line.run("charge", Lead::Shared, Repeat::Once, &[call]).await?;
        match answer::only::<u64>(answer)? {
            0 => Ok(()),
            wait_us => Err(Error::RateLimited { retry_after: Duration::from_micros(wait_us) }),
        }
    }
}
