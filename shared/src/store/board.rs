//! Who is served next: lanes by weight, in a lane the tenant served least recently, of a tenant the session.
//! What a worker knows of waiting jobs; plain arithmetic, no Redis.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use crate::lane::{LANES, Lane, Shard};

/// How long a look over all shards is trusted. New sessions come by the bell meanwhile; one whose ring was
/// missed waits at most this long.
const LOOK_LIFE: Duration = Duration::from_secs(1);
/// Most sessions that the board remembers in a lane: 64 of each of 64 shards, a few hundred kilobytes. Others
/// come with a later look.
const SESSIONS_MAX: usize = 4_096;
/// Most tenants whose last service is remembered; beyond that all are forgotten, which costs one round of fairness.
const TENANTS_MAX: usize = 10_000;

/// A session in a shard, as streams and rings name it; it ends in `!` for jobs that came back.
pub(super) type Place = (Shard, String);

/// How many jobs to take from one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    pub(super) lane: Lane,
    pub(super) place: Place,
    pub(super) jobs: usize,
    /// What the board knew when it planned this.
    known: u64,
}

/// When a session was served last, and which.
type Turn<'a> = (u64, &'a Place);

/// What is known of a session with waiting jobs.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// When any worker served it last, in microseconds of Redis' clock; 0 for never.
    served_us: u64,
    /// The board's count of news when the session was heard of last.
    heard: u64,
}

/// What waits where, as far as this process knows.
///
/// Lanes follow a smooth weighted round-robin among those that have work: over a round of fifteen slots with
/// all lanes full each gets exactly its weight, evenly spread.
#[derive(Debug, Default)]
pub(super) struct Board {
    lanes: [BTreeMap<Place, Standing>; LANES.len()],
    tenants: HashMap<String, u64>,
    credit: [i64; LANES.len()],
    news: u64,
    looked: Option<Instant>,
}

impl Board {
    /// Whether it is time to look at all shards again.
    pub(super) fn is_stale(&self) -> bool {
        self.looked.is_none_or(|looked| looked.elapsed() > LOOK_LIFE)
    }

    /// Makes the next take look at all shards: rings may have been missed.
    pub(super) fn distrust(&mut self) {
        self.looked = None;
    }

    /// How much news came so far; to be passed to [`Board::looked`].
    pub(super) fn news(&self) -> u64 {
        self.news
    }

    /// A bell told that the session holds jobs now.
    pub(super) fn heard(&mut self, lane: Lane, place: Place) {
        self.news += 1;
        let sessions = &mut self.lanes[lane as usize];
        if sessions.len() < SESSIONS_MAX || sessions.contains_key(&place) {
            sessions.entry(place).or_insert(Standing { served_us: 0, heard: 0 }).heard = self.news;
        }
    }

    /// Takes over what a look at all shards found; it began when `news` had come.
    pub(super) fn looked(&mut self, found: impl IntoIterator<Item = (Lane, Place, u64)>, news: u64) {
        for lane in &mut self.lanes {
            lane.retain(|_, standing| standing.heard > news);
        }
        for (lane, place, served_us) in found {
            let sessions = &mut self.lanes[lane as usize];
            if sessions.len() < SESSIONS_MAX {
                sessions.entry(place).or_insert(Standing { served_us, heard: 0 }).served_us = served_us;
            }
        }
        self.looked = Some(Instant::now());
    }

    /// Spreads `want` slots over what waits, in urgent lanes only where `urgent`.
    pub(super) fn plan(&mut self, want: usize, urgent: bool) -> Vec<Quota> {
        let mut slots = [0; LANES.len()];
        for _ in 0..want {
            let Some(lane) = self.next_lane(urgent) else { break };
            slots[lane] += 1;
        }
        let lanes = LANES.iter().zip(slots).filter(|(_, slots)| *slots > 0);
        lanes.flat_map(|(row, slots)| self.share(row.lane, slots)).collect()
    }

