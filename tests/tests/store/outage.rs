//! Redis restarts, forgets its scripts, freezes, is away, is full.

use std::time::{Duration, Instant};

use gradphoto_shared::Error;
use gradphoto_shared::config::Secret;
use gradphoto_shared::job::State;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::store::{Finished, Limits, Reclaimed, Store};
use gradphoto_tests::port::free_port;

use crate::setting::{Setting, claim, result};

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing() {
    let mut setting = Setting::durable().await;
    setting.submit(&setting.jobs(Lane::Online, 20)).await;
    let taken = setting.store.take(10).await.unwrap();
    let claims: Vec<_> = taken.iter().map(claim).collect();
    assert!(setting.finish(claims[0]).await);
    assert!(setting.store.retry(&claims[1], "io", Duration::ZERO).await.unwrap());

    setting.redis.stop();
    setting.redis.start_again();

    assert_eq!(setting.store.extend(&claims[2..]).await.unwrap(), []);
    let finished: Vec<_> = claims[2..].iter().map(|claim| Finished { claim: *claim, result: result() }).collect();
    assert_eq!(setting.store.finish(&finished).await.unwrap(), [true; 8]);
    assert_eq!(setting.store.forward().await.unwrap(), 1);
    for taken in setting.store.take(20).await.unwrap() {
        assert!(setting.finish(claim(&taken)).await);
    }
    let events = setting.events().await;
    assert_eq!(events.len(), 20);
    assert!(events.iter().all(|event| event.state == State::Done));
    setting.assert_empty();
}

