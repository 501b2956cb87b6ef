//! Slots that leave a node of a cluster, or are served by nobody for a while.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::{Duration, Instant};

use gradphoto_shared::Error;
use gradphoto_tests::cluster::Cluster;
use gradphoto_tests::redis_process::RedisProcess;

use crate::ledger::{Ledger, PATIENCE, config};

/// The first shard's slot, as `CLUSTER KEYSLOT` answers for its keys; the third node serves it.
const SLOT: &str = "13907";
/// Keys that move at once: few, so that the slot is on its way for some time.
const KEYS: usize = 5;

#[tokio::test]
async fn a_shard_that_moves_to_another_node_pauses_and_loses_nothing() {
    let cluster = Cluster::start();
    let ledger = Ledger::open(&config(&cluster.url(), 1)).await;
    ledger.survives(async || move_slot(&cluster.nodes[2], &cluster.nodes[0], &cluster).await).await;
}

/// Moves the slot key by key, as `redis-cli --cluster reshard` does.
async fn move_slot(from: &RedisProcess, to: &RedisProcess, cluster: &Cluster) {
    let id = |node: &RedisProcess| node.cli(&["CLUSTER", "MYID"]);
    assert_eq!(to.cli(&["CLUSTER", "SETSLOT", SLOT, "IMPORTING", &id(from)]), "OK");
    assert_eq!(from.cli(&["CLUSTER", "SETSLOT", SLOT, "MIGRATING", &id(to)]), "OK");
    let client = redis::Client::open(format!("redis://{}", from.place())).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut moved = 0;
    loop {
        // Names of jobs are bytes, no text.
        let mut ask = redis::cmd("CLUSTER");
        let keys: Vec<Vec<u8>> =
            ask.arg(&["GETKEYSINSLOT", SLOT]).arg(KEYS).query_async(&mut connection).await.unwrap();
        if keys.is_empty() {
            break;
        }
        let mut migrate = redis::cmd("MIGRATE");
        migrate.arg("127.0.0.1").arg(to.port()).arg("").arg(0).arg(5_000).arg("KEYS").arg(&keys);
        let answer: String = migrate.query_async(&mut connection).await.unwrap();
        assert_eq!(answer, "OK");
        moved += keys.len();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    println!("{moved} keys moved");
    assert!(moved >= KEYS, "the slot held next to nothing");
    for node in [to, from, &cluster.nodes[1]] {
        assert_eq!(node.cli(&["CLUSTER", "SETSLOT", SLOT, "NODE", &id(to)]), "OK");
    }
}

/// A map that was learned in a moment without a server for a slot is learned anew.
#[tokio::test]
async fn a_slot_that_nobody_served_for_a_while_is_found_again() {
    let cluster = Cluster::start();
    let ledger = Ledger::open(&config(&cluster.url(), 0)).await;
    let slot_is_served = |node: &RedisProcess| node.cli(&["CLUSTER", "NODES"]).contains("10922-16383");
    cluster.nodes.iter().for_each(|node| drop(node.cli(&["CLUSTER", "DELSLOTS", SLOT])));
    let began = Instant::now();
    // Whatever is asked in the slot is refused, be it by the node or for want of one.
    while !matches!(ledger.submit_one().await, Err(Error::RedisAway(_))) {
        assert!(began.elapsed() < PATIENCE, "somebody serves the slot");
    }
    // Once more, with a map that was learned since.
    assert!(matches!(ledger.submit_one().await, Err(Error::RedisAway(_))));
    assert_eq!(cluster.nodes[2].cli(&["CLUSTER", "ADDSLOTS", SLOT]), "OK");
    while !cluster.nodes.iter().all(slot_is_served) {
        assert!(began.elapsed() < PATIENCE, "the nodes do not agree");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ledger.survives(async || {}).await;
}
