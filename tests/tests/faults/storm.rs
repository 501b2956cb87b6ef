//! The short form of `examples/long_run.rs`.

use std::time::Duration;

use gradphoto_tests::desk::Load;
use gradphoto_tests::redis::Durability;
use gradphoto_tests::storm::Storm;

/// Long enough for two dozen misfortunes.
const TIME: Duration = Duration::from_secs(20);

async fn check(seed: u64, durability: Durability) {
    let load = Load { per_second: 150, seed, ..Load::STEADY };
    let weather = Storm { seed, time: TIME, durability, load }.rage().await;
    println!("storm {seed} on a redis that syncs {durability:?}\n{weather}");
    assert!(weather.sum.settled > 0 && weather.sum.duplicates == 0, "{weather}");
    let is_exact = durability == Durability::Always;
    assert!(!is_exact || weather.sum.lost_in_power_cuts + weather.sum.repeated_after_power_cuts == 0, "{weather}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_may_break_around_a_redis_that_syncs_always() {
    check(20, Durability::Always).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_may_break_around_a_redis_that_syncs_each_second() {
    check(21, Durability::EverySecond).await;
}
