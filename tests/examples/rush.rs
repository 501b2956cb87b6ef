//! How long people wait for their answers while 30,000 photos of a school wait too:
//! `cargo build --workspace --all-targets`, then `cargo run --example rush [PHOTOS] [PEOPLE] [PACK]`.
//!
//! One dispatcher, one worker of two threads, a private Redis. Photos are of 12 megapixels; people come one after the
//! other, each with a photo to be made and checked, a search for their face and a collection code.

#![expect(clippy::print_stdout, reason = "prints a table for people")]

#[path = "../benches/photo/input.rs"]
mod input;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use gradphoto_tests::photos;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::row::Row;
use gradphoto_tests::server::answer;
use gradphoto_tests::system::System;
use reqwest::Method;
use serde_json::{Value, json};

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Different photos behind the jobs in bulk.
const DIFFERENT: usize = 20;
/// Jobs in one call.
const CALL: usize = 1_000;
/// Longest wait for one answer in seconds.
const WAIT: u64 = 60;

/// What somebody comes for: tasks, lane, percentile 95 to reach in seconds, and the figure's words (DESIGN 5).
const ERRANDS: [(&str, &str, &str); 3] = [
    ("standardise,check", "onsite", "below 5"),
    ("search", "interactive", "below 3"),
    ("read_code", "interactive", "below 1"),
];

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = std::env::args().skip(1);
    let bulk: usize = words.next().map_or(Ok(30_000), |word| word.parse())?;
    let people: usize = words.next().map_or(Ok(60), |word| word.parse())?;
    let pack = words.next().unwrap_or("full".into());
    let folder = tempfile::tempdir()?;
    let large = input::large(folder.path(), DIFFERENT)?;
    let (gallery, probes) = faces()?;
    let codes = photos::pictures_in(&photos::photos("qr_chsi_like").ok_or("the codes are lent material")?);

    let mut system = System::new(PrivateRedis::start());
    let _dispatcher = system.serve(&["--search-rate", "6000", "--tenant-search-rate", "6000"]).await;
    let mut worker = system.worker(&["--threads", "2", "--pack", &pack]);
    worker.ready().await;
    system.open_session("hall").await;
    for photo in &gallery {
        come(&system, photo, "enrol", "interactive").await?;
    }
    let mut alone = ERRANDS.map(|_| Vec::new());
    let mut behind = ERRANDS.map(|_| Vec::new());
    visit(&system, [&large, &probes, &codes], people.min(10), &mut alone).await?;
    submit(&system, &large, bulk).await?;
    visit(&system, [&large, &probes, &codes], people, &mut behind).await?;

    let (_, queue) = answer(system.ask(Method::GET, "/v1/queue")).await;
    let waiting = queue["backlog"].as_u64().ok_or("a backlog")?;
    if waiting == 0 {
        return Err("the photos in bulk did not outlast the people".into());
    }
    for (index, (tasks, _, reach)) in ERRANDS.into_iter().enumerate() {
        let name = |what: &str| format!("{tasks}, {what}");
        println!("{}", Row::new(name("nobody else, p50"), seconds(&mut alone[index], 50), "s"));
        println!("{}", Row::new(name("behind the photos, p50"), seconds(&mut behind[index], 50), "s"));
        println!("{}", Row::new(name("behind the photos, p95"), seconds(&mut behind[index], 95), "s").reach(reach));
    }
    println!("{}", Row::new("photos in bulk still waiting at the end", waiting as f64, ""));
    Ok(())
}

/// Gallery and probes of people with a photo of each.
fn faces() -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let set = photos::photos("london_search").ok_or("the faces are lent material")?;
    let is = |path: &PathBuf, word: &str| path.to_string_lossy().contains(word);
    let all = photos::pictures_in(&set);
    Ok(all.into_iter().filter(|path| is(path, "gallery") || is(path, "probe")).partition(|path| is(path, "gallery")))
}

/// Lets people come one after the other with one errand of each kind; notes how long they waited.
async fn visit(system: &System, photos: [&[PathBuf]; 3], people: usize, waits: &mut [Vec<Duration>; 3]) -> Result<()> {
    for number in 0..people {
        for ((photos, (tasks, lane, _)), waits) in photos.iter().zip(ERRANDS).zip(waits.iter_mut()) {
            let began = Instant::now();
            come(system, &photos[number % photos.len()], tasks, lane).await?;
            waits.push(began.elapsed());
        }
    }
    Ok(())
}

/// Uploads a photo and waits for its answer.
async fn come(system: &System, photo: &Path, tasks: &str, lane: &str) -> Result<Value> {
    let path = format!("/v1/sessions/hall/photos?tasks={tasks}&lane={lane}");
    let (status, taken) = answer(system.ask(Method::POST, &path).body(std::fs::read(photo)?)).await;
    let job = taken["job"].as_str().ok_or_else(|| format!("{status}: {taken}"))?;
    let (_, view) = answer(system.ask(Method::GET, &format!("/v1/jobs/{job}?wait={WAIT}"))).await;
    if view["state"] == "done" { Ok(view) } else { Err(format!("no answer in time: {view}").into()) }
}

/// Lets a school's photos wait in bulk.
async fn submit(system: &System, photos: &[PathBuf], count: usize) -> Result<()> {
    system.open_session("school").await;
    let mut keys = Vec::new();
    for photo in photos {
        let put = system.ask(Method::PUT, "/v1/sessions/school/photos").body(std::fs::read(photo)?);
        let (status, stored) = answer(put).await;
        keys.push(stored["photo"].as_str().ok_or_else(|| format!("{status}: {stored}"))?.to_owned());
    }
    let job = |number: usize| {
        json!({"photo": keys[number % keys.len()], "tasks": ["standardise", "check"], "lane": "bulk",
            "subject": format!("s{number}")})
    };
    for first in (0..count).step_by(CALL) {
        let jobs: Vec<Value> = (first..count.min(first + CALL)).map(job).collect();
        let (status, body) = answer(system.ask(Method::POST, "/v1/sessions/school/jobs").json(&jobs)).await;
        if status != 202 {
            return Err(format!("{status}: {body}").into());
        }
    }
    Ok(())
}

fn seconds(waits: &mut [Duration], percent: usize) -> f64 {
    waits.sort_unstable();
    waits[(waits.len() - 1) * percent / 100].as_secs_f64()
}