    /// What came of a quota: how many jobs, and whether the stream is empty now.
    pub(super) fn served(&mut self, quota: &Quota, now_us: u64, is_empty: bool) {
        let sessions = &mut self.lanes[quota.lane as usize];
        let Some(standing) = sessions.get_mut(&quota.place) else { return };
        if is_empty && standing.heard <= quota.known {
            sessions.remove(&quota.place);
        } else if !comes_back(&quota.place) {
            standing.served_us = now_us;
        }
        if self.tenants.len() >= TENANTS_MAX {
            self.tenants.clear();
        }
        self.tenants.insert(tenant(&quota.place).to_owned(), now_us);
    }

    /// Gives each lane with work its weight in credit, and the richest, the most urgent of equals, its turn.
    /// Nobody carries credit or debt out of a time without contest, so people who arrive come first.
    fn next_lane(&mut self, urgent: bool) -> Option<usize> {
        let has_work = |lane: usize| !self.lanes[lane].is_empty() && (!urgent || LANES[lane].is_urgent);
        let with_work: Vec<usize> = (0..LANES.len()).filter(|lane| has_work(*lane)).collect();
        let is_contest = with_work.len() > 1;
        let mut given = 0;
        for lane in 0..LANES.len() {
            if !with_work.contains(&lane) || !is_contest {
                self.credit[lane] = 0;
            }
        }
        for lane in &with_work {
            self.credit[*lane] += i64::from(LANES[*lane].weight);
            given += i64::from(LANES[*lane].weight);
        }
        // Of equals the last in this order is the most urgent.
        let richest = with_work.into_iter().rev().max_by_key(|lane| self.credit[*lane])?;
        self.credit[richest] -= given;
        Some(richest)
    }

