//! Verbs that stop and undo: pause, resume, withdraw, cancel many.

use std::collections::BTreeMap;

use redis::Value;

use super::bell::LOOK;
use super::keys::member;
use super::line::{Lead, Repeat};
use super::record::{lane_of, member_of};
use super::scripts;
use super::{Store, answer};
use crate::lane::{Lane, Shard};
use crate::name::{BatchId, SessionId, SubjectId, TenantId};
use crate::{Error, Result};

/// Most jobs that one call of a script cancels: Redis serves nobody else meanwhile, so it stays near 4 ms.
const CANCEL_BATCH: usize = 200;
/// Most calls of one call of [`Store::cancel_all`]: as many jobs as one session may hold, twice.
const CANCEL_CALLS: usize = 1_000;
/// The place behind the last in `cancel_many.lua`.
const CANCEL_END: usize = 14;

/// What can be paused: its jobs are accepted and wait, those in workers' hands are finished.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// A lane, for everybody.
    Lane(Lane),
    /// All of a tenant.
    Tenant(TenantId),
    /// One session.
    Session(TenantId, SessionId),
}

impl Scope {
    /// Its field in the hash of what is paused.
    fn field(&self) -> String {
        match self {
            Self::Lane(lane) => format!("l:{}", *lane as usize + 1),
            Self::Tenant(tenant) => format!("t:{tenant}"),
            Self::Session(tenant, session) => format!("s:{}", member(tenant, session)),
        }
    }

    fn parse(field: &str) -> Result<Self> {
        match field.split_once(':') {
            Some(("l", lane)) => lane_of(lane.parse().unwrap_or_default()).map(Self::Lane),
            Some(("t", tenant)) => TenantId::new(tenant).map(Self::Tenant),
            Some(("s", member)) => member_of(member).map(|(tenant, session)| Self::Session(tenant, session)),
            _ => Err(answer::unexpected("what is paused")),
        }
    }
}

/// Something that is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// What.
    pub scope: Scope,
    /// Since when, in milliseconds since 1970 UTC.
    pub since_ms: u64,
}

impl Store {
    /// Pauses; what is paused already stays so.
    ///
    /// # Errors
    /// [`Error::UnknownSession`]; when Redis fails, after which some shards may be paused: call again.
    pub async fn pause(&self, scope: &Scope) -> Result<()> {
        let calls: Vec<_> = self.shards_of(scope).into_iter().map(|shard| self.call(&scripts::PAUSE, shard)).collect();
        let calls: Vec<_> = calls.into_iter().map(|call| call.argument(scope.field())).collect();
        let answer = self.inner.line.run("pause", Lead::Sure, Repeat::Once, &calls).await?;
        let known: Vec<bool> = answer::each(answer)?;
        if known.contains(&true) { Ok(()) } else { Err(Error::UnknownSession) }
    }

    /// Lets go on, and tells workers to look again; answers whether it was paused.
    ///
    /// # Errors
    /// When Redis fails, after which some shards may still be paused: call again.
    pub async fn resume(&self, scope: &Scope) -> Result<bool> {
        let calls: Vec<_> = self.shards_of(scope).into_iter().map(|shard| self.call(&scripts::RESUME, shard)).collect();
        let calls: Vec<_> = calls.into_iter().map(|call| call.argument(scope.field())).collect();
        let answer = self.inner.line.run("resume", Lead::Sure, Repeat::Once, &calls).await?;
        let resumed: Vec<bool> = answer::each(answer)?;
        let mut ring = redis::pipe();
        ring.cmd("PUBLISH").arg(self.inner.keys.work_bell()).arg(LOOK);
        self.inner.line.send("resume", Lead::Shared, Repeat::Once, &ring).await?;
        Ok(resumed.contains(&true))
    }

