//! A cluster of three primaries with a replica each.

use std::time::{Duration, Instant};

use gradphoto_shared::Error;
use gradphoto_shared::store::Store;
use gradphoto_tests::cluster::Cluster;
use gradphoto_tests::redis_process::RedisProcess;

use crate::ledger::{Ledger, PATIENCE, config};

#[tokio::test]
async fn a_killed_node_loses_no_promised_job_and_work_goes_on() {
    let mut cluster = Cluster::start();
    let ledger = Ledger::open(&config(&cluster.url(), 1)).await;
    let mut bell = ledger.store.work_bell().await.unwrap();

    // Scripts that one node forgot are loaded again there.
    ledger.survives(async || assert_eq!(cluster.nodes[1].cli(&["SCRIPT", "FLUSH"]), "OK")).await;

    // Kill a primary, and bring it back as a replica of who took its place: a submit waits for a replica.
    ledger
        .survives(async || {
            cluster.nodes[0].stop();
            serves(&cluster.nodes[3]).await;
            cluster.nodes[0].start_again();
        })
        .await;
    bell.rung(Duration::from_secs(1)).await;
    ledger.store.gauge().await.unwrap();

    // The primary takes its place back: its slots move, nothing breaks.
    cluster.nodes[0].wait_for(&["INFO", "replication"], "master_link_status:up");
    ledger
        .survives(async || {
            cluster.nodes[0].wait_for(&["CLUSTER", "FAILOVER"], "OK");
            serves(&cluster.nodes[0]).await;
        })
        .await;
}

/// Waits until a node is a primary.
async fn serves(node: &RedisProcess) {
    let began = Instant::now();
    while !node.cli(&["INFO", "replication"]).contains("role:master") {
        assert!(began.elapsed() < PATIENCE, "the replica does not take over");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("the replica took over after {:?}", began.elapsed());
}

#[tokio::test]
async fn a_frozen_node_costs_the_time_out_and_its_shards_only() {
    let cluster = Cluster::start();
    let mut config = config(&cluster.url(), 0);
    config.timeout = Duration::from_secs(1);
    let ledger = Ledger::open(&config).await;
    let store = Store::connect(&config).await.unwrap();
    store.ping().await.unwrap();
    // Its replica takes over; the node itself still holds its connections.
    ledger
        .survives(async || {
            cluster.nodes[2].pause();
            let began = Instant::now();
            let frozen = store.ping().await;
            assert!(began.elapsed() < config.timeout * 2, "{:?}", began.elapsed());
            assert!(matches!(frozen, Err(Error::RedisAway(_))), "{frozen:?}");
        })
        .await;
}
