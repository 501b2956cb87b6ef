//! Callers, workers and a keeper on one store, and the count of what they promised and did.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant, UNIX_EPOCH};

use gradphoto_shared::Error;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::config::{RedisAccess, RedisConfig};
use gradphoto_shared::job::{Job, JobId, State, Task};
use gradphoto_shared::lane::{Lane, Shards};
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::outcome::{JobResult, ReasonCode, StandardiseOutcome};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Claim, Finished, Limits, Store};
use tokio_util::sync::CancellationToken;

/// Longest wait for something that must happen, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// After this silence a job's worker counts as dead.
const LEASE: Duration = Duration::from_secs(1);
/// Pause between two looks of whoever finds nothing to do.
const PAUSE: Duration = Duration::from_millis(5);
/// Jobs of one submit.
const BATCH: usize = 4;

/// Settings for a store at `url`, with eight shards and a short patience.
pub(crate) fn config(url: &str, replicas: u32) -> RedisConfig {
    RedisConfig {
        url: url.into(),
        prefix: "gp".into(),
        shards: Shards::new(8).unwrap(),
        timeout: Duration::from_secs(2),
        access: RedisAccess { replicas, ..RedisAccess::default() },
    }
}

/// Sessions in every shard, and what was promised in them.
pub(crate) struct Ledger {
    pub(crate) store: Store,
    tenant: TenantId,
    /// One for each shard, in the order of the shards.
    sessions: Vec<SessionId>,
    shards: Shards,
    promised: Mutex<Vec<JobId>>,
    /// When each shard's submits were answered.
    answered: Mutex<Vec<(usize, Instant)>>,
}

impl Ledger {
    /// Opens a session in every shard.
    pub(crate) async fn open(config: &RedisConfig) -> Self {
        let store = Store::connect_with(config, Limits { lease: LEASE, ..Limits::default() }).await.unwrap();
        store.ping().await.unwrap();
        let tenant = TenantId::new("school").unwrap();
        let shards = config.shards;
        let mut by_shard: HashMap<_, SessionId> = HashMap::new();
        for number in 0..10_000 {
            let session = SessionId::new(format!("day-{number}")).unwrap();
            by_shard.entry(shards.of(&tenant, &session)).or_insert(session);
        }
        let sessions: Vec<_> = shards.all().map(|shard| by_shard[&shard].clone()).collect();
        for id in &sessions {
            let (tenant, spec) = (tenant.clone(), "chsi".to_owned());
            let session = Session {
                id: id.clone(),
                tenant,
                state: SessionState::Open,
                spec,
                overrides: Default::default(),
                created_at_ms: 1,
            };
            store.create_session(&session).await.unwrap();
        }
        Self { store, tenant, sessions, shards, promised: Mutex::default(), answered: Mutex::default() }
    }

    /// Works until `trouble` has ended and every shard was served again; then counts.
    pub(crate) async fn survives<Answer>(&self, trouble: impl AsyncFnOnce() -> Answer) -> Answer {
        let (callers_stop, rest_stop) = (CancellationToken::new(), CancellationToken::new());
        let callers_gone = CancellationToken::new();
        let call = async {
            self.submit_until(&callers_stop).await;
            callers_gone.cancel();
        };
        let work = async {
            tokio::join!(call, self.work_until(&rest_stop), self.work_until(&rest_stop), self.keep_until(&rest_stop))
        };
        let course = async {
            self.all_answered_after(Instant::now()).await;
            let began = Instant::now();
            let answer = trouble().await;
            self.all_answered_after(Instant::now()).await;
            println!("every shard takes jobs again {:?} after the trouble began", began.elapsed());
            callers_stop.cancel();
            // What is under way is promised too, once it is answered.
            callers_gone.cancelled().await;
            self.all_settled().await;
            rest_stop.cancel();
            answer
        };
        let (_, answer) = tokio::join!(work, course);
        self.count().await;
        answer
    }

    /// Uses every verb of workers and keeper once: finish, retry, bury, give back, extend.
    pub(crate) async fn every_verb(&self, worker: &Store) {
        let jobs: Vec<_> = (0..BATCH).map(|_| self.job(0)).collect();
        for answer in self.store.submit(&jobs).await.unwrap() {
            answer.unwrap();
        }
        let mut open: HashSet<JobId> = jobs.iter().map(|job| job.id).collect();
        let mut round = 0;
        while !open.is_empty() {
            self.store.reclaim(1_000).await.unwrap();
            self.store.forward().await.unwrap();
            for taken in worker.take(1).await.unwrap() {
                let claim = Claim { job: taken.job.id, lane: taken.job.lane, fence: taken.fence };
                assert!(worker.extend(&[claim]).await.unwrap().is_empty());
                round += 1;
                match round {
                    1 => assert!(worker.retry(&claim, "io", Duration::ZERO).await.unwrap()),
                    2 => worker.give_back(&[claim]).await.unwrap(),
                    3 => {
                        assert!(worker.bury(&claim, "broken").await.unwrap());
                        open.remove(&claim.job);
                    }
                    _ => {
                        let finished = [Finished { claim, result: result() }];
                        assert_eq!(worker.finish(&finished).await.unwrap(), [true]);
                        open.remove(&claim.job);
                    }
                }
            }
        }
        let page = self.store.results(&self.tenant, &self.sessions[0], "0", 1_000, Duration::ZERO).await.unwrap();
        assert_eq!(page.events.len(), jobs.len());
        self.store.look(&self.tenant, &jobs[0].id).await.unwrap();
    }