#[tokio::test]
async fn an_outage_longer_than_the_lease_takes_no_job_from_its_worker() {
    const LEASE: Duration = Duration::from_secs(2);
    let mut setting = Setting::durable_with(Limits { lease: LEASE, ..Limits::default() }).await;
    let taken = setting.take_new().await;
    setting.redis.stop();
    tokio::time::sleep(LEASE + Duration::from_millis(100)).await;
    setting.redis.start_again();
    assert_eq!(setting.store.reclaim(5).await.unwrap(), Reclaimed::default());
    assert_eq!(setting.store.extend(&[taken]).await.unwrap(), []);
    // A worker that is truly gone is noticed one lease after the restart.
    let began = Instant::now();
    while setting.store.reclaim(5).await.unwrap() == Reclaimed::default() {
        assert!(began.elapsed() < Duration::from_secs(20), "the job never comes back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(setting.take_one().await.fence, 2);
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let setting = Setting::new().await;
    for _ in 0..2 {
        let _ = setting.redis.cli(&["SCRIPT", "FLUSH"]);
        setting.submit(&setting.jobs(Lane::Online, 450)).await;
        let _ = setting.redis.cli(&["SCRIPT", "FLUSH"]);
        let taken = setting.store.take(450).await.unwrap();
        assert_eq!(taken.len(), 450);
        let _ = setting.redis.cli(&["SCRIPT", "FLUSH"]);
        let finished: Vec<_> = taken.iter().map(|taken| Finished { claim: claim(taken), result: result() }).collect();
        assert_eq!(setting.store.finish(&finished).await.unwrap(), vec![true; 450]);
    }
    setting.assert_empty();
}

#[tokio::test]
async fn a_redis_that_is_away_is_told_soon_and_found_again() {
    let mut setting = Setting::durable().await;
    let mut bell = setting.store.work_bell().await.unwrap();
    bell.rung(Duration::from_secs(5)).await;
    setting.redis.stop();
    for _ in 0..2 {
        let began = Instant::now();
        assert!(matches!(setting.store.ping().await, Err(Error::RedisAway(_))));
        assert!(matches!(setting.store.gauge().await, Err(Error::RedisAway(_))));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    setting.redis.start_again();
    let began = Instant::now();
    while setting.store.ping().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(5), "the store stays deaf");
    }
    setting.store.gauge().await.unwrap();

    // The bell comes back by itself too, and rings when it does.
    bell.rung(Duration::from_secs(5)).await;
    let (began, pause) = (Instant::now(), Duration::from_secs(20));
    tokio::join!(bell.rung(pause), async { setting.submit(&setting.jobs(Lane::Online, 1)).await });
    assert!(began.elapsed() < pause / 2, "the bell stays deaf");
}

#[tokio::test]
async fn a_frozen_redis_costs_the_time_out_and_no_more() {
    let setting = Setting::new().await;
    let mut config = setting.redis.config();
    config.timeout = Duration::from_millis(300);
    let store = Store::connect(&config).await.unwrap();
    store.ping().await.unwrap();
    setting.redis.pause();
    let began = Instant::now();
    let frozen = store.ping().await;
    let elapsed = began.elapsed();
    setting.redis.resume();
    assert!(matches!(frozen, Err(Error::RedisAway(_))), "{frozen:?}");
    assert!(elapsed < Duration::from_secs(2), "{elapsed:?}");
    store.ping().await.unwrap();
}

#[tokio::test]
async fn a_full_redis_refuses_new_jobs_whole_and_still_settles_old_ones() {
    let setting = Setting::new().await;
    let taken = setting.take_new().await;
    let _ = setting.redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let refused = setting.jobs(Lane::Online, 3);
    assert!(matches!(setting.store.submit(&refused).await, Err(Error::RedisFull)));
    assert!(setting.finish(taken).await);
    let _ = setting.redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    for job in &refused {
        assert!(matches!(setting.store.look(&setting.tenant, &job.id).await, Err(Error::UnknownJob)));
    }
    assert!(setting.store.take(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_a_setting_and_one_that_is_away_is_not() {
    let setting = Setting::new().await;
    let mut config = setting.redis.config();
    config.url = Secret::new("http://nonsense");
    assert!(matches!(Store::connect(&config).await, Err(Error::Config(_))));
    config.url = Secret::new("redis+unix:///nowhere/redis.sock");
    let store = Store::connect(&config).await.unwrap();
    assert!(matches!(store.ping().await, Err(Error::RedisAway(_))));

    // A server that ends every conversation: encrypted addresses are understood, and fail in order.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    config.url = Secret::new(format!("rediss://guest:hunter2@127.0.0.1:{port}/0"));
    let store = Store::connect(&config).await.unwrap();
    let refused = store.ping().await.unwrap_err();
    assert!(matches!(refused, Error::RedisAway(_)), "{refused}");
}

#[tokio::test]
async fn a_user_with_a_password_is_let_in_and_a_wrong_one_may_be_put_right() {
    let setting = Setting::new().await;
    let port = free_port().to_string();
    let _ = setting.redis.cli(&["CONFIG", "SET", "port", &port, "bind", "127.0.0.1"]);
    let _ = setting.redis.cli(&["ACL", "SETUSER", "guest", "on", ">hunter2", "~gp:*", "&gp:*", "+@all"]);
    let mut config = setting.redis.config();
    config.url = Secret::new(format!("redis://guest:hunter2@127.0.0.1:{port}/0"));
    let store = Store::connect(&config).await.unwrap();
    store.ping().await.unwrap();
    store.gauge().await.unwrap();
    let mut bell = store.work_bell().await.unwrap();
    bell.rung(Duration::from_secs(5)).await;
    let (began, pause) = (Instant::now(), Duration::from_secs(20));
    tokio::join!(bell.rung(pause), async { setting.submit(&setting.jobs(Lane::Online, 1)).await });
    assert!(began.elapsed() < pause / 2, "the bell is deaf");

    config.url = Secret::new(format!("redis://guest:hunter3@127.0.0.1:{port}/0"));
    let stranger = Store::connect(&config).await.unwrap();
    for refused in [stranger.ping().await.unwrap_err(), stranger.gauge().await.unwrap_err()] {
        assert_eq!(refused.code(), "config", "{refused}");
        assert!(!refused.to_string().contains("hunter3"), "{refused}");
    }
    // A password that is put right lets a running process in again.
    let _ = setting.redis.cli(&["ACL", "SETUSER", "guest", ">hunter3"]);
    stranger.ping().await.unwrap();
    stranger.gauge().await.unwrap();
}
