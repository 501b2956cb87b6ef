//! Verbs of the dispatcher's loops: reclaim, forward, sweep, gauge. They use connections of their own, so
//! that a long scan never stands in front of a worker.

use std::time::Duration;

use uuid::Uuid;

use super::bell::{RING_WAITING, ring_settled};
use super::keys::GROUP;
use super::line::{Lead, Repeat};
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
/// Silence after which a worker that holds nothing counts as gone. It would be known again by its next
/// take, so a wrong guess costs nothing.
const WORKER_GONE: Duration = Duration::from_secs(60 * 60);

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
    /// Jobs put aside for another try.
    pub delayed: u64,
    /// Age of the oldest waiting job.
    pub oldest: Duration,
}

impl Store {
    /// Returns jobs whose lease ended (`lease` without renewal), and buries those with `max_deaths`
    /// tries already begun. Does nothing while any primary is up, or serves in another's place, for less
    /// than `lease` (in whole seconds): while it was away nobody could renew, so silence says nothing yet.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn reclaim(&self, lease: Duration, max_deaths: u32) -> Result<Reclaimed> {
        let mut sum = Reclaimed::default();
        if self.served_for("reclaim").await? < Duration::from_secs(lease.as_secs()) {
            return Ok(sum);
        }
        let shards = self.inner.shards.all();
        let calls: Vec<_> = shards.map(|shard| self.reclaim_call(shard, lease, max_deaths)).collect();
        for _ in 0..ROUNDS_MAX {
            let answer = self.inner.line.run("reclaim", Lead::Aside, Repeat::Once, &calls).await?;
            let rounds: Vec<(Vec<String>, Vec<String>, bool)> = answer::each(answer)?;
            let any_more = rounds.iter().any(|(.., more)| *more);
            for (shard, (returned, buried, _)) in self.inner.shards.all().zip(rounds) {
                sum.returned.extend(jobs(shard, &returned)?);
                sum.buried.extend(jobs(shard, &buried)?);
            }
            if !any_more {
                break;
            }
        }
        Ok(sum)
    }

    /// How long every primary serves without a break, in whole seconds: the shortest time since one started
    /// or took over from another. A takeover is known only to a process that saw the primary before.
    async fn served_for(&self, verb: &'static str) -> Result<Duration> {
        let mut shortest = self.inner.line.steady(verb).await?;
        for uptime in self.server_facts(verb, Lead::Aside, "uptime_in_seconds").await? {
            let seconds = uptime.parse().map_err(|_| answer::unexpected("an uptime"))?;
            shortest = shortest.min(Duration::from_secs(seconds));
        }
        Ok(shortest)
    }

    fn reclaim_call(&self, shard: Shard, lease: Duration, max_deaths: u32) -> ScriptCall {
        let inner = &self.inner;
        scripts::RECLAIM
            .call()
            .keys(inner.keys.streams(shard))
            .argument(GROUP)
            .argument(inner.keys.base(shard))
            .argument(milliseconds(lease))
            .argument(max_deaths)
            .argument(MOVE_BATCH)
            .argument(milliseconds(inner.limits.result_ttl))
            .argument(inner.limits.events)
            .argument(inner.keys.bell())
            .argument(RING_WAITING)
            .argument(ring_settled(shard))
    }

    /// Moves delayed jobs that are due back to their streams; answers how many.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn forward(&self) -> Result<u64> {
        let mut sum = 0;
        let calls: Vec<_> = self.inner.shards.all().map(|shard| self.forward_call(shard)).collect();
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

    fn forward_call(&self, shard: Shard) -> ScriptCall {
        let keys = &self.inner.keys;
        let lanes = LANES.iter().map(|row| row.lane);
        scripts::FORWARD
            .call()
            .keys(lanes.flat_map(|lane| [keys.delayed(lane, shard), keys.stream(lane, shard)]))
            .argument(keys.base(shard))
            .argument(MOVE_BATCH)
            .argument(keys.bell())
            .argument(RING_WAITING)
    }

    /// Forgets workers that are gone and trims the results streams to their age; answers how many
    /// things were removed.
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn sweep(&self) -> Result<u64> {
        let inner = &self.inner;
        let calls: Vec<_> = inner
            .shards
            .all()
            .map(|shard| {
                scripts::SWEEP
                    .call()
                    .key(inner.keys.tenants(shard))
                    .keys(inner.keys.streams(shard))
                    .argument(GROUP)
                    .argument(milliseconds(WORKER_GONE))
                    .argument(inner.keys.base(shard))
                    .argument(milliseconds(inner.limits.result_ttl))
            })
            .collect();
        let answer = inner.line.run("sweep", Lead::Aside, Repeat::Once, &calls).await?;
        let removed: Vec<u64> = answer::each(answer)?;
        Ok(removed.into_iter().sum())
    }

    /// How every lane stands, in the order of [`crate::lane::LANES`].
    ///
    /// # Errors
    /// When Redis fails.
    pub async fn gauge(&self) -> Result<Vec<LaneGauge>> {
        let inner = &self.inner;
        let calls: Vec<_> = inner
            .shards
            .all()
            .map(|shard| {
                let lanes = LANES.iter().map(|row| row.lane);
                scripts::GAUGE
                    .call()
                    .keys(lanes.flat_map(|lane| [inner.keys.stream(lane, shard), inner.keys.delayed(lane, shard)]))
            })
            .collect();
        let answer = inner.line.run("gauge", Lead::Aside, Repeat::Once, &calls).await?;
        let shards: Vec<Vec<(u64, u64, u64, u64)>> = answer::each(answer)?;
        let none = |lane| LaneGauge { lane, waiting: 0, running: 0, delayed: 0, oldest: Duration::ZERO };
        let mut gauges: Vec<_> = LANES.iter().map(|row| none(row.lane)).collect();
        for shard in shards {
            for (gauge, (waiting, running, delayed, oldest_ms)) in gauges.iter_mut().zip(shard) {
                gauge.waiting += waiting;
                gauge.running += running;
                gauge.delayed += delayed;
                gauge.oldest = gauge.oldest.max(Duration::from_millis(oldest_ms));
            }
        }
        Ok(gauges)
    }
}

/// Jobs of a shard by the UUIDs that a script names.
fn jobs(shard: Shard, uuids: &[String]) -> Result<Vec<JobId>> {
    let job = |uuid: &String| Uuid::try_parse(uuid).map(|uuid| JobId { shard, uuid });
    uuids.iter().map(job).collect::<Result<_, _>>().map_err(|_| answer::unexpected("a job's name"))
}
