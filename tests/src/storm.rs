//! A long run in which anything may break at any time, drawn by seeded dice, with an exact ledger at the end.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::desk::Load;
use crate::ledger::Sum;
use crate::member::Member;
use crate::redis::{Durability, PrivateRedis};
use crate::rig::Rig;
use crate::wire::{Passage, Wire};

/// Idle workers.
const WORKERS: usize = 5;
/// Dispatchers.
const KEEPERS: usize = 2;
/// Shortest and longest pause between two misfortunes, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 200..1_500;
/// Shortest and longest time that a lasting misfortune lasts, in milliseconds: up to two and a half leases.
const LASTING_MS: std::ops::Range<u64> = 200..5_000;
/// Shortest and longest time without Redis, in milliseconds.
const REDIS_AWAY_MS: std::ops::Range<u64> = 50..2_500;
/// How long settled jobs are kept, so that Redis stays small in a run of any length.
const KEEP: Duration = Duration::from_secs(5 * 60);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// How it is to storm.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// Where the dice begin.
    pub seed: u64,
    /// How long things break; the queue becomes empty after it.
    pub time: Duration,
    /// What Redis keeps over its death.
    pub durability: Durability,
    /// What is submitted.
    pub load: Load,
}

/// What happened.
#[derive(Debug)]
pub struct Weather {
    /// Misfortunes by kind.
    pub faults: BTreeMap<&'static str, u32>,
    /// The sum of the ledger.
    pub sum: Sum,
    /// Time until everything that was accepted during the storm was settled after it.
    pub recovered: Duration,
}

/// A misfortune, and its share of all.
const KINDS: [(&str, u32); 11] = [
    ("worker killed", 6),
    ("worker paused", 5),
    ("dispatcher killed", 2),
    ("dispatcher paused", 2),
    ("redis killed", 2),
    ("power cut", 3),
    ("redis paused", 2),
    ("wire cut", 5),
    ("wire frozen", 4),
    ("wire slow", 3),
    ("scripts forgotten", 1),
];

impl Storm {
    /// Lets it storm, then waits until all is settled.
    ///
    /// # Panics
    /// When the ledger does not add up.
    pub async fn rage(self) -> Weather {
        let mut rig = Rig::open_keeping(PrivateRedis::start_in(self.durability, Vec::new()), KEEP).await;
        let members: Vec<_> = (0..KEEPERS).map(|_| rig.keeper()).collect();
        let members = members.into_iter().chain((0..WORKERS).map(|_| rig.worker())).collect();
        rig.load(self.load);
        let dice = StdRng::seed_from_u64(self.seed);
        let mut sky = Sky { rig, members, dice, lasting: Vec::new(), faults: BTreeMap::new() };
        let (began, mut next) = (Instant::now(), Instant::now());
        while began.elapsed() < self.time {
            sky.clear_up(Instant::now());
            if Instant::now() >= next {
                sky.strike().await;
                next = Instant::now() + sky.some_time(PAUSE_MS);
            }
            tokio::time::sleep(LOOK).await;
        }
        sky.calm().await
    }
}

/// Something that will be over: whose, and when.
#[derive(Debug)]
enum Lasting {
    Asleep(usize),
    Wire(usize),
    DeskWire,
    RedisAway,
    RedisAsleep,
}

struct Sky {
    rig: Rig,
    /// Dispatchers first.
    members: Vec<Member>,
    dice: StdRng,
    lasting: Vec<(Instant, Lasting)>,
    faults: BTreeMap<&'static str, u32>,
}

impl Sky {
    /// Lets one thing break.
    async fn strike(&mut self) {
        let total = KINDS.iter().map(|(_, share)| share).sum();
        let mut drawn = self.dice.random_range(0..total);
        let mut kinds = KINDS.iter();
        let kind = loop {
            let (kind, share) = kinds.next().expect("a number below the sum of all shares");
            if drawn < *share {
                break *kind;
            }
            drawn -= share;
        };
        let (keeper, worker) = (self.dice.random_range(0..KEEPERS), self.dice.random_range(0..WORKERS) + KEEPERS);
        let struck = match kind {
            "worker killed" => self.kill(worker),
            "worker paused" => self.pause(worker),
            "dispatcher killed" => self.kill(keeper),
            "dispatcher paused" => self.pause(keeper),
            "redis killed" | "power cut" | "redis paused" => self.strike_redis(kind).await,
            "scripts forgotten" => self.is_redis_awake() && self.rig.redis.cli(&["SCRIPT", "FLUSH"]) == "OK",
            kind => self.strike_wire(kind),
        };
        if struck {
            *self.faults.entry(kind).or_default() += 1;
        }
    }

    fn kill(&mut self, member: usize) -> bool {
        self.lasting.retain(|(_, lasting)| !matches!(lasting, Lasting::Asleep(asleep) if *asleep == member));
        self.members[member].start_again();
        true
    }

