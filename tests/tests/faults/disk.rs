//! Disks that are full: of Redis' log, and of the object store.

use std::time::{Duration, Instant};

use gradphoto_shared::job::State;
use gradphoto_shared::outcome::StandardiseOutcome;
use gradphoto_tests::desk::Load;
use gradphoto_tests::fleet::{Yard, portrait};
use gradphoto_tests::redis::{Durability, PrivateRedis};
use gradphoto_tests::rig::{PATIENCE, Rig};
use gradphoto_tests::server::answer;
use gradphoto_tests::system::System;
use reqwest::Method;

use crate::report;

/// Smaller than any finished picture and than the log of Redis after some jobs, larger than a worker's log.
const FULL_BYTES: u64 = 14_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_cannot_write_refuses_and_forgets_nothing() {
    let mut rig = Rig::open(PrivateRedis::start_in(Durability::EverySecond, Vec::new())).await;
    let (_keeper, _workers) = (rig.keeper(), [rig.worker(), rig.worker()]);
    rig.load(Load::STEADY);
    rig.settles(60).await;
    rig.redis.limit_files(Some(FULL_BYTES));
    let began = Instant::now();
    while !rig.redis.cli(&["SET", "probe", "1"]).contains("MISCONF") {
        assert!(began.elapsed() < PATIENCE, "redis still writes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    rig.redis.limit_files(None);
    let began = Instant::now();
    rig.settles(1).await;
    let times = [began.elapsed(), rig.recovers().await];
    report("redis' disk full, synced each second", &rig.close().await, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_must_write_dies_of_a_full_disk_and_forgets_nothing() {
    let mut rig = Rig::open(PrivateRedis::start_in(Durability::Always, Vec::new())).await;
    let (_keeper, _workers) = (rig.keeper(), [rig.worker(), rig.worker()]);
    rig.load(Load::STEADY);
    rig.settles(60).await;
    rig.redis.limit_files(Some(FULL_BYTES));
    let began = Instant::now();
    while !rig.redis.has_ended() {
        assert!(began.elapsed() < PATIENCE, "redis still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    rig.kill_redis();
    rig.redis.start_again();
    let began = Instant::now();
    rig.settles(1).await;
    let times = [began.elapsed(), rig.recovers().await];
    report("redis' disk full, synced always", &rig.close().await, &times);
}

#[tokio::test]
async fn a_full_object_store_costs_time_and_no_photo() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let _keeper = yard.keeper(Duration::from_secs(5));
    let mut worker = yard.worker(&["--lease", "5"]);
    worker.ready().await;
    worker.limit_files(Some(FULL_BYTES));
    let jobs = yard.submit(&vec![portrait(); 4]).await;
    worker.says("try failed, another follows").await;
    assert!(worker.log().contains("store_away"), "{}", worker.log());
    let began = Instant::now();
    worker.limit_files(None);

    let events = yard.events(4, PATIENCE).await;
    println!("object store full, 4 photos: settled {} in {:.1} s", events.len(), began.elapsed().as_secs_f64());
    assert_eq!(events.len(), jobs.len());
    for event in &events {
        let result = event.result.as_ref().and_then(|result| result.standardise.as_ref());
        let Some(StandardiseOutcome::Finished { picture, .. }) = result else { panic!("{event:?}") };
        assert_eq!(event.state, State::Done);
        let picture = yard.blobs.get(picture, 1_000_000).await.expect("a picture that was told");
        assert!(image::load_from_memory(&picture).is_ok_and(|picture| picture.height() == 640));
    }
    yard.assert_empty().await;
}

#[tokio::test]
async fn an_upload_to_a_full_object_store_is_refused_and_leaves_no_job() {
    let mut system = System::new(PrivateRedis::start());
    let mut dispatcher = system.serve(&[]).await;
    dispatcher.ready().await;
    system.open_session("s").await;
    dispatcher.limit_files(Some(FULL_BYTES));
    let photo = portrait();
    assert!(photo.len() as u64 > FULL_BYTES);
    let upload = || system.ask(Method::POST, "/v1/sessions/s/photos?tasks=standardise").body(photo.clone());
    let (status, refused) = answer(upload()).await;
    assert_eq!((status, refused["error"]["code"].as_str()), (503, Some("store_away")), "{refused}");
    assert_eq!(answer(system.ask(Method::GET, "/v1/queue")).await.1["backlog"], 0);
    dispatcher.limit_files(None);
    assert_eq!(answer(upload()).await.0, 202);
}
