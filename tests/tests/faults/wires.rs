//! Wires to Redis and to the object store that are cut, freeze, crawl or lead nowhere.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use gradphoto_tests::desk::Load;
use gradphoto_tests::fleet::portrait;
use gradphoto_tests::member::LEASE;
use gradphoto_tests::redis::PrivateRedis;
use gradphoto_tests::rig::Rig;
use gradphoto_tests::s3::S3;
use gradphoto_tests::server::answer;
use gradphoto_tests::system::System;
use gradphoto_tests::wire::{Passage, Wire};
use reqwest::Method;
use serde_json::json;

use crate::report;

/// A worker's, a dispatcher's and the submitter's wires are treated alike for `time`; `cuts` in it.
async fn check(fault: &str, passage: Passage, time: Duration, cuts: u32) {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let members = [rig.keeper(), rig.worker(), rig.worker()];
    rig.load(Load::STEADY);
    rig.settles(60).await;
    let wires = |rig: &Rig, act: &dyn Fn(&Wire)| {
        act(&rig.wire);
        members.iter().for_each(|member| act(&member.wire));
    };
    wires(&rig, &|wire| wire.let_pass(passage));
    for _ in 0..cuts {
        wires(&rig, &Wire::cut);
        tokio::time::sleep(time / cuts).await;
    }
    if cuts == 0 {
        tokio::time::sleep(time).await;
    }
    wires(&rig, &Wire::heal);
    let began = Instant::now();
    rig.settles(1).await;
    let times = [began.elapsed(), rig.recovers().await];
    report(fault, &rig.close().await, &times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_are_cut_again_and_again() {
    check("all wires cut 20 times", Passage::Free, Duration::from_secs(3), 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_freeze_for_longer_than_a_lease() {
    check("all wires frozen past the lease", Passage::Frozen, LEASE * 2, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_crawl() {
    let passage = Passage::Slow { pause: Duration::from_millis(60), bytes_per_second: 50_000 };
    check("all wires slow", passage, Duration::from_secs(3), 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wires_that_lead_nowhere() {
    check("all wires refuse", Passage::Refused, LEASE * 2, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_only_redis_cannot_hear() {
    let mut rig = Rig::open(PrivateRedis::start()).await;
    let (_keeper, _other, lonely) = (rig.keeper(), rig.worker(), rig.worker());
    rig.load(Load::STEADY);
    rig.settles(60).await;
    lonely.wire.let_pass(Passage::Frozen);
    let time = rig.recovers().await;
    // Everything that it said meanwhile arrives at once, long after its leases ended.
    lonely.wire.heal();
    rig.settles(60).await;
    report("one worker's wire frozen", &rig.close().await, &[time]);
}

#[tokio::test]
async fn an_object_store_behind_a_bad_wire_costs_time_and_no_photo() {
    let mut server = S3::start();
    server.make_bucket("photos").await;
    let address = server.endpoint.trim_start_matches("http://").parse().expect("an address");
    let wire = Wire::to_port(address);
    server.endpoint = wire.http_url();
    let mut system = System::new(PrivateRedis::start()).with_store(&server, "photos");
    let mut dispatcher = system.serve(&[]).await;
    dispatcher.ready().await;
    let mut worker = system.worker(&[]);
    worker.ready().await;
    system.open_session("s").await;
    let (status, photo) = answer(system.ask(Method::PUT, "/v1/sessions/s/photos").body(portrait())).await;
    assert!(status < 300, "{status} {photo}");
    let jobs = vec![json!({"photo": photo["photo"], "tasks": ["standardise"]}); 12];
    let (status, submitted) = answer(system.ask(Method::POST, "/v1/sessions/s/jobs").json(&jobs)).await;
    assert_eq!(status, 202, "{submitted}");
    system.events("s", 2).await;
    for passage in [Passage::Slow { pause: Duration::from_millis(100), bytes_per_second: 100_000 }, Passage::Frozen] {
        wire.let_pass(passage);
        tokio::time::sleep(Duration::from_secs(1)).await;
        wire.cut();
    }
    wire.heal();
    let began = Instant::now();
    let events = system.events("s", 12).await;
    println!(
        "object store's wire slow, frozen, cut: settled {} in {:.1} s",
        events.len(),
        began.elapsed().as_secs_f64()
    );
    let jobs: BTreeSet<_> = events.iter().filter_map(|event| event["job"].as_str()).collect();
    assert_eq!((events.len(), jobs.len()), (12, 12));
    assert!(events.iter().all(|event| event["state"] == "done"), "{events:?}");
}
