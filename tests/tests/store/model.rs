//! Every order of verbs on one job, on the scripts themselves: from each state that can be reached every verb is
//! tried, with claims old and new, and what must always hold is looked at after each.
//!
//! States are told apart by what Redis holds, times and fences aside, so the walk ends: it is exhaustive for one
//! job of one subject, a newer photo of it, two dead claims and the living one, up to [`DEPTH`] verbs.
#![expect(clippy::unwrap_used, reason = "a verb that fails has failed the test")]

use std::collections::HashSet;
use std::time::Duration;

use gradphoto_shared::job::{Job, State};
use gradphoto_shared::name::SubjectId;
use gradphoto_shared::store::{Claim, Finished, Limits, Scope};

use crate::setting::{Setting, claim, result};

/// Verbs in a row: more than it takes to die three times, be replayed and be answered.
const DEPTH: usize = 12;
/// Deaths after which a job is given up: each verb's ways are there with three, and the walk stays short.
const DEATHS: u32 = 3;

/// What may happen to the job at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Submit,
    Take,
    Finish(Age),
    Retry(Age),
    GiveBack(Age),
    Bury(Age),
    Extend(Age),
    Reclaim,
    Forward,
    Cancel,
    CancelAll,
    Withdraw,
    Replay,
    Drop,
    Pause,
    Resume,
    Sweep,
}

/// Which claim of those that were ever held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Oldest,
    Newest,
}

const VERBS: [Verb; 22] = [
    Verb::Submit,
    Verb::Take,
    Verb::Finish(Age::Oldest),
    Verb::Finish(Age::Newest),
    Verb::Retry(Age::Oldest),
    Verb::Retry(Age::Newest),
    Verb::GiveBack(Age::Oldest),
    Verb::GiveBack(Age::Newest),
    Verb::Bury(Age::Oldest),
    Verb::Bury(Age::Newest),
    Verb::Extend(Age::Oldest),
    Verb::Extend(Age::Newest),
    Verb::Reclaim,
    Verb::Forward,
    Verb::Cancel,
    Verb::CancelAll,
    Verb::Withdraw,
    Verb::Replay,
    Verb::Drop,
    Verb::Pause,
    Verb::Resume,
    Verb::Sweep,
];

/// The job on its way, and what is known of it outside of Redis.
struct Walk<'a> {
    setting: &'a Setting,
    job: Job,
    claims: Vec<Claim>,
    /// Its counters stay where it was dropped.
    was_dropped: bool,
}

impl<'a> Walk<'a> {
    fn new(setting: &'a Setting) -> Self {
        Self { setting, job: setting.job_for("a", 1), claims: Vec::new(), was_dropped: false }
    }

    fn claim(&self, age: Age) -> Option<Claim> {
        match age {
            Age::Oldest => self.claims.first().copied(),
            Age::Newest => self.claims.last().copied(),
        }
    }

    async fn act(&mut self, verb: Verb) {
        let (store, tenant, session) = (&self.setting.store, &self.setting.tenant, &self.setting.session);
        let scope = || Scope::Session(tenant.clone(), session.clone());
        match verb {
            // What was dropped is forgotten: the same again would be a new job.
            Verb::Submit if self.was_dropped => {}
            // Refused once it was withdrawn, which is right.
            Verb::Submit => drop(store.submit(std::slice::from_ref(&self.job)).await.unwrap()),
            Verb::Take => {
                let taken = store.take(5).await.unwrap();
                assert!(taken.len() <= 1, "one job was handed out twice");
                self.claims.extend(taken.iter().map(claim));
            }
            Verb::Finish(age) => {
                if let Some(claim) = self.claim(age) {
                    store.finish(&[Finished { claim, result: result() }]).await.unwrap();
                }
            }
            Verb::Retry(age) => {
                if let Some(claim) = self.claim(age) {
                    store.retry(&claim, "io", Duration::ZERO).await.unwrap();
                }
            }
            Verb::GiveBack(age) => {
                if let Some(claim) = self.claim(age) {
                    store.give_back(&[claim]).await.unwrap();
                }
            }
            Verb::Bury(age) => {
                if let Some(claim) = self.claim(age) {
                    store.bury(&claim, "broken").await.unwrap();
                }
            }
            Verb::Extend(age) => {
                if let Some(claim) = self.claim(age) {
                    store.extend(&[claim]).await.unwrap();
                }
            }
            Verb::Reclaim => drop(store.reclaim(DEATHS).await.unwrap()),
            Verb::Forward => drop(store.forward().await.unwrap()),
            // Unknown before it was submitted and after it was dropped, which is right.
            Verb::Cancel => drop(store.cancel(tenant, &self.job.id).await),
            Verb::CancelAll => drop(store.cancel_all(tenant, session, None).await.unwrap()),
            Verb::Withdraw => {
                store.withdraw(tenant, session, &SubjectId::new("a").unwrap(), 1).await.unwrap();
            }
            Verb::Replay => drop(store.replay(tenant, &[self.job.id]).await.unwrap()),
            Verb::Drop => {
                let dropped = store.drop_dead(tenant, &[self.job.id]).await.unwrap().remove(0);
                self.was_dropped |= dropped.is_ok();
            }
            Verb::Pause => store.pause(&scope()).await.unwrap(),
            Verb::Resume => drop(store.resume(&scope()).await.unwrap()),
            Verb::Sweep => drop(store.sweep().await.unwrap()),
        }
    }

