//! Who is served next: lanes by weight, shards in turn. Plain arithmetic, no Redis.

use crate::lane::{LANES, Shard};

/// Jobs that wait, or are to be taken, by lane.
pub(super) type ByLane = [u64; LANES.len()];

/// How many jobs to take from one shard, by lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    /// The shard.
    pub(super) shard: Shard,
    /// At least one in some lane.
    pub(super) lanes: ByLane,
}

/// Remembers across calls whose turn it is.
///
/// Lanes follow a smooth weighted round-robin among those that have work: over a round of fifteen slots
/// with all lanes full each gets exactly its weight, evenly spread. Within a lane the shards that have
/// work take turns.
#[derive(Debug, Default)]
pub(super) struct Rotor {
    credit: [i64; LANES.len()],
    next_shard: [usize; LANES.len()],
}

impl Rotor {
    /// Spreads `want` slots over what waits in each shard; shards without a slot are left out.
    pub(super) fn plan(&mut self, mut waiting: Vec<(Shard, ByLane)>, want: usize) -> Vec<Quota> {
        let mut quotas: Vec<Quota> = waiting.iter().map(|(shard, _)| Quota { shard: *shard, lanes: [0; 4] }).collect();
        let mut in_lane: ByLane = [0; LANES.len()];
        for (_, lanes) in &waiting {
            for (sum, jobs) in in_lane.iter_mut().zip(lanes) {
                *sum += jobs;
            }
        }
        for _ in 0..want {
            let Some(lane) = self.next_lane(&in_lane) else { break };
            let shard = self.next_shard(lane, &waiting);
            in_lane[lane] -= 1;
            waiting[shard].1[lane] -= 1;
            quotas[shard].lanes[lane] += 1;
        }
        quotas.retain(|quota| quota.lanes.iter().any(|jobs| *jobs > 0));
        quotas
    }

    /// Gives each lane with work its weight in credit, and the richest, the most urgent of equals, its turn.
    /// Nobody carries credit or debt out of a time without contest, so people who arrive come first.
    fn next_lane(&mut self, in_lane: &ByLane) -> Option<usize> {
        let is_contest = in_lane.iter().filter(|jobs| **jobs > 0).count() > 1;
        let mut best: Option<usize> = None;
        let mut given = 0;
        for (lane, row) in LANES.iter().enumerate() {
            if in_lane[lane] == 0 || !is_contest {
                self.credit[lane] = 0;
            }
            if in_lane[lane] == 0 {
                continue;
            }
            self.credit[lane] += i64::from(row.weight);
            given += i64::from(row.weight);
            if best.is_none_or(|best| self.credit[lane] > self.credit[best]) {
                best = Some(lane);
            }
        }
        self.credit[best?] -= given;
        best
    }

    /// The next shard in turn that has work in `lane`; the caller knows that there is one.
    fn next_shard(&mut self, lane: usize, waiting: &[(Shard, ByLane)]) -> usize {
        let start = self.next_shard[lane];
        let shard = (0..waiting.len())
            .map(|step| (start + step) % waiting.len())
            .find(|index| waiting[*index].1[lane] > 0)
            .expect("a lane with work has a shard with work");
        self.next_shard[lane] = (shard + 1) % waiting.len();
        shard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(quotas: &[Quota]) -> ByLane {
        let mut sum = [0; LANES.len()];
        for quota in quotas {
            for (sum, jobs) in sum.iter_mut().zip(quota.lanes) {
                *sum += jobs;
            }
        }
        sum
    }

    #[test]
    fn lanes_get_their_weight_whatever_the_size_of_a_take() {
        for want in [1, 2, 5, 15, 60] {
            let mut rotor = Rotor::default();
            let mut sum = [0; LANES.len()];
            for _ in 0..60 / want {
                let quotas = rotor.plan(vec![(Shard(0), [100; 4]), (Shard(1), [100; 4])], want);
                for (sum, jobs) in sum.iter_mut().zip(taken(&quotas)) {
                    *sum += jobs;
                }
            }
            assert_eq!(sum, [32, 16, 8, 4], "takes of {want}");
        }
    }

    #[test]
    fn an_empty_lane_leaves_its_share_to_the_others() {
        let cases: [(ByLane, usize, ByLane); 5] = [
            ([0, 0, 0, 100], 10, [0, 0, 0, 10]),
            ([1, 0, 0, 100], 10, [1, 0, 0, 9]),
            ([0, 0, 0, 3], 10, [0, 0, 0, 3]),
            ([0, 0, 0, 0], 10, [0, 0, 0, 0]),
            ([100, 0, 0, 100], 9, [8, 0, 0, 1]),
        ];
        for (waiting, want, expected) in cases {
            let quotas = Rotor::default().plan(vec![(Shard(0), waiting)], want);
            assert_eq!(taken(&quotas), expected, "{waiting:?}");
        }
    }

    #[test]
    fn the_most_urgent_lane_is_served_first() {
        let quotas = Rotor::default().plan(vec![(Shard(0), [0, 0, 0, 100]), (Shard(1), [1, 0, 0, 0])], 1);
        assert_eq!(quotas, vec![Quota { shard: Shard(1), lanes: [1, 0, 0, 0] }]);
    }

    #[test]
    fn a_flooded_shard_does_not_hold_up_the_others() {
        let mut rotor = Rotor::default();
        let shards = || vec![(Shard(0), [0, 0, 0, 30_000]), (Shard(1), [0, 0, 0, 2]), (Shard(2), [0, 0, 0, 1])];
        let quotas = rotor.plan(shards(), 6);
        let expected =
            [(0, 3), (1, 2), (2, 1)].map(|(shard, jobs)| Quota { shard: Shard(shard), lanes: [0, 0, 0, jobs] });
        assert_eq!(quotas, expected);
        // The turn goes on where the last call stopped.
        let first = rotor.plan(vec![(Shard(0), [0, 0, 0, 9]), (Shard(1), [0, 0, 0, 9])], 1);
        let second = rotor.plan(vec![(Shard(0), [0, 0, 0, 9]), (Shard(1), [0, 0, 0, 9])], 1);
        assert_ne!(first, second);
    }
}
