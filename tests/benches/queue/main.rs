//! How fast the queue moves jobs that do nothing, beside the plainest loop over Redis Streams on the same
//! server in the same run. What it prints stands in docs/PERFORMANCE.md; read the ratios, machines differ.
//!
//! `cargo bench --workspace --bench queue -- [--jobs 50000] [--backlog 1000000] [--finished 1000000] [--rounds 3]
//! [--only rates|kept|idle|singly|backlog|flat] [--json]`

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

mod idle;
mod ours;
mod raw;
mod usage;

use std::time::Duration;

use gradphoto_shared::store::Limits;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::row::Row;

use ours::Ours;
use usage::Usage;

/// Whatever went wrong; a bench tells it and ends.
type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// Jobs taken and answered in one call, on both sides: past 100 little is gained (measured).
const BATCH: usize = 100;
/// Loops that take and answer at the same time, on both sides.
const LOOPS: usize = 2;
/// Looks at the memory while jobs go through.
const LOOKS: usize = 5;
/// Jobs that come and go at once meanwhile.
const STEP: usize = 10_000;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Rates,
    Kept,
    Idle,
    Singly,
    Backlog,
    Flat,
}

/// Every part by its word.
const PARTS: [(&str, Part); 6] = [
    ("rates", Part::Rates),
    ("kept", Part::Kept),
    ("idle", Part::Idle),
    ("singly", Part::Singly),
    ("backlog", Part::Backlog),
    ("flat", Part::Flat),
];

/// What was asked for.
struct Asked {
    jobs: usize,
    backlog: usize,
    finished: usize,
    /// Rounds of raw and ours in turn; the best of each counts, since a busy machine only ever adds.
    rounds: usize,
    /// Only this.
    only: Option<Part>,
    json: bool,
}