    /// Everything that is paused, of all tenants.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn paused(&self) -> Result<Vec<Paused>> {
        let calls: Vec<_> = self.inner.shards.all().map(|shard| self.call(&scripts::PAUSED, shard)).collect();
        let answer = self.inner.line.run("paused", Lead::Shared, Repeat::Once, &calls).await?;
        let mut since: BTreeMap<Scope, u64> = BTreeMap::new();
        for fields in answer::each::<Vec<(String, u64)>>(answer)? {
            for (field, ms) in fields {
                let first = since.entry(Scope::parse(&field)?).or_insert(ms);
                *first = ms.min(*first);
            }
        }
        Ok(since.into_iter().map(|(scope, since_ms)| Paused { scope, since_ms }).collect())
    }

    /// A session lies in one shard, a lane and a tenant in all.
    fn shards_of(&self, scope: &Scope) -> Vec<Shard> {
        match scope {
            Scope::Lane(_) | Scope::Tenant(_) => self.inner.shards.all().collect(),
            Scope::Session(tenant, session) => vec![self.inner.shards.of(tenant, session)],
        }
    }

    /// Withdraws the subject's photos up to `generation`: jobs on them are settled as cancelled with
    /// `superseded` when their turn comes, and a late result is not kept. Answers the newest generation now,
    /// the first that may still come.
    ///
    /// # Errors
    /// [`Error::UnknownSession`].
    pub async fn withdraw(
        &self,
        tenant: &TenantId,
        session: &SessionId,
        subject: &SubjectId,
        generation: u32,
    ) -> Result<u64> {
        self.raise("withdraw", tenant, session, subject, u64::from(generation) + 1).await
    }

    /// The newest generation of the subject's photo that is known; 0 where there is none.
    ///
    /// # Errors
    /// [`Error::UnknownSession`].
    pub async fn generation(&self, tenant: &TenantId, session: &SessionId, subject: &SubjectId) -> Result<u64> {
        self.raise("generation", tenant, session, subject, 0).await
    }

    async fn raise(
        &self,
        verb: &'static str,
        tenant: &TenantId,
        session: &SessionId,
        subject: &SubjectId,
        least: u64,
    ) -> Result<u64> {
        let call = self
            .call(&scripts::WITHDRAW, self.inner.shards.of(tenant, session))
            .argument(member(tenant, session))
            .argument(subject.as_str())
            .argument(least);
        let answer = self.inner.line.run(verb, Lead::Sure, Repeat::Once, &[call]).await?;
        answer::only::<Option<u64>>(answer)?.ok_or(Error::UnknownSession)
    }

    /// Cancels all jobs of a session that are not settled, or those of one batch; answers how many. Looks
    /// again until nothing is found, because jobs move meanwhile; of a session that still takes jobs some may
    /// be left.
    ///
    /// # Errors
    /// When Redis fails; may then be called again.
    pub async fn cancel_all(&self, tenant: &TenantId, session: &SessionId, batch: Option<&BatchId>) -> Result<u64> {
        let shard = self.inner.shards.of(tenant, session);
        let (mut sum, mut in_pass) = (0, 0);
        let (mut place, mut at) = (1, Vec::new());
        for _ in 0..CANCEL_CALLS {
            let call = self
                .call(&scripts::CANCEL_MANY, shard)
                .argument(member(tenant, session))
                .argument(batch.map_or("", BatchId::as_str))
                .argument(Error::CANCELLED)
                .argument(place)
                .argument(&at)
                .argument(CANCEL_BATCH);
            let answer = self.inner.line.run("cancel_all", Lead::Sure, Repeat::Once, &[call]).await?;
            let (cancelled, next, rest): (u64, usize, Value) = answer::only(answer)?;
            sum += cancelled;
            in_pass += cancelled;
            (place, at) = (next, answer::one::<Vec<u8>>(rest)?);
            if place >= CANCEL_END {
                if in_pass == 0 {
                    break;
                }
                (place, at, in_pass) = (1, Vec::new(), 0);
            }
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_reads_as_it_is_written() {
        let tenant = TenantId::new("t").unwrap();
        let session = SessionId::new("s").unwrap();
        for scope in [Scope::Lane(Lane::Bulk), Scope::Tenant(tenant.clone()), Scope::Session(tenant, session)] {
            assert_eq!(Scope::parse(&scope.field()).unwrap(), scope);
        }
        for bad in ["", "l:0", "l:5", "l:x", "t:", "s:t", "x:t"] {
            assert!(Scope::parse(bad).is_err(), "{bad:?}");
        }
    }
}