    /// Submits a job in the first shard; nobody counts it.
    pub(crate) async fn submit_one(&self) -> gradphoto_shared::Result<()> {
        self.store.submit(&[self.job(0)]).await?.remove(0)
    }

    async fn submit_until(&self, stop: &CancellationToken) {
        for number in (0..self.sessions.len()).cycle() {
            if stop.is_cancelled() {
                return;
            }
            let jobs: Vec<_> = (0..BATCH).map(|_| self.job(number)).collect();
            match self.store.submit(&jobs).await {
                Ok(answers) => {
                    answers.into_iter().for_each(|answer| answer.unwrap());
                    self.promised.lock().unwrap().extend(jobs.iter().map(|job| job.id));
                    self.answered.lock().unwrap().push((number, Instant::now()));
                }
                Err(cause) => assert!(matches!(cause, Error::RedisAway(_)), "{cause}"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn work_until(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let taken = away_is_nothing(self.store.take(20).await);
            let finished: Vec<_> = taken
                .iter()
                .map(|taken| Claim { job: taken.job.id, lane: taken.job.lane, fence: taken.fence })
                .map(|claim| Finished { claim, result: result() })
                .collect();
            if finished.is_empty() {
                tokio::time::sleep(PAUSE).await;
            } else {
                // What cannot be told now comes back after its lease.
                away_is_nothing(self.store.finish(&finished).await);
            }
        }
    }

    async fn keep_until(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            away_is_nothing(self.store.reclaim(1_000).await);
            away_is_nothing(self.store.forward().await);
            tokio::time::sleep(LEASE / 5).await;
        }
    }

    async fn all_answered_after(&self, moment: Instant) {
        let began = Instant::now();
        loop {
            let answered = self.answered.lock().unwrap().clone();
            let after: HashSet<_> = answered.iter().filter(|(_, at)| *at > moment).map(|(shard, _)| *shard).collect();
            if after.len() == self.sessions.len() {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "only shards {after:?} take jobs");
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn all_settled(&self) {
        let promised = self.promised.lock().unwrap().clone();
        let began = Instant::now();
        for id in &promised {
            loop {
                match self.store.look(&self.tenant, id).await {
                    Ok(view) if view.state == State::Done => break,
                    Ok(_) | Err(Error::RedisAway(_)) => {}
                    Err(cause) => panic!("{id} was promised: {cause}"),
                }
                assert!(began.elapsed() < PATIENCE, "{id} is never settled");
                tokio::time::sleep(PAUSE).await;
            }
        }
        println!("{} jobs promised, all settled {:?} after the last", promised.len(), began.elapsed());
    }

    /// Every promised job was told exactly once.
    async fn count(&self) {
        let mut told: HashMap<JobId, u32> = HashMap::new();
        for session in &self.sessions {
            let mut after = "0".to_owned();
            loop {
                let page = self.store.results(&self.tenant, session, &after, 1_000, Duration::ZERO).await.unwrap();
                page.events.iter().for_each(|event| *told.entry(event.job).or_default() += 1);
                after = page.next;
                if page.events.is_empty() {
                    break;
                }
            }
        }
        for id in &*self.promised.lock().unwrap() {
            assert_eq!(told.get(id), Some(&1), "{id} is told once");
        }
    }

    fn job(&self, number: usize) -> Job {
        let session = self.sessions[number].clone();
        Job {
            id: JobId::new(self.shards.of(&self.tenant, &session)),
            tenant: self.tenant.clone(),
            session,
            subject: None,
            generation: 0,
            lane: Lane::Online,
            tasks: vec![Task::Standardise],
            photo: BlobKey::new("photos/school/day-1/1").unwrap(),
            spec: "chsi".into(),
            accepted_at_ms: u64::try_from(UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap(),
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        }
    }
}

/// The answer, or nothing while Redis is away; any other error is one.
fn away_is_nothing<Answer: Default>(answer: gradphoto_shared::Result<Answer>) -> Answer {
    match answer {
        Ok(answer) => answer,
        Err(Error::RedisAway(_)) => Answer::default(),
        Err(cause) => panic!("{cause}"),
    }
}

fn result() -> JobResult {
    let standardise = Some(StandardiseOutcome::refused(ReasonCode::NoFace));
    JobResult { pack: "base-1".into(), standardise, ..JobResult::default() }
}
