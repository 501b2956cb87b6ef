//! The main system's side of a rig: it submits all the time, reads the results all the time, and keeps the
//! ledger.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gradphoto_shared::job::{Job, JobId, Task};
use gradphoto_shared::lane::{LANES, Shards};
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::Store;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::idle::Order;
use crate::ledger::Ledger;

/// Pause between two bursts.
const BURST_PAUSE: Duration = Duration::from_millis(50);
/// Bursts in a second.
const BURSTS: u32 = 20;
/// Pause after a call that was not answered.
const OUTAGE_PAUSE: Duration = Duration::from_millis(50);
/// How long the reader waits for an event at a time.
const READ_PATIENCE: Duration = Duration::from_millis(300);
/// Students of a session whose photos are replaced again and again.
const SUBJECTS: u32 = 40;

/// What is submitted.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Jobs in a second, on average.
    pub per_second: u32,
    /// One job in so many fails at first; 0 for none.
    pub failure_in: u32,
    /// One job in so many kills its workers; 0 for none.
    pub killer_in: u32,
    /// Where the dice begin.
    pub seed: u64,
}

impl Load {
    /// Nearly what one idle worker can do, with nothing that kills it.
    pub const STEADY: Self = Self { per_second: 80, failure_in: 20, killer_in: 0, seed: 1 };
}

/// Who submits and reads.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    pub(crate) store: Store,
    pub(crate) sessions: Arc<[(TenantId, SessionId)]>,
    ledger: Arc<Mutex<Ledger>>,
    /// Times that the reader of each session found its stream read to the end.
    ends: Arc<[AtomicU64]>,
    shards: Shards,
}

impl Desk {
    /// Two tenants with three open sessions.
    pub(crate) async fn open(store: Store, shards: Shards) -> Self {
        let names = [("t1", "s1"), ("t1", "s2"), ("t2", "s3")];
        let names = names.map(|(tenant, session)| (TenantId::new(tenant), SessionId::new(session)));
        let sessions: Arc<[_]> =
            names.map(|(tenant, session)| (tenant.expect("lawful"), session.expect("lawful"))).into();
        for (tenant, id) in sessions.iter() {
            let (id, tenant, state) = (id.clone(), tenant.clone(), SessionState::Open);
            let session =
                Session { id, tenant, state, spec: "chsi".into(), overrides: Default::default(), created_at_ms: 1 };
            store.create_session(&session).await.expect("a new session");
        }
        let ends = sessions.iter().map(|_| AtomicU64::new(0)).collect();
        Self { store, sessions, ledger: Arc::default(), ends, shards }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Times that every reader found nothing more.
    pub(crate) fn ends(&self) -> u64 {
        self.ends.iter().map(|count| count.load(Ordering::SeqCst)).min().unwrap_or_default()
    }

    /// Reads the results of one session for ever.
    pub(crate) async fn read(self, number: usize) {
        let (tenant, session) = &self.sessions[number];
        let mut after = "0".to_owned();
        loop {
            match self.store.results(tenant, session, &after, 1_000, READ_PATIENCE).await {
                Ok(page) => {
                    let mut ledger = self.ledger();
                    page.events.iter().for_each(|event| ledger.tell(event));
                    self.ends[number].fetch_add(u64::from(page.events.is_empty()), Ordering::SeqCst);
                    after = page.next;
                }
                Err(_) => tokio::time::sleep(OUTAGE_PAUSE).await,
            }
        }
    }

    /// Submits bursts until told to stop.
    pub(crate) async fn submit(self, load: Load, stop: Shutdown) {
        let (mut dice, mut number) = (StdRng::seed_from_u64(load.seed), 0);
        let mut generations = vec![0; self.sessions.len() * SUBJECTS as usize];
        while !stop.is_cancelled() {
            let session = dice.random_range(0..self.sessions.len());
            let burst = dice.random_range(0..=2 * load.per_second / BURSTS);
            let mut jobs = Vec::new();
            for _ in 0..burst {
                number += 1;
                jobs.push(self.job(session, number, load, &mut dice, &mut generations));
            }
            if !jobs.is_empty() {
                self.ledger().ask(&jobs);
                self.hand_in(&jobs, dice.random_bool(0.3), &stop).await;
            }
            tokio::time::sleep(BURST_PAUSE).await;
        }
    }

    /// Submits jobs; where the answer is lost, forgets about them or asks again until there is one.
    async fn hand_in(&self, jobs: &[Job], is_careless: bool, stop: &Shutdown) {
        loop {
            if let Ok(answers) = self.store.submit(jobs).await {
                let mut ledger = self.ledger();
                for (job, answer) in jobs.iter().zip(answers) {
                    match answer {
                        Ok(_) => ledger.accept(&job.id),
                        Err(_) => ledger.refuse(&job.id),
                    }
                }
                return;
            }
            if is_careless || stop.is_cancelled() {
                return;
            }
            tokio::time::sleep(OUTAGE_PAUSE).await;
        }
    }

    fn job(&self, session: usize, number: u64, load: Load, dice: &mut StdRng, generations: &mut [u32]) -> Job {
        let mut is_one_in = |number: u32| number > 0 && dice.random_range(0..number) == 0;
        let order = match (is_one_in(load.killer_in), is_one_in(load.failure_in)) {
            (true, _) => Order::Kill,
            (false, true) => Order::Fail(dice.random_range(1..3)),
            (false, false) => Order::Answer,
        };
        let is_replaced = order != Order::Kill && dice.random_range(0..5) == 0;
        let subject = is_replaced.then(|| session * SUBJECTS as usize + dice.random_range(0..SUBJECTS as usize));
        let generation = subject.map_or(0, |subject| {
            generations[subject] += 1;
            generations[subject]
        });
        let (tenant, id) = &self.sessions[session];
        Job {
            id: JobId::new(self.shards.of(tenant, id)),
            tenant: tenant.clone(),
            session: id.clone(),
            subject: subject.map(|subject| SubjectId::new(format!("subject-{subject}")).expect("lawful")),
            generation,
            lane: LANES[dice.random_range(0..LANES.len())].lane,
            tasks: vec![Task::Standardise],
            photo: order.photo(number),
            spec: "chsi".into(),
            accepted_at_ms: 1_700_000_000_000,
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        }
    }
}
