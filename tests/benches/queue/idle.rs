//! How long somebody waits: on an idle queue, under a flood of another tenant, under a full bulk lane.

use std::time::{Duration, Instant};

use gradphoto_shared::lane::Lane;
use gradphoto_shared::store::Store;
use gradphoto_tests::row::Row;

use crate::ours::{Ours, work};
use crate::{Result, server};

/// Jobs that somebody waits for, one after the other.
const WAITS: usize = 1_000;

/// Answers jobs one by one, woken by the bell.
async fn attend(store: Store) -> Result<()> {
    let mut bell = store.work_bell().await?;
    loop {
        if work(&store, 1).await? == 0 {
            bell.rung(Duration::from_secs(1)).await;
        }
    }
}

pub(crate) async fn waits() -> Result<Vec<Row>> {
    let redis = server(false);
    let ours = Ours::on(&redis).await?;
    // A worker is another process: it has its own connections and its own board.
    let attendant = tokio::spawn(attend(Ours::on(&redis).await?.store));
    let idle = waits_of(&ours, Lane::Interactive).await?;
    ours.submit(50_000).await?;
    let loaded = waits_of(&ours, Lane::Interactive).await?;
    let flooded = waits_of(&ours.neighbour(&redis).await?, Lane::Bulk).await?;
    attendant.abort();
    let ms = |waits: &[Duration], share: usize| waits[waits.len() * share / 100].as_secs_f64() * 1e3;
    Ok(vec![
        Row::new("idle, submit to result, p50", ms(&idle, 50), "ms").reach("at most 1.5"),
        Row::new("idle, submit to result, p99", ms(&idle, 99), "ms").reach("at most 4"),
        Row::new("interactive under 50,000 bulk jobs, p50", ms(&loaded, 50), "ms"),
        Row::new("interactive under 50,000 bulk jobs, p99", ms(&loaded, 99), "ms"),
        Row::new("against idle, p99", ms(&loaded, 99) / ms(&idle, 99), "x").reach("at most 2"),
        // A job that does nothing takes no time of its own, so three times idle is all there is.
        Row::new("another tenant's bulk job in that flood, p50", ms(&flooded, 50), "ms"),
        Row::new("against idle, p50", ms(&flooded, 50) / ms(&idle, 50), "x").reach("below 3"),
        Row::new("another tenant's bulk job in that flood, p99", ms(&flooded, 99), "ms"),
    ])
}

/// Times from submit to answer, sorted.
async fn waits_of(ours: &Ours, lane: Lane) -> Result<Vec<Duration>> {
    let mut waits = Vec::with_capacity(WAITS);
    for _ in 0..WAITS {
        let job = ours.job(lane)?;
        let began = Instant::now();
        ours.store.submit(std::slice::from_ref(&job)).await?.remove(0)?;
        ours.store.look_settled(&job.tenant, &job.id, Duration::from_secs(10)).await?;
        waits.push(began.elapsed());
    }
    waits.sort_unstable();
    Ok(waits)
}
