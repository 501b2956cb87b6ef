//! What is stopped, undone and forgotten: pauses, withdrawals, cancels of many, rates, erased sessions.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use gradphoto_shared::Error;
use gradphoto_shared::job::{Job, JobId, State};
use gradphoto_shared::lane::{LANES, Lane};
use gradphoto_shared::name::{BatchId, SessionId, SubjectId, TenantId};
use gradphoto_shared::session::SessionState;
use gradphoto_shared::store::{Rate, Scope};

use crate::setting::{Setting, claim, now_ms};

#[tokio::test]
async fn what_is_paused_waits_and_goes_on_at_once() {
    let setting = Setting::new().await;
    let store = &setting.store;
    let session = Scope::Session(setting.tenant.clone(), setting.session.clone());
    let other = Scope::Tenant(TenantId::new("other").unwrap());
    let scopes = [Scope::Lane(Lane::Online), Scope::Tenant(setting.tenant.clone()), session];
    store.pause(&other).await.unwrap();
    for scope in scopes {
        setting.submit(&setting.jobs(Lane::Online, 2)).await;
        let first = setting.store.take(1).await.unwrap();
        for _ in 0..2 {
            store.pause(&scope).await.unwrap();
        }
        let paused: Vec<_> = store.paused().await.unwrap().into_iter().map(|paused| paused.scope).collect();
        assert!(paused.len() == 2 && paused.contains(&scope) && paused.contains(&other), "{paused:?}");
        assert!(store.take(5).await.unwrap().is_empty(), "{scope:?}");
        setting.submit(&setting.jobs(Lane::Online, 1)).await;
        assert!(store.take(5).await.unwrap().is_empty(), "{scope:?}");
        // What a worker holds is still finished.
        assert!(setting.finish(claim(&first[0])).await);

        let mut bell = store.work_bell().await.unwrap();
        while setting.redis.cli(&["PUBSUB", "NUMSUB", "gp:work"]).ends_with('0') {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bell.rung(Duration::from_millis(1)).await;
        assert!(store.resume(&scope).await.unwrap());
        tokio::time::timeout(Duration::from_secs(20), bell.rung(Duration::from_secs(60))).await.unwrap();
        let mut taken = Vec::new();
        while taken.len() < 2 {
            taken.extend(store.take(5).await.unwrap());
        }
        for attempt in taken {
            assert!(setting.finish(claim(&attempt)).await);
        }
        assert!(!store.resume(&scope).await.unwrap());
    }
    let nowhere = Scope::Session(setting.tenant.clone(), SessionId::new("nowhere").unwrap());
    assert!(matches!(store.pause(&nowhere).await, Err(Error::UnknownSession)));
    assert!(store.resume(&other).await.unwrap());
    assert!(store.paused().await.unwrap().is_empty());
    setting.assert_settled();
}

#[tokio::test]
async fn a_withdrawn_photo_is_superseded_wherever_it_stands() {
    let setting = Setting::new().await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    let subject = SubjectId::new("a").unwrap();
    let jobs: Vec<Job> = (1..=2).map(|generation| setting.job_for("a", generation)).collect();
    setting.submit(&jobs[..1]).await;
    let running = setting.take_one().await;
    setting.submit(&jobs[1..]).await;
    assert_eq!(store.generation(tenant, session, &subject).await.unwrap(), 2);
    for _ in 0..2 {
        assert_eq!(store.withdraw(tenant, session, &subject, 2).await.unwrap(), 3);
    }
    assert_eq!(store.withdraw(tenant, session, &subject, 0).await.unwrap(), 3, "never lowered");
    assert!(store.take(5).await.unwrap().is_empty());
    assert!(setting.finish(running).await);
    for job in &jobs {
        let view = store.look(tenant, &job.id).await.unwrap();
        assert_eq!((view.state, view.error.as_deref()), (State::Cancelled, Some("superseded")));
    }
    let again = store.submit(&[setting.job_for("a", 2)]).await.unwrap().remove(0);
    assert!(matches!(again, Err(Error::Superseded)));
    setting.submit(&[setting.job_for("a", 3)]).await;
    assert!(setting.finish(setting.take_one().await).await);
    assert_eq!(store.generation(tenant, session, &SubjectId::new("b").unwrap()).await.unwrap(), 0);
    let nowhere = SessionId::new("nowhere").unwrap();
    assert!(matches!(store.withdraw(tenant, &nowhere, &subject, 1).await, Err(Error::UnknownSession)));
    setting.assert_settled();
}

/// Jobs in every place that a job can be in; answers their names.
async fn everywhere(setting: &Setting, session: &SessionId, batch: Option<&str>) -> Vec<JobId> {
    let batch = batch.map(|batch| BatchId::new(batch).unwrap());
    let mut jobs = Vec::new();
    for row in &LANES {
        jobs.extend((0..70).map(|_| Job { batch: batch.clone(), ..setting.job_of(session, row.lane) }));
        let later = Some(now_ms() + 3_600_000);
        jobs.push(Job { batch: batch.clone(), not_before_ms: later, ..setting.job_of(session, row.lane) });
    }
    setting.submit(&jobs).await;
    jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn all_of_a_session_or_batch_is_cancelled_and_nothing_else() {
    let setting = Setting::new().await;
    let (store, tenant) = (&setting.store, &setting.tenant);
    // A session of the same shard, which shares its sets.
    let shards = setting.redis.config().shards;
    let shard = shards.of(tenant, &setting.session);
    let names = (0..).map(|number| SessionId::new(format!("s{number}")).unwrap());
    let other = names.into_iter().find(|session| shards.of(tenant, session) == shard).unwrap();
    setting.open_session(&other).await;

    let batch = everywhere(&setting, &setting.session, Some("b")).await;
    let rest = everywhere(&setting, &setting.session, None).await;
    let others = everywhere(&setting, &other, None).await;
    let taken = store.take(300).await.unwrap();
    let claims: Vec<_> = taken.iter().map(claim).collect();
    store.give_back(&claims[..100]).await.unwrap();
    let mut orders = store.orders();
    while setting.redis.cli(&["PUBSUB", "NUMSUB", "gp:work"]).ends_with('0') {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }

    let b = BatchId::new("b").unwrap();
    assert_eq!(store.cancel_all(tenant, &setting.session, Some(&b)).await.unwrap(), batch.len() as u64);
    let progress = store.progress(tenant, &setting.session).await.unwrap();
    assert_eq!((progress.cancelled, progress.open()), (batch.len() as u64, rest.len() as u64));
    let view = store.batch(tenant, &setting.session, &b).await.unwrap();
    assert_eq!((view.total, view.open, view.cancelled), (batch.len() as u64, 0, batch.len() as u64));
    if claims[100..].iter().any(|claim| batch.contains(&claim.job)) {
        let order = tokio::time::timeout(Duration::from_secs(20), orders.next()).await.unwrap();
        assert!(matches!(order, gradphoto_shared::store::Order::Cancel(job) if batch.contains(&job)), "{order:?}");
    }

    assert_eq!(store.cancel_all(tenant, &setting.session, None).await.unwrap(), rest.len() as u64);
    assert_eq!(store.cancel_all(tenant, &setting.session, None).await.unwrap(), 0);
    let progress = store.progress(tenant, &setting.session).await.unwrap();
    assert_eq!((progress.cancelled, progress.open()), ((batch.len() + rest.len()) as u64, 0));
    for claim in &claims[100..] {
        let is_other = others.contains(&claim.job);
        assert_eq!(setting.finish(*claim).await, is_other, "a cancelled job's claim is dead");
    }
    assert_eq!(
        store.cancel_all(tenant, &other, None).await.unwrap() + done(&setting, &other).await,
        others.len() as u64
    );
    assert_eq!(setting.events().await.len(), batch.len() + rest.len(), "each is told of once");
    setting.assert_settled();
}

async fn done(setting: &Setting, session: &SessionId) -> u64 {
    setting.store.progress(&setting.tenant, session).await.unwrap().done
}

#[tokio::test]
async fn a_rate_lets_bursts_in_and_tells_when_to_come_back() {
    let setting = Setting::new().await;
    let rate = Rate { per_second: 2.0, burst: 10 };
    let charge = async |jobs| setting.store.charge(&setting.tenant, rate, jobs).await;
    let wait = async |jobs| match charge(jobs).await {
        Err(Error::RateLimited { retry_after }) => retry_after.as_secs_f64(),
        other => panic!("{other:?}"),
    };
    charge(4).await.unwrap();
    charge(6).await.unwrap();
    let (one, four) = (wait(1).await, wait(4).await);
    assert!(one <= 0.5 && four > one + 1.0 && four <= 2.0, "{one} {four}");
    // Another tenant has a rate of its own.
    setting.store.charge(&TenantId::new("other").unwrap(), rate, 10).await.unwrap();

    // A request above the burst comes in when nothing is owed, and is paid for after it.
    let tenant = TenantId::new("large").unwrap();
    setting.store.charge(&tenant, rate, 30).await.unwrap();
    let refused = setting.store.charge(&tenant, rate, 1).await;
    assert!(matches!(refused, Err(Error::RateLimited { retry_after }) if retry_after.as_secs_f64() > 9.0));
    let life: u64 = setting.redis.cli(&["PTTL", "gp:{r:large}:rate"]).parse().unwrap();
    assert!((10_000..=15_000).contains(&life), "{life}");

    tokio::time::sleep(Duration::from_secs_f64(one)).await;
    charge(1).await.unwrap();
}

#[tokio::test]
async fn an_erased_session_leaves_nothing_behind() {
    let setting = Setting::new().await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    let other = SessionId::new("day-2").unwrap();
    setting.open_session(&other).await;
    everywhere(&setting, session, Some("b")).await;
    setting.submit(&[setting.job_for("a", 4)]).await;
    for (index, attempt) in store.take(200).await.unwrap().iter().enumerate() {
        match index % 3 {
            0 => assert!(setting.finish(claim(attempt)).await),
            1 => assert!(store.bury(&claim(attempt), "broken").await.unwrap()),
            _ => {}
        }
    }
    store.pause(&Scope::Session(tenant.clone(), session.clone())).await.unwrap();
    store.retain(tenant, session, now_ms() - 1).await.unwrap();
    store.retain(tenant, &other, now_ms() + 3_600_000).await.unwrap();
    assert_eq!(store.overdue().await.unwrap(), [(tenant.clone(), session.clone())]);
    assert_eq!(store.retained(tenant, &SessionId::new("none").unwrap()).await.unwrap(), None);

    assert!(matches!(store.erase_begin(tenant, session, false).await, Err(Error::SessionOpen)));
    store.erase_begin(tenant, session, true).await.unwrap();
    assert!(matches!(store.submit(&setting.jobs(Lane::Bulk, 1)).await, Err(Error::SessionNotOpen { .. })));
    store.erase(tenant, session).await.unwrap();
    assert!(matches!(store.session(tenant, session).await, Err(Error::UnknownSession)));
    assert!(matches!(store.erase_begin(tenant, session, true).await, Err(Error::UnknownSession)));
    assert!(store.overdue().await.unwrap().is_empty());
    let kept = setting.redis.cli(&["KEYS", "*"]);
    let lasts = [":session:school:day-2", ":sessions:", ":tenants", ":out:", ":told", ":retain"];
    assert!(kept.lines().all(|key| lasts.iter().any(|part| key.contains(part))), "{kept}");
    assert!(setting.events().await.is_empty());

    // One that is opened while it is erased is not erased.
    store.erase_begin(tenant, &other, true).await.unwrap();
    store.move_session(tenant, &other, SessionState::Open).await.unwrap();
    assert!(matches!(store.erase(tenant, &other).await, Err(Error::SessionOpen)));
}
