//! The list of workers: signs of life, orders to drain, silence.

use std::time::Duration;

use gradphoto_shared::Error;
use gradphoto_shared::store::{Order, WorkerName, WorkerPhase, WorkerState};

use crate::setting::Setting;

fn state(started_ms: u64) -> WorkerState {
    let [version, pack, device] = ["1.0.0", "base-1", "cpu"].map(str::to_owned);
    WorkerState { phase: WorkerPhase::Ready, started_ms, threads: 2, in_hand: 3, version, pack, device }
}

#[tokio::test]
async fn a_worker_is_listed_from_its_first_sign_of_life_until_it_is_forgotten() {
    let Setting { store, .. } = &Setting::new().await;
    let (old, new) = (WorkerName::unique(), WorkerName::unique());
    for (worker, started_ms) in [(&new, 2), (&old, 1), (&new, 2)] {
        assert!(!store.beat(worker, &state(started_ms)).await.unwrap());
    }
    let list = store.workers().await.unwrap();
    let names: Vec<_> = list.iter().map(|worker| &worker.name).collect();
    assert_eq!(names, [&old.0, &new.0], "oldest first, each once");
    assert_eq!(list[0].state, state(1));
    assert!(list[0].silent_ms < 60_000 && !list[0].is_told_to_drain);
    store.forget_worker(&old).await.unwrap();
    assert_eq!(store.workers().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_order_to_drain_is_heard_at_once_and_at_every_sign_of_life() {
    let Setting { store, .. } = &Setting::new().await;
    let (worker, other) = (WorkerName::unique(), WorkerName::unique());
    for worker in [&worker, &other] {
        store.beat(worker, &state(1)).await.unwrap();
    }
    let mut orders = store.orders();
    // What is said before the subscription stands is not heard: said again until it is.
    let heard = loop {
        store.drain_worker(&worker).await.unwrap();
        if let Ok(order) = tokio::time::timeout(Duration::from_millis(100), orders.next()).await {
            break order;
        }
    };
    assert_eq!(heard, Order::Drain(worker.clone()));
    assert!(store.beat(&worker, &state(1)).await.unwrap() && store.beat(&worker, &state(1)).await.unwrap());
    assert!(!store.beat(&other, &state(1)).await.unwrap());
    let told = store.workers().await.unwrap().into_iter().filter(|worker| worker.is_told_to_drain);
    assert_eq!(told.map(|told| told.name).collect::<Vec<_>>(), [worker.0]);
    let nobody = store.drain_worker(&WorkerName::unique()).await;
    assert!(matches!(nobody, Err(Error::UnknownWorker)), "{nobody:?}");
}

#[tokio::test]
async fn a_silent_worker_is_not_shown_and_leaves_with_the_next_sign_of_life() {
    let Setting { store, redis, .. } = &Setting::new().await;
    let (silent, living) = (WorkerName::unique(), WorkerName::unique());
    store.beat(&silent, &state(1)).await.unwrap();
    // As it stands a minute and a day later.
    assert_eq!(redis.cli(&["ZADD", "gp:{w}:seen", "1", &silent.0]), "0");
    assert!(store.workers().await.unwrap().is_empty());
    assert_eq!(redis.cli(&["HLEN", "gp:{w}:workers"]), "1");
    store.beat(&living, &state(2)).await.unwrap();
    assert_eq!(redis.cli(&["HLEN", "gp:{w}:workers"]), "1");
    assert_eq!(store.workers().await.unwrap()[0].name, living.0);
    for key in ["gp:{w}:workers", "gp:{w}:seen"] {
        let left: u64 = redis.cli(&["PTTL", key]).parse().unwrap();
        assert!(left <= 60_000, "{key} ends with its last worker");
    }
}
