//! Verbs of the dispatcher's loops: reclaim, forward, sweep, gauge. They use connections of their own, so
//! that a long scan never stands in front of a worker.

use std::time::Duration;

use super::line::{Lead, Repeat};
use super::record::job_of;
use super::scripts::{self, ScriptCall};
use super::settle::milliseconds;
use super::{Store, answer};
use crate::Result;
use crate::job::JobId;
use crate::lane::{LANES, Lane, Shard};

/// Most entries that one call of a script moves in each lane: Redis serves nobody else meanwhile.
const MOVE_BATCH: usize = 100;
/// Rounds of one call of a verb; what is left after them waits for the next call.
const ROUNDS_MAX: usize = 100;
/// How long a session's last service is remembered: one that comes back after it counts as new, and nobody
/// was served so often in ten minutes that it mattered.
const TURN_LIFE: Duration = Duration::from_secs(10 * 60);
/// Sessions of a lane and shard that are looked at for the oldest job: least recently served ones first, where
/// it is.
const GAUGE_SESSIONS: usize = 100;

/// UUIDs as scripts name them.
type Uuids = Vec<Vec<u8>>;
/// Of one lane of a shard: jobs not settled, running, put aside, due, age of the oldest in milliseconds.
type LaneCounts = (u64, u64, u64, u64, u64);

/// What one round of [`Store::reclaim`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Jobs that wait again.
    pub returned: Vec<JobId>,
    /// Jobs given up because too many workers died on them.
    pub buried: Vec<JobId>,
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
    /// Jobs put aside: scheduled, or for another try.
    pub delayed: u64,
    /// Those of them whose time has come.
    pub due: u64,
    /// Age of the oldest waiting job since it was accepted.
    pub oldest: Duration,
}

impl LaneGauge {
    /// Jobs that need a worker now: the number by which to scale.
    #[must_use]
    pub fn backlog(&self) -> u64 {
        self.waiting + self.running + self.due
    }
}

impl Store {
    /// Returns jobs whose lease ended, and buries those on which `max_deaths` workers died. Does nothing for
    /// a lease after any primary started, took over from another or had its clock set: nobody could renew
    /// meanwhile, so silence says nothing yet. A takeover is known only to a process that saw the primary
    /// before.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn reclaim(&self, max_deaths: u32) -> Result<Reclaimed> {
        let mut sum = Reclaimed::default();
        if !self.may_reclaim().await? {
            return Ok(sum);
        }
        let shards: Vec<_> = self.inner.shards.all().collect();
        let calls: Vec<_> = shards.iter().map(|shard| self.reclaim_call(*shard, max_deaths)).collect();
        for _ in 0..ROUNDS_MAX {
            let answer = self.inner.line.run("reclaim", Lead::Aside, Repeat::Once, &calls).await?;
            let rounds: Vec<(Uuids, Uuids, bool)> = answer::each(answer)?;
            let any_more = rounds.iter().any(|(.., more)| *more);
            for (shard, (returned, buried, _)) in shards.iter().zip(rounds) {
                sum.returned.extend(jobs(*shard, &returned)?);
                sum.buried.extend(jobs(*shard, &buried)?);
            }
            if !any_more {
                break;
            }
        }
        Ok(sum)
    }

    /// Whether silence of a worker says that it is gone.
    async fn may_reclaim(&self) -> Result<bool> {
        let lease = self.inner.limits.lease;
        let number = |fact: String| fact.parse::<i64>().map_err(|_| answer::unexpected("a server's number"));
        let mut served = self.inner.line.steady("reclaim").await?;
        let mut clocks = Vec::new();
        let names = ["uptime_in_seconds", "server_time_usec"];
        for [uptime, clock] in self.server_facts("reclaim", Lead::Aside, names).await? {
            // Below zero where the clock was set back since the start, which is the watch's affair.
            if let Ok(uptime_s) = u64::try_from(number(uptime)?) {
                served = served.min(Duration::from_secs(uptime_s));
            }
            clocks.push(u64::try_from(number(clock)?).unwrap_or_default());
        }
        let mut watch = self.inner.watch.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(watch.is_steady(clocks, lease) && served >= Duration::from_secs(lease.as_secs()))
    }

    fn reclaim_call(&self, shard: Shard, max_deaths: u32) -> ScriptCall {
        let lease = milliseconds(self.inner.limits.lease);
        self.call(&scripts::RECLAIM, shard).argument(max_deaths).argument(MOVE_BATCH).argument(lease)
    }

    /// Moves jobs that were put aside and are due to their streams; answers how many.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn forward(&self) -> Result<u64> {
        let mut sum = 0;
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.call(&scripts::FORWARD, shard).argument(MOVE_BATCH)).collect();
        for _ in 0..ROUNDS_MAX {
            let answer = self.inner.line.run("forward", Lead::Aside, Repeat::Once, &calls).await?;
            let rounds: Vec<(u64, bool)> = answer::each(answer)?;
            sum += rounds.iter().map(|(moved, _)| moved).sum::<u64>();
            if !rounds.iter().any(|(_, more)| *more) {
                break;
            }
        }
        Ok(sum)
    }

    /// Ends what is past its age: events with their jobs, entries of the list of dead jobs; answers how many
    /// things were removed.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn sweep(&self) -> Result<u64> {
        let mut sum = 0;
        let turn_life = milliseconds(TURN_LIFE);
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.call(&scripts::SWEEP, shard).argument(turn_life)).collect();
        for _ in 0..ROUNDS_MAX {
            let answer = self.inner.line.run("sweep", Lead::Aside, Repeat::Once, &calls).await?;
            let rounds: Vec<(u64, bool)> = answer::each(answer)?;
            sum += rounds.iter().map(|(removed, _)| removed).sum::<u64>();
            if !rounds.iter().any(|(_, more)| *more) {
                break;
            }
        }
        Ok(sum)
    }

    /// How every lane stands, in the order of [`crate::lane::LANES`].
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn gauge(&self) -> Result<Vec<LaneGauge>> {
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.call(&scripts::GAUGE, shard).argument(GAUGE_SESSIONS)).collect();
        let answer = self.inner.line.run("gauge", Lead::Aside, Repeat::Once, &calls).await?;
        let shards: Vec<Vec<LaneCounts>> = answer::each(answer)?;
        let none = |lane| LaneGauge { lane, waiting: 0, running: 0, delayed: 0, due: 0, oldest: Duration::ZERO };
        let mut gauges: Vec<_> = LANES.iter().map(|row| none(row.lane)).collect();
        for shard in shards {
            for (gauge, (open, running, delayed, due, oldest_ms)) in gauges.iter_mut().zip(shard) {
                gauge.waiting += open.saturating_sub(running + delayed);
                gauge.running += running;
                gauge.delayed += delayed;
                gauge.due += due;
                gauge.oldest = gauge.oldest.max(Duration::from_millis(oldest_ms));
            }
        }
        Ok(gauges)
    }
}

/// Jobs of a shard by the UUIDs that a script names.
fn jobs(shard: Shard, uuids: &[Vec<u8>]) -> Result<Vec<JobId>> {
    uuids.iter().map(|uuid| job_of(shard, uuid)).collect()
}
