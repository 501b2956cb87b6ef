//! What every test of the store needs: a server, a store, an open session, jobs.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::{Attempt, Job, JobId, Task};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, SubjectId, TenantId};
use gradphoto_shared::outcome::{JobResult, ReasonCode, StandardiseOutcome};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::store::{Claim, Finished, Limits, ResultEvent, Store};
use gradphoto_tests::redis::PrivateRedis;

/// A server, a store on it, and an open session.
pub(crate) struct Setting {
    pub(crate) redis: PrivateRedis,
    pub(crate) store: Store,
    pub(crate) tenant: TenantId,
    pub(crate) session: SessionId,
}

impl Setting {
    pub(crate) async fn new() -> Self {
        Self::with(PrivateRedis::start(), Limits::default()).await
    }

    pub(crate) async fn limited(limits: Limits) -> Self {
        Self::with(PrivateRedis::start(), limits).await
    }

    /// Leases end as soon as they begin.
    pub(crate) async fn impatient() -> Self {
        Self::limited(Limits { lease: Duration::ZERO, ..Limits::default() }).await
    }

    pub(crate) async fn durable() -> Self {
        Self::durable_with(Limits::default()).await
    }

    pub(crate) async fn durable_with(limits: Limits) -> Self {
        Self::with(PrivateRedis::start_durable(), limits).await
    }

    async fn with(redis: PrivateRedis, limits: Limits) -> Self {
        let store = Store::connect_with(&redis.config(), limits).await.unwrap();
        let tenant = TenantId::new("school").unwrap();
        let setting = Self { redis, store, tenant, session: SessionId::new("day-1").unwrap() };
        setting.open_session(&setting.session).await;
        setting
    }

    pub(crate) async fn open_session(&self, session: &SessionId) {
        let session = Session {
            id: session.clone(),
            tenant: self.tenant.clone(),
            state: SessionState::Open,
            spec: "chsi".into(),
            overrides: Default::default(),
            created_at_ms: 1,
        };
        self.store.create_session(&session).await.unwrap();
    }

    pub(crate) fn job(&self, lane: Lane) -> Job {
        self.job_of(&self.session, lane)
    }

    pub(crate) fn job_of(&self, session: &SessionId, lane: Lane) -> Job {
        let shard = self.redis.config().shards.of(&self.tenant, session);
        Job {
            id: JobId::new(shard),
            tenant: self.tenant.clone(),
            session: session.clone(),
            subject: None,
            generation: 0,
            lane,
            tasks: vec![Task::Standardise],
            photo: BlobKey::new("photos/school/day-1/1").unwrap(),
            spec: "chsi".into(),
            accepted_at_ms: now_ms(),
            not_before_ms: None,
            deadline_ms: None,
            timeout_ms: None,
            batch: None,
            references: Vec::new(),
        }
    }

    pub(crate) fn job_for(&self, subject: &str, generation: u32) -> Job {
        Job { subject: Some(SubjectId::new(subject).unwrap()), generation, ..self.job(Lane::Onsite) }
    }

    pub(crate) fn jobs(&self, lane: Lane, count: usize) -> Vec<Job> {
        (0..count).map(|_| self.job(lane)).collect()
    }

    /// Submits jobs that must all be accepted.
    pub(crate) async fn submit(&self, jobs: &[Job]) {
        let answers = self.store.submit(jobs).await.unwrap();
        assert_eq!(answers.len(), jobs.len());
        for answer in answers {
            answer.unwrap();
        }
    }

    /// Submits one job and takes it.
    pub(crate) async fn take_new(&self) -> Claim {
        self.submit(&self.jobs(Lane::Onsite, 1)).await;
        self.take_one().await
    }

    /// Takes the one job that waits.
    pub(crate) async fn take_one(&self) -> Claim {
        let taken = self.store.take(10).await.unwrap();
        assert_eq!(taken.len(), 1);
        claim(&taken[0])
    }

    pub(crate) async fn finish(&self, claim: Claim) -> bool {
        let finished = [Finished { claim, result: result() }];
        self.store.finish(&finished).await.unwrap()[0]
    }

    /// All events of the session.
    pub(crate) async fn events(&self) -> Vec<ResultEvent> {
        self.store.results(&self.tenant, &self.session, "0", 1_000, Duration::ZERO).await.unwrap().events
    }

    /// Asserts that no stream holds an entry and no worker a job.
    pub(crate) fn assert_empty(&self) {
        self.assert_none_begins(&["q:", "ring:", "lease"]);
    }

    /// Asserts that everything was settled and every counter of open jobs is gone.
    pub(crate) fn assert_settled(&self) {
        self.assert_none_begins(&["q:", "ring:", "lease", "open", "later:"]);
    }

    /// Asserts that no key begins, behind the base of its shard, with one of these words.
    ///
    /// Only what begins with them counts: a job's record is named by 16 bytes, and ten thousand of them hold any
    /// three bytes somewhere once in some hundred runs.
    fn assert_none_begins(&self, words: &[&str]) {
        let keys = self.redis.cli(&["KEYS", "gp:*"]);
        let names = keys.lines().filter_map(|key| key.strip_prefix("gp:{")?.split_once("}:"));
        let held: Vec<_> = names.filter(|(_, name)| words.iter().any(|word| name.starts_with(word))).collect();
        assert!(held.is_empty(), "{held:?}");
    }

    /// Puts `to` in place of `from` in a job's envelope.
    pub(crate) fn change(&self, job: &Job, from: &str, to: &str) {
        let script =
            "local uuid = string.gsub(ARGV[1], '..', function(pair) return string.char(tonumber(pair, 16)) end)
            local record = redis.call('GET', KEYS[1] .. uuid)
            local at, to = string.find(record, ARGV[2], 1, true)
            redis.call('SET', KEYS[1] .. uuid, string.sub(record, 1, at - 1) .. ARGV[3] .. string.sub(record, to + 1))";
        let base = format!("gp:{{{}}}:", job.id.shard.0);
        let _ = self.redis.cli(&["EVAL", script, "1", &base, &job.id.uuid.simple().to_string(), from, to]);
    }

    /// Removes what the queue holds of a job.
    pub(crate) fn lose(&self, job: &Job) {
        let script = "local key = KEYS[1] .. string.gsub(ARGV[1], '..', function(pair) return string.char(tonumber(pair, 16)) end)
            return redis.call('DEL', key)";
        let base = format!("gp:{{{}}}:", job.id.shard.0);
        let uuid = job.id.uuid.simple().to_string();
        assert_eq!(self.redis.cli(&["EVAL", script, "1", &base, &uuid]), "1");
    }
}

pub(crate) fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

pub(crate) fn claim(attempt: &Attempt) -> Claim {
    Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence }
}

pub(crate) fn result() -> JobResult {
    let standardise = Some(StandardiseOutcome::refused(ReasonCode::NoFace));
    JobResult { pack: "base-1".into(), standardise, ..JobResult::default() }
}
