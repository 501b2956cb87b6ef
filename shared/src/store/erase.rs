//! Verbs that forget sessions: at one call, and by date.

use super::keys::member;
use super::line::{Lead, Repeat};
use super::record::member_of;
use super::{Store, answer, scripts};
use crate::name::{SessionId, TenantId};
use crate::{Error, Result};

/// Most settled jobs that one call of a script looks at: Redis serves nobody else meanwhile, so it stays near 2 ms.
const ERASE_BATCH: usize = 200;
/// Sessions past their time that one shard names at once; the others come with the next round.
const OVERDUE_MAX: usize = 10;

impl Store {
    /// Notes from when on a session may be erased, in milliseconds since 1970 UTC.
    ///
    /// # Errors
    /// [`Error::UnknownSession`].
    pub async fn retain(&self, tenant: &TenantId, session: &SessionId, until_ms: u64) -> Result<()> {
        let call = self
            .call(&scripts::RETAIN, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(until_ms);
        let answer = self.inner.line.run("retain", Lead::Sure, Repeat::Once, &[call]).await?;
        if answer::only(answer)? { Ok(()) } else { Err(Error::UnknownSession) }
    }

    /// From when on a session may be erased, where that was noted.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn retained(&self, tenant: &TenantId, session: &SessionId) -> Result<Option<u64>> {
        let inner = &self.inner;
        let key = inner.keys.retain(inner.shards.of(tenant, session));
        let mut pipeline = redis::pipe();
        pipeline.cmd("ZSCORE").arg(key).arg(member(tenant, session));
        let answer = inner.line.send("retained", Lead::Shared, Repeat::Once, &pipeline).await?;
        Ok(answer::only::<Option<f64>>(answer)?.map(|ms| ms as u64))
    }

    /// Some sessions that are past their time.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn overdue(&self) -> Result<Vec<(TenantId, SessionId)>> {
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.call(&scripts::OVERDUE, shard).argument(OVERDUE_MAX)).collect();
        let answer = self.inner.line.run("overdue", Lead::Aside, Repeat::Once, &calls).await?;
        let members: Vec<Vec<String>> = answer::each(answer)?;
        members.into_iter().flatten().map(|member| member_of(&member)).collect()
    }

    /// Closes a session that is to be erased, an open one only by `force`: from now on it takes no jobs.
    ///
    /// # Errors
    /// [`Error::UnknownSession`], [`Error::SessionOpen`].
    pub async fn erase_begin(&self, tenant: &TenantId, session: &SessionId, force: bool) -> Result<()> {
        let call = self
            .call(&scripts::ERASE_BEGIN, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(u8::from(force));
        let answer = self.inner.line.run("erase_begin", Lead::Sure, Repeat::Once, &[call]).await?;
        match answer::only(answer)? {
            Some(true) => Ok(()),
            Some(false) => Err(Error::SessionOpen),
            None => Err(Error::UnknownSession),
        }
    }

    /// Forgets a closed session: cancels its jobs, then removes their records, events and places, its
    /// generations and batches and itself. Of dead jobs beyond
    /// [`super::Limits::dead`] some may stay until their own time is over.
    ///
    /// # Errors
    /// [`Error::SessionOpen`] when it was opened meanwhile; when Redis fails; may then be called again.
    pub async fn erase(&self, tenant: &TenantId, session: &SessionId) -> Result<()> {
        self.cancel_all(tenant, session, None).await?;
        for place in ["out", "dead"] {
            self.erase_settled(tenant, session, place).await?;
        }
        let call = self
            .call(&scripts::ERASE_END, self.inner.shards.of(tenant, session))
            .argument(tenant.as_str())
            .argument(session.as_str());
        let answer = self.inner.line.run("erase_end", Lead::Sure, Repeat::Once, &[call]).await?;
        if answer::only(answer)? { Ok(()) } else { Err(Error::SessionOpen) }
    }

    /// Ends because the stream and the list have limits, see [`super::Limits`].
    async fn erase_settled(&self, tenant: &TenantId, session: &SessionId, place: &str) -> Result<()> {
        let shard = self.inner.shards.of(tenant, session);
        let mut at = String::new();
        loop {
            let call = self
                .call(&scripts::ERASE_SETTLED, shard)
                .argument(member(tenant, session))
                .argument(place)
                .argument(&at)
                .argument(ERASE_BATCH);
            let answer = self.inner.line.run("erase_settled", Lead::Aside, Repeat::Once, &[call]).await?;
            let (has_more, next): (bool, String) = answer::only(answer)?;
            if !has_more {
                return Ok(());
            }
            at = next;
        }
    }
}