impl Asked {
    fn read() -> Result<Self> {
        let mut asked =
            Self { jobs: 50_000, backlog: 1_000_000, finished: 1_000_000, rounds: 3, only: None, json: false };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut next = || words.next().ok_or("a word is missing");
            let count = |word: String| word.parse::<usize>().map_err(|_| "no count");
            match word.as_str() {
                "--jobs" => asked.jobs = count(next()?)?,
                "--backlog" => asked.backlog = count(next()?)?,
                "--finished" => asked.finished = count(next()?)?,
                "--rounds" => asked.rounds = count(next()?)?,
                "--only" => {
                    let word = next()?;
                    let part = PARTS.iter().find(|(name, _)| *name == word).ok_or("no such part")?;
                    asked.only = Some(part.1);
                }
                "--json" => asked.json = true,
                // What cargo bench adds.
                "--bench" => {}
                _ => return Err(format!("what is {word}? The head of benches/queue/main.rs says what is known").into()),
            }
        }
        Ok(asked)
    }

    async fn measure(&self, part: Part) -> Result<Vec<Row>> {
        match part {
            Part::Rates => Ok([rates(self, "", false).await?, rates(self, ", AOF everysec", true).await?].concat()),
            Part::Kept => kept(self.jobs.min(20_000)).await,
            Part::Idle => idle::waits().await,
            Part::Singly => one_by_one(self.jobs / 10).await,
            Part::Backlog => under_backlog(self).await,
            Part::Flat => flat(self.finished).await,
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let asked = Asked::read()?;
    let mut rows = Vec::new();
    for (_, part) in PARTS.into_iter().filter(|(_, part)| asked.only.is_none_or(|only| only == *part)) {
        rows.extend(asked.measure(part).await?);
    }
    if asked.json {
        println!("{}", serde_json::to_string(&rows)?);
    } else {
        rows.iter().for_each(|row| println!("{row}"));
    }
    Ok(())
}

fn server(appends: bool) -> PrivateRedis {
    let redis = PrivateRedis::start();
    if appends {
        let _ = redis.cli(&["CONFIG", "SET", "appendfsync", "everysec", "appendonly", "yes"]);
    }
    redis
}

/// End to end: everything in, everything out, on one server for both sides.
async fn rates(asked: &Asked, label: &str, appends: bool) -> Result<Vec<Row>> {
    let jobs = asked.jobs;
    let redis = server(appends);
    let ours = Ours::on(&redis).await?;
    let (mut best_raw, mut best_ours) = (raw::Measured::default(), raw::Measured::default());
    let mut ratios = Vec::new();
    for _ in 0..asked.rounds {
        let (raw, ours) = (raw::run(&redis, jobs).await?, ours.run(&redis, jobs).await?);
        ratios.push(ours.rate(jobs) / raw.rate(jobs) * 100.0);
        best_raw.better(raw);
        best_ours.better(ours);
    }
    ratios.sort_by(f64::total_cmp);
    let mut rows = vec![
        Row::new(format!("raw loop, end to end{label}"), best_raw.rate(jobs), "jobs/s"),
        Row::new(format!("gradphoto, end to end{label}"), best_ours.rate(jobs), "jobs/s"),
        Row::new(format!("ratio{label}"), best_ours.rate(jobs) / best_raw.rate(jobs) * 100.0, "%").reach("at least 60"),
        Row::new(format!("ratio of a round, least{label}"), ratios[0], "%"),
        Row::new(format!("ratio of a round, median{label}"), ratios[ratios.len() / 2], "%"),
        Row::new(format!("ratio of a round, most{label}"), ratios[ratios.len() - 1], "%"),
        Row::new(format!("raw loop, Redis CPU per job{label}"), best_raw.cpu_us(jobs), "us"),
    ];
    let bound = if appends { "at most 40" } else { "at most 30" };
    rows.push(Row::new(format!("gradphoto, Redis CPU per job{label}"), best_ours.cpu_us(jobs), "us").reach(bound));
    rows.push(Row::new(format!("raw loop, callers' CPU per job{label}"), best_raw.own_us(jobs), "us"));
    rows.push(Row::new(format!("gradphoto, callers' CPU per job{label}"), best_ours.own_us(jobs), "us"));
    rows.push(Row::new(format!("gradphoto, submit in bulk{label}"), best_ours.submit_rate(jobs), "jobs/s"));
    rows.push(Row::new(format!("gradphoto, take and finish{label}"), best_ours.drain_rate(jobs), "jobs/s"));
    Ok(rows)
}

/// Bytes for each finished job, and once its time is over.
async fn kept(jobs: usize) -> Result<Vec<Row>> {
    const LIFE: Duration = Duration::from_secs(20);
    let redis = server(false);
    let ours = Ours::living(&redis, LIFE).await?;
    // Scripts, connections and the first node of each stream are paid by the first jobs.
    ours.run(&redis, 1_000).await?;
    let before = Usage::of(&redis);
    ours.run(&redis, jobs).await?;
    let full = Usage::of(&redis);
    tokio::time::sleep(LIFE + Duration::from_secs(2)).await;
    ours.sweep_expired(&redis).await?;
    let after = Usage::of(&redis);
    let per_job = |usage: &Usage, before: &Usage| (usage.bytes - before.bytes) / jobs as f64;
    Ok(vec![
        Row::new("kept for each finished job", per_job(&full, &before), "bytes").reach("at most 300"),
        Row::new("kept after its time", per_job(&after, &before).max(0.0), "bytes").reach("0"),
    ])
}

/// Submits of one job each, as an API without batches makes them.
async fn one_by_one(jobs: usize) -> Result<Vec<Row>> {
    let redis = server(false);
    let ours = Ours::on(&redis).await?;
    let mut rows = Vec::new();
    for callers in [1, 64] {
        let rate = ours.submit_singly(jobs, callers).await?;
        rows.push(Row::new(format!("submit one by one, {callers} callers"), rate, "jobs/s"));
    }
    Ok(rows)
}

/// The same drain with few and with very many jobs behind it.
async fn under_backlog(asked: &Asked) -> Result<Vec<Row>> {
    let Asked { jobs, backlog, rounds, .. } = *asked;
    let redis = server(false);
    let ours = Ours::on(&redis).await?;
    let mut empty = raw::Measured::default();
    for _ in 0..rounds {
        empty.better(ours.run(&redis, jobs).await?);
    }
    ours.submit(backlog).await?;
    let loaded = Usage::of(&redis);
    let mut full = raw::Measured::default();
    for _ in 0..rounds {
        full.better(ours.run_amid(&redis, jobs).await?);
    }
    Ok(vec![
        Row::new(format!("rate with {backlog} jobs waiting"), full.rate(jobs), "jobs/s"),
        Row::new("against an empty queue", full.rate(jobs) / empty.rate(jobs) * 100.0, "%").reach("at least 80"),
        Row::new("held for each waiting job", loaded.bytes / backlog as f64, "bytes"),
    ])
}

/// Memory of Redis while very many jobs come and go, with the product's own limits: it grows until the results stream
/// is full, and no more.
async fn flat(finished: usize) -> Result<Vec<Row>> {
    let redis = server(false);
    let ours = Ours::limited(&redis, Limits::default()).await?;
    let mut rows = Vec::new();
    for look in 1..=LOOKS {
        for _ in 0..finished / LOOKS / STEP {
            ours.run(&redis, STEP).await?;
        }
        let megabytes = Usage::of(&redis).bytes / 1e6;
        rows.push(Row::new(format!("used after {} finished jobs", look * (finished / LOOKS)), megabytes, "MB"));
    }
    Ok(rows)
}