    /// What Redis holds of the job, times and fences aside, and which claims are held.
    fn look(&self) -> Held {
        // `open` is empty once nothing is open; a stream's entries may outlive a cancelled job.
        const SCRIPT: &str = r"
            local base, uuid = KEYS[1], string.gsub(ARGV[1], '..', function(pair) return string.char(tonumber(pair, 16)) end)
            local record = redis.call('GET', base .. uuid) or ''
            local function number(first, last) return tonumber(string.sub(record, first, last)) or 0 end
            local claimed = uuid .. string.format('%08d', number(2, 9) + 1)
            local runs = string.sub(record, 1, 1) == 'w' and redis.call('ZSCORE', base .. 'lease', claimed)
            local claim = runs and 1 or 0
            local q = base .. 'q:2:school:day-1'
            local held = redis.call('HMGET', base .. 'open', 'l2', 'r2')
            local of = redis.call('HMGET', base .. 'session:school:day-1', 'accepted', 'done', 'dead', 'cancelled')
            local function count(value) return tonumber(value or 0) end
            return { runs and 'r' or string.sub(record, 1, 1), number(2, 9) + claim, number(10, 13) + claim, number(14, 15),
              redis.call('XLEN', q), redis.call('XLEN', q .. '!'), redis.call('ZCARD', base .. 'lease'),
              redis.call('ZCARD', base .. 'later:2'), count(held[1]), count(held[2]),
              count(of[1]), count(of[2]), count(of[3]), count(of[4]), redis.call('XLEN', base .. 'out:school'),
              redis.call('ZCARD', base .. 'dead:school'), redis.call('EXISTS', base .. 'paused'),
              redis.call('EXISTS', base .. 'generations:school:day-1') }";
        let base = format!("gp:{{{}}}:", self.job.id.shard.0);
        let uuid = self.job.id.uuid.simple().to_string();
        let printed = self.setting.redis.cli(&["EVAL", SCRIPT, "1", &base, &uuid]);
        let mut words = printed.lines();
        let state = words.next().unwrap_or_default().to_owned();
        let numbers = words.map(|word| word.parse().unwrap()).collect();
        Held { state, numbers }
    }

    /// What must hold whatever happened.
    async fn check(&self, held: &Held, path: &[Verb]) {
        let [_, tries, _, waiting, back, lease, later, open, running, accepted, done, dead, cancelled, out, listed, ..] =
            held.numbers[..]
        else {
            panic!("{held:?}")
        };
        let is = |state: &str| u64::from(held.state == state);
        let says = format!("after {path:?}: {held:?}");
        // It is in the one place of its state. A stream may hold more: what was cancelled while it waited.
        assert!(is("w") <= waiting + back, "{says}");
        assert_eq!((lease, later), (is("r"), is("l")), "{says}");
        assert_eq!((open, running), (is("w") + is("r") + is("l"), is("r")), "{says}");
        assert!(is("r") <= tries, "{says}");
        // Every accepted job is open or settled as one thing.
        assert_eq!(accepted, u64::from(accepted > 0), "{says}");
        assert_eq!(accepted, open + done + dead + cancelled, "{says}");
        if !self.was_dropped {
            assert_eq!((done, dead, cancelled), (is("d"), is("x"), is("c")), "{says}");
            assert_eq!(listed, is("x"), "{says}");
        }
        assert!(out <= 1, "{says}");
        self.check_told(held, &says).await;
    }

    /// Readers see it once, as what it is.
    async fn check_told(&self, held: &Held, says: &str) {
        let told: Vec<_> = self.setting.events().await.into_iter().map(|event| event.state).collect();
        let expected = match held.state.as_str() {
            "d" => vec![State::Done],
            "x" => vec![State::Dead],
            "c" => vec![State::Cancelled],
            _ => Vec::new(),
        };
        assert_eq!(told, expected, "{says}");
    }
}

/// What Redis holds of the job.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Held {
    state: String,
    numbers: Vec<u64>,
}

impl Held {
    /// The same whatever the fence: whether the newest claim is the living one is told by the state.
    fn without_fence(&self, claims: usize) -> (Self, usize) {
        let mut held = self.clone();
        held.numbers[0] = 0;
        held.numbers[1] = held.numbers[1].min(1);
        (held, claims.min(2))
    }
}

#[tokio::test]
async fn no_order_of_verbs_loses_a_job_or_tells_of_it_twice() {
    let setting = Setting::limited(Limits { lease: Duration::ZERO, ..Limits::default() }).await;
    let mut seen = HashSet::new();
    let mut paths: Vec<Vec<Verb>> = vec![Vec::new()];
    let (mut states, mut steps) = (0, 0);
    for _ in 0..DEPTH {
        let mut longer = Vec::new();
        for path in &paths {
            for verb in VERBS {
                let path: Vec<Verb> = path.iter().copied().chain([verb]).collect();
                let _ = setting.redis.cli(&["FLUSHDB"]);
                setting.open_session(&setting.session).await;
                let mut walk = Walk::new(&setting);
                for verb in &path {
                    walk.act(*verb).await;
                }
                let held = walk.look();
                walk.check(&held, &path).await;
                steps += 1;
                if seen.insert(held.without_fence(walk.claims.len())) {
                    states += 1;
                    longer.push(path);
                }
            }
        }
        paths = longer;
    }
    assert!(paths.is_empty(), "{} states are not walked to their end", paths.len());
    assert!(states > 50 && steps > 1_000, "{states} states, {steps} ways: verbs lead nowhere");
}