    fn pause(&mut self, member: usize) -> bool {
        if !self.members[member].is_alive() {
            return false;
        }
        self.members[member].pause();
        self.lasts(LASTING_MS, Lasting::Asleep(member));
        true
    }

    /// Redis has one misfortune at a time.
    async fn strike_redis(&mut self, kind: &str) -> bool {
        if !self.is_redis_awake() || (kind == "power cut" && self.rig.redis.is_exact()) {
            return false;
        }
        match kind {
            "redis paused" => self.rig.redis.pause(),
            "power cut" => self.rig.cut_power().await,
            _ => self.rig.kill_redis(),
        }
        let lasting = if kind == "redis paused" { Lasting::RedisAsleep } else { Lasting::RedisAway };
        self.lasts(REDIS_AWAY_MS, lasting);
        true
    }

    fn is_redis_awake(&self) -> bool {
        !self.lasting.iter().any(|(_, lasting)| matches!(lasting, Lasting::RedisAway | Lasting::RedisAsleep))
    }

    fn strike_wire(&mut self, kind: &str) -> bool {
        // The last number is the submitter's and reader's.
        let number = self.dice.random_range(0..=self.members.len());
        let passage = match kind {
            "wire cut" => {
                self.wire(number).cut();
                return true;
            }
            "wire frozen" => Passage::Frozen,
            _ => Passage::Slow { pause: Duration::from_millis(30), bytes_per_second: 100_000 },
        };
        self.wire(number).let_pass(passage);
        let lasting = if number < self.members.len() { Lasting::Wire(number) } else { Lasting::DeskWire };
        self.lasts(LASTING_MS, lasting);
        true
    }

    fn wire(&self, number: usize) -> &Wire {
        self.members.get(number).map_or(&self.rig.wire, |member| &member.wire)
    }

    fn lasts(&mut self, time_ms: std::ops::Range<u64>, lasting: Lasting) {
        let until = Instant::now() + self.some_time(time_ms);
        self.lasting.push((until, lasting));
    }

    fn some_time(&mut self, range_ms: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.dice.random_range(range_ms))
    }

    /// Ends what is over by `now`, and starts those again who died of a job.
    fn clear_up(&mut self, now: Instant) {
        let (over, lasting) = std::mem::take(&mut self.lasting).into_iter().partition(|(until, _)| *until <= now);
        self.lasting = lasting;
        let over: Vec<(Instant, Lasting)> = over;
        for (_, lasting) in over {
            match lasting {
                Lasting::Asleep(member) if self.members[member].is_alive() => self.members[member].resume(),
                Lasting::Asleep(_) => {}
                Lasting::Wire(member) => self.members[member].wire.heal(),
                Lasting::DeskWire => self.rig.wire.heal(),
                Lasting::RedisAway => self.rig.redis.start_again(),
                Lasting::RedisAsleep => self.rig.redis.resume(),
            }
        }
        revive(&mut self.members, &mut self.faults);
    }

    /// Ends everything, and waits until the queue is empty.
    async fn calm(mut self) -> Weather {
        let never = Instant::now() + LOOK + Duration::from_millis(LASTING_MS.end);
        self.clear_up(never);
        let Self { rig, mut members, mut faults, .. } = self;
        let began = Instant::now();
        let closing = rig.close();
        tokio::pin!(closing);
        let sum = loop {
            tokio::select! {
                sum = &mut closing => break sum,
                () = tokio::time::sleep(LOOK) => revive(&mut members, &mut faults),
            }
        };
        Weather { faults, sum, recovered: began.elapsed() }
    }
}

/// Starts those again who died of a job.
fn revive(members: &mut [Member], faults: &mut BTreeMap<&'static str, u32>) {
    for member in members {
        if !member.is_alive() {
            member.start_again();
            *faults.entry("worker killed by a job").or_default() += 1;
        }
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in &self.faults {
            writeln!(f, "{kind:<24} {count:>6}")?;
        }
        let Sum { accepted, unknown, settled, duplicates, done, given_up, .. } = self.sum;
        let Sum { lost_in_power_cuts, repeated_after_power_cuts, .. } = self.sum;
        for (name, count) in [
            ("jobs accepted", accepted),
            ("answer lost", unknown.0),
            ("  settled all the same", unknown.1),
            ("settled", settled),
            ("  done", done),
            ("  given up, as it should", given_up),
            ("duplicates", duplicates),
            ("lost in power cuts", lost_in_power_cuts),
            ("told again after those", repeated_after_power_cuts),
        ] {
            writeln!(f, "{name:<24} {count:>6}")?;
        }
        write!(f, "empty after              {:>5.1} s", self.recovered.as_secs_f64())
    }
}
