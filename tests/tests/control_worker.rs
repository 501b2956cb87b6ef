//! Workers that are told things while they work: people go first, jobs are cancelled, take too long or come
//! too late, and operators drain one worker of several.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gradphoto_shared::job::{Job, JobId, State};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::store::JobView;
use gradphoto_tests::fleet::{Yard, portrait, sample};
use gradphoto_tests::photos::home;
use gradphoto_tests::process::Process;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::system::above;

const PATIENCE: Duration = Duration::from_secs(180);
/// Nothing comes back through it while a test runs.
const LONG_LEASE: Duration = Duration::from_secs(600);
/// Photos of a backlog that outlasts the test.
const BACKLOG: usize = 300;
/// Jobs of people whose waiting is measured.
const PEOPLE: usize = 12;

async fn look(yard: &Yard, job: &JobId) -> JobView {
    yard.store.look(&yard.tenant, job).await.expect("a job of ours")
}

/// Waits until a job stands as `is_so` wants.
async fn until(yard: &Yard, job: &JobId, is_so: impl Fn(&JobView) -> bool) -> JobView {
    let began = Instant::now();
    loop {
        let view = look(yard, job).await;
        if is_so(&view) {
            return view;
        }
        assert!(began.elapsed() < PATIENCE, "job stays {view:?}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Stores a photo for a job and submits it.
async fn submit(yard: &Yard, photo: &Bytes, job: Job) -> JobId {
    yard.blobs.put(&job.photo, photo.clone()).await.expect("a folder takes photos");
    yard.submit_jobs(std::slice::from_ref(&job)).await;
    job.id
}

/// A photo that takes a while to decode: a PNG is never decoded at a reduced scale.
fn slow_photo() -> Bytes {
    let large = image::imageops::resize(&sample(&home()), 7000, 7000, image::imageops::FilterType::Nearest);
    let mut png = std::io::Cursor::new(Vec::new());
    large.write_to(&mut png, image::ImageFormat::Png).expect("memory takes a picture");
    Bytes::from(png.into_inner())
}

/// Waits until the worker decodes its first photo, a slow one.
async fn decoding(worker: &Process) {
    // The header is read before the pixels.
    above(worker, "gradphoto_stage_seconds_count{stage=\"decode\"}", 0.0).await;
}

async fn one_worker(yard: &Yard, more: &[&str]) -> Process {
    let mut worker = yard.worker(&[&["--lease", "600"], more].concat());
    worker.ready().await;
    worker
}

/// From submit to answer for one person after the other, sorted.
async fn waits(yard: &Yard, photo: &Bytes) -> Vec<Duration> {
    let mut waits = Vec::new();
    for _ in 0..PEOPLE {
        let began = Instant::now();
        let job = submit(yard, photo, Job { lane: Lane::Interactive, ..yard.job() }).await;
        let view = yard.store.look_settled(&yard.tenant, &job, PATIENCE).await.expect("redis answers");
        assert_eq!(view.state, State::Done);
        waits.push(began.elapsed());
    }
    waits.sort();
    waits
}

#[tokio::test]
async fn people_do_not_wait_behind_what_was_fetched_ahead() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let photo = portrait();
    // Without places of their own people would wait for sixteen photos.
    let _worker = one_worker(&yard, &["--ahead", "16"]).await;
    waits(&yard, &photo).await;
    let empty = waits(&yard, &photo).await;
    let bulk: Vec<Job> = (0..BACKLOG).map(|_| Job { lane: Lane::Bulk, ..yard.job() }).collect();
    for job in &bulk {
        yard.blobs.put(&job.photo, photo.clone()).await.expect("a folder takes photos");
    }
    yard.submit_jobs(&bulk).await;
    let mut settled = 0;
    while settled < 2 {
        settled = 0;
        for job in &bulk[..20] {
            settled += usize::from(look(&yard, &job.id).await.state.is_settled());
        }
    }
    let full = waits(&yard, &photo).await;
    let left = yard.store.gauge().await.expect("redis answers").iter().map(|lane| lane.waiting).sum::<u64>();
    let (middle, last) = (PEOPLE / 2, PEOPLE - 1);
    eprintln!(
        "interactive, {PEOPLE} each: empty p50 {:?} longest {:?}; before {left} bulk photos p50 {:?} longest {:?}",
        empty[middle], empty[last], full[middle], full[last]
    );
    assert!(left > 20, "the backlog was to outlast the people, {left} photos are left");
    // One photo that was begun and their own make twice; far from the eighteen-fold of a single line, and as
    // far from what a busy machine adds.
    assert!(full[middle] < empty[middle] * 8, "empty {empty:?}, full {full:?}");
}

#[tokio::test]
async fn a_cancelled_job_is_dropped_begun_or_not() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let slow = slow_photo();
    let worker = one_worker(&yard, &["--ahead", "1"]).await;
    let (begun, ahead) = (yard.job(), yard.job());
    for job in [&begun, &ahead] {
        yard.blobs.put(&job.photo, slow.clone()).await.expect("a folder takes photos");
    }
    let jobs = [begun, ahead];
    yard.submit_jobs(&jobs).await;
    let [begun, ahead] = jobs.map(|job| job.id);
    decoding(&worker).await;
    for job in [&ahead, &begun] {
        let state = yard.store.cancel(&yard.tenant, job).await.expect("redis answers");
        assert_eq!(state, State::Cancelled, "the job was to be cancelled while it ran: {}", worker.log());
    }
    // Both places are free again for one that comes later.
    let kept = yard.submit(&[portrait()]).await[0];
    let events = yard.events(3, PATIENCE).await;
    let mut found: Vec<_> = events.iter().map(|event| (event.job, event.state)).collect();
    found.sort_by_key(|(job, _)| *job);
    let mut expected = [(begun, State::Cancelled), (ahead, State::Cancelled), (kept, State::Done)];
    expected.sort_by_key(|(job, _)| *job);
    assert_eq!(found, expected);
    for job in [begun, ahead] {
        let view = look(&yard, &job).await;
        assert_eq!((view.state, view.result, view.error.as_deref()), (State::Cancelled, None, Some("cancelled")));
    }
    // The event is there before the line.
    worker.says("job is settled").await;
    let log = worker.log();
    assert_eq!(log.matches("job is not wanted any more").count(), 2, "{log}");
    assert!(!log.contains("too late"), "nothing was settled in vain: {log}");
    assert_eq!(log.matches("job is settled").count(), 1, "{log}");
    yard.assert_empty().await;
}

#[tokio::test]
async fn a_try_that_takes_too_long_counts_and_another_follows() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let _keeper = yard.keeper(LONG_LEASE);
    let _worker = one_worker(&yard, &[]).await;
    let hasty = submit(&yard, &slow_photo(), Job { timeout_ms: Some(50), ..yard.job() }).await;
    let view = until(&yard, &hasty, |view| view.attempts >= 2).await;
    assert_eq!(view.error.as_deref(), Some("timed_out"));
    assert!(!view.state.is_settled(), "{view:?}");
    let other = yard.submit(&[portrait()]).await[0];
    assert_eq!(until(&yard, &other, |view| view.state.is_settled()).await.state, State::Done);
}

