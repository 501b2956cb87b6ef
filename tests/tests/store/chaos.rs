//! Workers that do everything wrong at random: every job is still answered exactly once.
#![expect(clippy::unwrap_used, reason = "a verb that fails has failed the test")]

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use gradphoto_shared::job::State;
use gradphoto_shared::lane::LANES;
use gradphoto_shared::store::{Claim, Finished, Progress};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::setting::{Setting, claim, result};

const JOBS: usize = 60;

/// Claims in the hands of some workers, living or long dead.
struct Crowd {
    setting: Setting,
    held: Vec<Claim>,
    dice: StdRng,
}

impl Crowd {
    /// One thing that a worker or the keeper may do at any time, also with claims that are lost.
    async fn act(&mut self) {
        let store = &self.setting.store;
        let pick = (!self.held.is_empty()).then(|| self.dice.random_range(0..self.held.len()));
        let held = pick.map(|index| self.held[index]);
        match (self.dice.random_range(0..10), held) {
            (0..4, _) | (_, None) => {
                let want = self.dice.random_range(1..8);
                self.held.extend(store.take(want).await.unwrap().iter().map(claim));
            }
            (4 | 5, Some(claim)) => {
                let finished = [Finished { claim, result: result() }];
                store.finish(&finished).await.unwrap();
            }
            (6, Some(claim)) => {
                store.retry(&claim, "io", Duration::ZERO).await.unwrap();
            }
            (7, Some(claim)) => store.give_back(&[claim]).await.unwrap(),
            (8, Some(claim)) => {
                store.bury(&claim, "broken").await.unwrap();
            }
            _ => {
                store.reclaim(6).await.unwrap();
                store.forward().await.unwrap();
            }
        }
    }

    /// Brings every job to its end.
    async fn calm(&self) {
        let store = &self.setting.store;
        loop {
            store.reclaim(100).await.unwrap();
            store.forward().await.unwrap();
            let taken = store.take(JOBS).await.unwrap();
            if taken.is_empty() {
                return;
            }
            for taken in &taken {
                let finished = [Finished { claim: claim(taken), result: result() }];
                assert_eq!(store.finish(&finished).await.unwrap(), [true]);
            }
        }
    }
}

#[tokio::test]
async fn whatever_workers_do_every_job_is_answered_once() {
    for seed in 0..6 {
        let setting = Setting::impatient().await;
        let jobs: Vec<_> = LANES.iter().flat_map(|row| setting.jobs(row.lane, JOBS / LANES.len())).collect();
        setting.submit(&jobs).await;
        let mut crowd = Crowd { setting, held: Vec::new(), dice: StdRng::seed_from_u64(seed) };
        for _ in 0..300 {
            crowd.act().await;
        }
        crowd.calm().await;

        let setting = &crowd.setting;
        let events = setting.events().await;
        let told: HashMap<_, _> = events.iter().map(|event| (event.job, event.state)).collect();
        assert_eq!(told.len(), events.len(), "seed {seed}: a job was told twice");
        let asked: HashSet<_> = jobs.iter().map(|job| job.id).collect();
        assert_eq!(told.keys().copied().collect::<HashSet<_>>(), asked, "seed {seed}");
        for job in &jobs {
            assert_eq!(setting.store.look(&setting.tenant, &job.id).await.unwrap().state, told[&job.id]);
        }
        let count = |state: State| told.values().filter(|told| **told == state).count() as u64;
        let progress = setting.store.progress(&setting.tenant, &setting.session).await.unwrap();
        let expected = Progress {
            accepted: JOBS as u64,
            done: count(State::Done),
            dead: count(State::Dead),
            cancelled: count(State::Cancelled),
        };
        assert_eq!(progress, expected, "seed {seed}");
        setting.assert_settled();
    }
}
