//! Verbs on batches: jobs of a session that are counted and told of as a whole.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::keys::member;
use super::line::{Lead, Repeat};
use super::{Store, answer, scripts};
use crate::name::{BatchId, SessionId, TenantId};
use crate::{Error, Result};

/// How far a batch is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BatchView {
    /// Its session.
    pub session: SessionId,
    /// Its name.
    pub batch: BatchId,
    /// Jobs that came, ever.
    pub total: u64,
    /// Jobs that are not settled yet.
    pub open: u64,
    /// Jobs answered.
    pub done: u64,
    /// Jobs given up.
    pub dead: u64,
    /// Jobs not wanted any more.
    pub cancelled: u64,
    /// Whether it takes no more jobs.
    pub sealed: bool,
    /// Whether its completion was told of; that happens once, even where a job is replayed after it.
    pub complete: bool,
}

/// Fields of a batch's hash, in the order in which they are read.
const FIELDS: [&str; 6] = ["total", "done", "dead", "cancelled", "sealed", "told"];

impl Store {
    /// Closes a batch to further jobs; told of as complete when its last job is settled, at once where all
    /// are. The same again changes nothing.
    ///
    /// # Errors
    /// [`Error::UnknownBatch`]: a batch begins with its first job.
    pub async fn seal_batch(&self, tenant: &TenantId, session: &SessionId, batch: &BatchId) -> Result<()> {
        let call = self
            .call(&scripts::SEAL, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(batch.as_str());
        let answer = self.inner.line.run("seal_batch", Lead::Sure, Repeat::Once, &[call]).await?;
        if answer::only(answer)? { Ok(()) } else { Err(Error::UnknownBatch) }
    }

    /// How far a batch is.
    ///
    /// # Errors
    /// [`Error::UnknownBatch`].
    pub async fn batch(&self, tenant: &TenantId, session: &SessionId, batch: &BatchId) -> Result<BatchView> {
        let inner = &self.inner;
        let key = inner.keys.batch(inner.shards.of(tenant, session), tenant, session, batch);
        let mut pipeline = redis::pipe();
        pipeline.cmd("HMGET").arg(key).arg(&FIELDS);
        let answer = inner.line.send("batch", Lead::Shared, Repeat::Once, &pipeline).await?;
        let fields: Vec<Option<u64>> = answer::only(answer)?;
        let [total, done, dead, cancelled, sealed, told] =
            fields.try_into().map_err(|_| answer::unexpected("a batch"))?;
        let total = total.ok_or(Error::UnknownBatch)?;
        let (done, dead, cancelled) =
            (done.unwrap_or_default(), dead.unwrap_or_default(), cancelled.unwrap_or_default());
        Ok(BatchView {
            session: session.clone(),
            batch: batch.clone(),
            total,
            open: total.saturating_sub(done + dead + cancelled),
            done,
            dead,
            cancelled,
            sealed: sealed.is_some(),
            complete: told.is_some(),
        })
    }
}