#[tokio::test]
async fn a_job_past_its_deadline_is_not_begun_even_when_fetched() {
    let yard = Yard::open(PrivateRedis::start()).await;
    // The last is fetched while the thread has more than a second of work before it.
    let worker = one_worker(&yard, &["--ahead", "8"]).await;
    let (photo, mut jobs) = (slow_photo(), [yard.job(), yard.job(), yard.job(), yard.job(), yard.job()]);
    for job in &jobs {
        yard.blobs.put(&job.photo, photo.clone()).await.expect("a folder takes photos");
    }
    yard.submit_jobs(&jobs[..4]).await;
    decoding(&worker).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock past 1970");
    let soon = u64::try_from(now.as_millis()).expect("a near future") + 150;
    (jobs[4].deadline_ms, jobs[4].lane) = (Some(soon), Lane::Bulk);
    yard.submit_jobs(&jobs[4..]).await;
    let [slow @ .., late] = jobs.map(|job| job.id);
    let view = until(&yard, &late, |view| view.state.is_settled()).await;
    assert_eq!((view.state, view.error.as_deref()), (State::Dead, Some("expired")), "{}", worker.log());
    for slow in &slow {
        assert_eq!(until(&yard, slow, |view| view.state.is_settled()).await.state, State::Done);
    }
    assert_eq!(yard.events(5, PATIENCE).await.len(), 5);
}

#[tokio::test]
async fn workers_are_known_while_they_live() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let (first, mut second) = (one_worker(&yard, &[]).await, one_worker(&yard, &[]).await);
    let listed = async |count: usize| {
        let began = Instant::now();
        loop {
            let workers = yard.store.workers().await.expect("redis answers");
            if workers.len() == count {
                return workers;
            }
            assert!(began.elapsed() < PATIENCE, "{workers:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let workers = listed(2).await;
    assert!(workers.iter().all(|worker| worker.state.threads == 1 && worker.silent_ms < 60_000), "{workers:?}");
    second.signal(rustix::process::Signal::TERM);
    assert!(second.ended(PATIENCE).await.success(), "{}", second.log());
    let left = listed(1).await;
    assert_eq!(left[0].name, workers[0].name, "{}", first.log());
}
