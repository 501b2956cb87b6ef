//! The dispatcher's loops: leases that end, ages, counts.

use std::time::Duration;

use gradphoto_shared::Error;
use gradphoto_shared::job::State;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::store::{Limits, Reclaimed};

use crate::setting::Setting;

const LEASE: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn a_lease_that_ends_returns_the_job_and_a_renewed_one_does_not() {
    let setting = Setting::limited(Limits { lease: LEASE, ..Limits::default() }).await;
    let kept = setting.take_new().await;
    let lost = setting.take_new().await;
    for _ in 0..3 {
        tokio::time::sleep(LEASE / 2).await;
        assert!(setting.store.extend(&[kept]).await.unwrap().is_empty());
    }
    let reclaimed = setting.store.reclaim(5).await.unwrap();
    assert_eq!(reclaimed, Reclaimed { returned: vec![lost.job], buried: vec![] });
    assert_eq!(setting.store.extend(&[lost, kept]).await.unwrap(), [lost]);
    let view = setting.store.look(&setting.tenant, &lost.job).await.unwrap();
    assert_eq!((view.state, view.attempts, view.error.as_deref()), (State::Waiting, 1, Some("worker_died")));
    assert!(setting.finish(kept).await);
    let again = setting.take_one().await;
    assert_eq!((again.job, again.fence), (lost.job, 2));
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_buried() {
    let setting = Setting::impatient().await;
    let mut claim = setting.take_new().await;
    for _ in 0..2 {
        let reclaimed = setting.store.reclaim(3).await.unwrap();
        assert_eq!(reclaimed, Reclaimed { returned: vec![claim.job], buried: vec![] });
        // After a second death jobs come back one after the other.
        setting.store.forward().await.unwrap();
        claim = setting.take_one().await;
    }
    let reclaimed = setting.store.reclaim(3).await.unwrap();
    assert_eq!(reclaimed, Reclaimed { returned: vec![], buried: vec![claim.job] });
    assert_eq!(setting.store.reclaim(3).await.unwrap(), Reclaimed::default());
    // The last worker was only slow: its answer comes too late.
    assert!(!setting.finish(claim).await);
    let view = setting.store.look(&setting.tenant, &claim.job).await.unwrap();
    assert_eq!((view.state, view.attempts, view.error.as_deref()), (State::Dead, 3, Some("worker_died")));
    let events = setting.events().await;
    assert_eq!((events.len(), events[0].error.as_deref()), (1, Some("worker_died")));
    setting.assert_empty();
}

#[tokio::test]
async fn many_lost_leases_come_back_in_one_call() {
    let setting = Setting::impatient().await;
    setting.submit(&setting.jobs(Lane::Bulk, 350)).await;
    assert_eq!(setting.store.take(350).await.unwrap().len(), 350);
    let reclaimed = setting.store.reclaim(5).await.unwrap();
    assert_eq!((reclaimed.returned.len(), reclaimed.buried.len()), (350, 0));
}

#[tokio::test]
async fn the_gauge_counts_what_waits_runs_and_is_delayed() {
    let setting = Setting::new().await;
    assert!(setting.store.gauge().await.unwrap().iter().all(|gauge| gauge.waiting + gauge.running == 0));
    setting.submit(&setting.jobs(Lane::Online, 5)).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    setting.submit(&setting.jobs(Lane::Bulk, 2)).await;
    let taken = setting.store.take(2).await.unwrap();
    let retried = crate::setting::claim(&taken[0]);
    assert_eq!(retried.lane, Lane::Online);
    assert!(setting.store.retry(&retried, "io", Duration::from_secs(60)).await.unwrap());
    let gauges = setting.store.gauge().await.unwrap();
    let counts: Vec<_> = gauges.iter().map(|gauge| (gauge.lane, gauge.waiting, gauge.running, gauge.delayed)).collect();
    assert_eq!(
        counts,
        [(Lane::Interactive, 0, 0, 0), (Lane::Onsite, 0, 0, 0), (Lane::Online, 4, 0, 1), (Lane::Bulk, 1, 1, 0)]
    );
    assert_eq!(gauges[0].oldest, Duration::ZERO);
    assert!(gauges[2].oldest >= Duration::from_millis(60), "{:?}", gauges[2].oldest);
    assert!(gauges[3].oldest < gauges[2].oldest);
}

#[tokio::test]
async fn results_end_by_time_and_by_number() {
    let limits = Limits { result_ttl: Duration::from_secs(1), events: 100, ..Limits::default() };
    let setting = Setting::limited(limits).await;
    let claim = setting.take_new().await;
    assert!(setting.finish(claim).await);
    assert_eq!(setting.events().await.len(), 1);
    assert_eq!(setting.store.sweep().await.unwrap(), 0);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(matches!(setting.store.look(&setting.tenant, &claim.job).await, Err(Error::UnknownJob)));
    assert_eq!(setting.store.sweep().await.unwrap(), 1);
    assert!(setting.events().await.is_empty());
    // The session, its last turn and the tenant's empty stream with its count are all that is left.
    let kept = setting.redis.cli(&["KEYS", "*"]);
    let lasts = [":session:", ":sessions:", ":turn:", ":tenants", ":out:", ":told"];
    assert!(kept.lines().all(|key| lasts.iter().any(|part| key.contains(part))), "{kept}");

    for _ in 0..10 {
        setting.submit(&setting.jobs(Lane::Bulk, 100)).await;
        for taken in setting.store.take(100).await.unwrap() {
            assert!(setting.store.bury(&crate::setting::claim(&taken), "broken").await.unwrap());
        }
    }
    let shard = claim.job.shard.0;
    let length: u32 = setting.redis.cli(&["XLEN", &format!("gp:{{{shard}}}:out:school")]).parse().unwrap();
    // Redis trims whole nodes of 100 entries.
    assert!((100..=200).contains(&length), "{length}");
}