    /// Spreads the slots of a lane evenly over its tenants, and those of a tenant over its sessions; what is
    /// left of a division goes to those served least recently. Jobs that came back stand before all.
    fn share(&self, lane: Lane, slots: usize) -> Vec<Quota> {
        let mut tenants: BTreeMap<&str, (u64, Vec<Turn<'_>>)> = BTreeMap::new();
        for (place, standing) in &self.lanes[lane as usize] {
            // A place of jobs that came back is a tenant of its own, served never.
            let (name, known) = match comes_back(place) {
                true => (place.1.as_str(), 0),
                false => (tenant(place), self.tenants.get(tenant(place)).copied().unwrap_or_default()),
            };
            let (served, sessions) = tenants.entry(name).or_insert((known, Vec::new()));
            *served = (*served).max(standing.served_us);
            sessions.push((standing.served_us, place));
        }
        let mut tenants: Vec<_> = tenants.into_values().collect();
        tenants.sort_by_key(|(served, _)| *served);
        let shares: Vec<usize> = even(slots, tenants.len()).collect();
        let mut quotas = Vec::new();
        for ((_, mut sessions), slots) in tenants.into_iter().zip(shares) {
            sessions.sort_by_key(|(served, _)| *served);
            let shares = even(slots, sessions.len());
            let shares = sessions.iter().zip(shares).filter(|(_, jobs)| *jobs > 0);
            quotas.extend(shares.map(|((_, place), jobs)| Quota {
                lane,
                place: (*place).clone(),
                jobs,
                known: self.news,
            }));
        }
        quotas
    }
}

/// `slots` over `takers`, the first of them one more where it does not go up.
fn even(slots: usize, takers: usize) -> impl Iterator<Item = usize> {
    (0..takers).map(move |index| slots / takers + usize::from(index < slots % takers))
}

fn tenant(place: &Place) -> &str {
    place.1.split(':').next().unwrap_or_default()
}

fn comes_back(place: &Place) -> bool {
    place.1.ends_with('!')
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Board {
        pub(crate) fn is_empty(&self) -> bool {
            self.lanes.iter().all(BTreeMap::is_empty)
        }
    }

    fn board(places: &[(Lane, &str)]) -> Board {
        let mut board = Board::default();
        board.looked(places.iter().map(|(lane, name)| (*lane, (Shard(0), (*name).to_owned()), 0)), 0);
        board
    }

    fn names(quotas: &[Quota]) -> Vec<(&str, usize)> {
        quotas.iter().map(|quota| (quota.place.1.as_str(), quota.jobs)).collect()
    }

    #[test]
    fn lanes_get_their_weight_whatever_the_size_of_a_take() {
        let full = LANES.map(|row| (row.lane, "t:s"));
        for want in [1, 2, 5, 15, 60] {
            let mut board = board(&full);
            let mut sum = [0; LANES.len()];
            for _ in 0..60 / want {
                for quota in board.plan(want, false) {
                    sum[quota.lane as usize] += quota.jobs;
                }
            }
            assert_eq!(sum, [32, 16, 8, 4], "takes of {want}");
        }
    }

    #[test]
    fn an_empty_lane_leaves_its_share_to_the_others() {
        let mut board = board(&[(Lane::Bulk, "t:s"), (Lane::Interactive, "t:s")]);
        let quotas = board.plan(9, false);
        assert_eq!(quotas.iter().map(|quota| quota.jobs).collect::<Vec<_>>(), [8, 1]);
        board.served(&quotas[0], 1, true);
        assert_eq!(names(&board.plan(9, false)), [("t:s", 9)]);
        assert!(board.plan(9, true).is_empty(), "bulk is not urgent");
    }

    #[test]
    fn the_most_urgent_lane_is_served_first() {
        let mut board = board(&[(Lane::Bulk, "t:s"), (Lane::Onsite, "t:s"), (Lane::Interactive, "t:s")]);
        assert_eq!(board.plan(1, false)[0].lane, Lane::Interactive);
    }

    #[test]
    fn a_tenant_with_many_sessions_gets_no_more_than_one_with_few() {
        let flood: Vec<String> = (0..10).map(|session| format!("a:{session}")).collect();
        let mut places: Vec<_> = flood.iter().map(|name| (Lane::Bulk, name.as_str())).collect();
        places.push((Lane::Bulk, "b:1"));
        let mut board = board(&places);
        let mut served = Vec::new();
        for turn in 1..=20 {
            let quotas = board.plan(1, false);
            served.push(quotas[0].place.1.clone());
            board.served(&quotas[0], turn, false);
        }
        assert_eq!(served.iter().filter(|name| *name == "b:1").count(), 10);
        let sessions: std::collections::BTreeSet<_> = served.iter().collect();
        assert_eq!(sessions.len(), 11, "a tenant's sessions take turns");
    }

    #[test]
    fn what_came_back_and_what_is_new_comes_first() {
        let mut board = board(&[(Lane::Bulk, "a:1"), (Lane::Bulk, "b:1")]);
        let both = board.plan(2, false);
        assert_eq!(names(&both), [("a:1", 1), ("b:1", 1)]);
        board.served(&both[0], 5, false);
        board.served(&both[1], 6, false);
        board.heard(Lane::Bulk, (Shard(3), "c:1".into()));
        board.heard(Lane::Bulk, (Shard(3), "a:1!".into()));
        assert_eq!(names(&board.plan(2, false)), [("a:1!", 1), ("c:1", 1)]);
    }

    #[test]
    fn a_ring_that_comes_before_the_answer_is_not_forgotten() {
        let mut board = board(&[(Lane::Bulk, "a:1")]);
        let quotas = board.plan(1, false);
        board.heard(Lane::Bulk, (Shard(0), "a:1".into()));
        board.served(&quotas[0], 1, true);
        assert!(!board.is_empty());
        let (quotas, news) = (board.plan(1, false), board.news());
        board.served(&quotas[0], 2, true);
        assert!(board.is_empty());
        board.heard(Lane::Bulk, (Shard(0), "a:1".into()));
        board.looked([], news);
        assert!(!board.is_empty(), "the look began before the ring");
        board.looked([], board.news());
        assert!(board.is_empty());
    }
}
