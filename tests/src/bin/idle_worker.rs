//! An idle worker as a process: `idle_worker REDIS SHARDS LEASE_MS PACE_MS KEEP_MS`.

use std::time::Duration;

use gradphoto_shared::config::{RedisAccess, RedisConfig, Secret};
use gradphoto_shared::lane::Shards;
use gradphoto_shared::store::{Limits, Store};
use gradphoto_tests::idle;

/// Short, so that a wire that keeps silent is noticed within a lease of a few seconds.
const TIMEOUT: Duration = Duration::from_millis(500);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [redis, shards, lease_ms, pace_ms, keep_ms] = words.as_slice() else {
        return Err("usage: idle_worker REDIS SHARDS LEASE_MS PACE_MS KEEP_MS".into());
    };
    let milliseconds = |word: &String| word.parse().map(Duration::from_millis);
    let (lease, result_ttl) = (milliseconds(lease_ms)?, milliseconds(keep_ms)?);
    let limits = Limits { lease, result_ttl, ..Limits::default() };
    let (url, shards) = (Secret::new(redis), Shards::new(shards.parse()?)?);
    let config = RedisConfig { url, prefix: "gp".into(), shards, timeout: TIMEOUT, access: RedisAccess::default() };
    let stores = [Store::connect_with(&config, limits).await?, Store::connect_with(&config, limits).await?];
    Ok(idle::work(stores, lease, milliseconds(pace_ms)?).await?)
}
