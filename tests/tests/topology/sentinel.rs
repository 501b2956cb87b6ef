//! A primary with replicas behind sentinels.

use std::time::{Duration, Instant};

use gradphoto_shared::Error;
use gradphoto_shared::store::Store;
use gradphoto_tests::redis_process::RedisProcess;
use gradphoto_tests::sentinel::Watched;

use crate::ledger::{Ledger, PATIENCE, config};

#[tokio::test]
async fn a_killed_primary_loses_no_promised_job_and_work_goes_on() {
    let mut watched = Watched::start();
    let ledger = Ledger::open(&config(&watched.url(), 1)).await;
    let mut bell = ledger.store.work_bell().await.unwrap();
    ledger.survives(async || watched.lose_primary().await).await;

    // The bell found the new primary too, and so do scans on connections of their own.
    bell.rung(Duration::from_secs(1)).await;
    ledger.store.gauge().await.unwrap();

    // A planned handover while one sentinel is gone: nothing is lost and nobody restarts.
    watched.stop_sentinel();
    ledger.survives(async || watched.hand_over().await).await;
}

/// The server that was killed is back, but lacks what its successor took meanwhile; the sentinels promote it all the
/// same when that falls silent.
#[tokio::test]
async fn a_successor_that_freezes_at_once_loses_no_promised_job() {
    let mut watched = Watched::start();
    let ledger = Ledger::open(&config(&watched.url(), 1)).await;
    ledger
        .survives(async || {
            watched.lose_primary().await;
            watched.freeze_primary().await;
        })
        .await;
}

#[tokio::test]
async fn an_outage_of_all_servers_is_told_soon_and_ends_by_itself() {
    let mut watched = Watched::start();
    let mut config = config(&watched.url(), 0);
    config.timeout = Duration::from_secs(1);
    let store = Store::connect(&config).await.unwrap();
    store.ping().await.unwrap();
    watched.servers.iter_mut().for_each(RedisProcess::stop);
    for _ in 0..3 {
        let began = Instant::now();
        let refused = store.ping().await.unwrap_err();
        assert!(matches!(refused, Error::RedisAway(_)), "{refused}");
        assert!(began.elapsed() < config.timeout * 2, "{:?}", began.elapsed());
    }
    watched.servers.iter_mut().for_each(RedisProcess::start_again);
    let began = Instant::now();
    while store.ping().await.is_err() {
        assert!(began.elapsed() < PATIENCE, "the store stays deaf");
    }
}

#[tokio::test]
async fn a_name_that_no_sentinel_knows_is_told() {
    let watched = Watched::start();
    let url = watched.url().replace("/queue", "/other");
    let store = Store::connect(&config(&url, 0)).await.unwrap();
    let refused = store.ping().await.unwrap_err().to_string();
    assert!(refused.contains("knows no primary of that name"), "{refused}");
}
