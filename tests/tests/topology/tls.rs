//! Encrypted connections with a private authority and certificates on both sides.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::fs;
use std::time::{Duration, Instant};

use gradphoto_shared::config::{RedisAccess, RedisConfig, Secret};
use gradphoto_shared::store::Store;
use gradphoto_tests::cluster::Cluster;
use gradphoto_tests::tls::Authority;

use crate::ledger::{Ledger, config};

/// Settings that trust `trusted` and show a certificate of `own`.
fn encrypted(port: u16, trusted: &Authority, own: &Authority) -> RedisConfig {
    let (certificate, key) = own.sign("client");
    let access = RedisAccess {
        ca: Some(fs::read(trusted.certificate()).unwrap()),
        certificate: Some((fs::read(certificate).unwrap(), Secret::new(fs::read_to_string(key).unwrap()))),
        ..RedisAccess::default()
    };
    RedisConfig { access, ..config(&format!("rediss://127.0.0.1:{port}/0"), 0) }
}

#[tokio::test]
async fn an_encrypted_cluster_loses_a_node_and_goes_on() {
    let authority = Authority::new();
    let mut cluster = Cluster::start_encrypted(&authority);
    let access = encrypted(0, &authority, &authority).access;
    let url = cluster.url().replace("redis-cluster:", "rediss-cluster:");
    let ledger = Ledger::open(&RedisConfig { access, ..config(&url, 0) }).await;
    let mut bell = ledger.store.work_bell().await.unwrap();
    bell.rung(Duration::from_secs(10)).await;
    ledger.survives(async || {}).await;
    // What a primary has answered its replica may lack without a promise; so it goes while nobody submits.
    cluster.nodes[0].wait_for(&["INFO", "replication"], "lag=0");
    cluster.nodes[0].stop();
    cluster.nodes[3].wait_for(&["INFO", "replication"], "role:master");
    ledger.survives(async || {}).await;

    let plain = Store::connect(&config(&cluster.url(), 0)).await.unwrap();
    assert!(plain.ping().await.is_err(), "an unencrypted caller is let in");
}

#[tokio::test]
async fn a_private_authority_is_believed_and_a_wrong_one_is_not() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut server = authority.server();
    let ledger = Ledger::open(&encrypted(server.port(), &authority, &authority)).await;
    let mut bell = ledger.store.work_bell().await.unwrap();
    bell.rung(Duration::from_secs(10)).await;
    ledger.store.gauge().await.unwrap();
    ledger.survives(async || {}).await;

    let plain = config(&format!("redis://127.0.0.1:{}/0", server.port()), 0);
    let no_certificate = {
        let mut config = encrypted(server.port(), &authority, &authority);
        config.access.certificate = None;
        config
    };
    let wrong = [
        ("another authority", encrypted(server.port(), &stranger, &authority)),
        ("a stranger's certificate", encrypted(server.port(), &authority, &stranger)),
        ("no certificate", no_certificate),
        ("no encryption", plain),
    ];
    for (what, config) in wrong {
        let store = Store::connect(&config).await.unwrap();
        let began = Instant::now();
        let refused = store.ping().await.err().unwrap_or_else(|| panic!("{what} is let in"));
        assert!(began.elapsed() < config.timeout * 2, "{what}: {:?}", began.elapsed());
        println!("{what}: {refused}");
    }
    server.stop();
}
