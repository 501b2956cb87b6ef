//! Dead jobs and batches: listed, replayed, dropped, counted, and told of once.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use gradphoto_shared::Error;
use gradphoto_shared::job::{Job, JobId, State};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{BatchId, SessionId, TenantId};
use gradphoto_shared::store::{BatchEvent, DeadFilter, Limits};

use crate::setting::{Setting, claim, now_ms};

/// Submits `count` jobs of a session and gives them up with `code`.
async fn bury(setting: &Setting, session: &SessionId, count: usize, code: &str) -> Vec<JobId> {
    let jobs: Vec<Job> = (0..count).map(|_| setting.job_of(session, Lane::Bulk)).collect();
    setting.submit(&jobs).await;
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.extend(setting.store.take(count - taken.len()).await.unwrap());
    }
    for attempt in &taken {
        assert!(setting.store.bury(&claim(attempt), code).await.unwrap());
    }
    jobs.iter().map(|job| job.id).collect()
}

#[tokio::test]
async fn dead_jobs_are_listed_once_each_page_by_page() {
    let setting = Setting::new().await;
    let (store, tenant) = (&setting.store, &setting.tenant);
    let sessions: Vec<_> = (0..6).map(|number| SessionId::new(format!("s{number}")).unwrap()).collect();
    let mut all = Vec::new();
    for (index, session) in sessions.iter().enumerate() {
        setting.open_session(session).await;
        all.extend(bury(&setting, session, 10 + index, if index % 2 == 0 { "even" } else { "odd" }).await);
    }
    for limit in [1, 7, 1_000] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = store.dead(tenant, &DeadFilter::default(), after.as_deref(), limit).await.unwrap();
            assert!(page.jobs.len() <= limit);
            listed.extend(page.jobs);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert!(listed.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms), "oldest first");
        let mut ids: Vec<_> = listed.iter().map(|job| job.id).collect();
        ids.sort_unstable();
        all.sort_unstable();
        assert_eq!(ids, all, "limit {limit}");
    }
    let filtered = async |session: Option<&SessionId>, reason: Option<&str>| {
        let filter = DeadFilter { session: session.cloned(), reason: reason.map(str::to_owned) };
        store.dead(tenant, &filter, None, 1_000).await.unwrap().jobs
    };
    assert_eq!(filtered(Some(&sessions[3]), None).await.len(), 13);
    assert_eq!(filtered(Some(&sessions[3]), Some("even")).await.len(), 0);
    let odd = filtered(None, Some("odd")).await;
    assert_eq!(odd.len(), 11 + 13 + 15);
    assert!(odd.iter().all(|job| job.reason == "odd" && job.attempts == 1 && job.lane == Lane::Bulk));
    let stranger = TenantId::new("other").unwrap();
    assert!(store.dead(&stranger, &DeadFilter::default(), None, 10).await.unwrap().jobs.is_empty());
    assert!(matches!(
        store.dead(tenant, &DeadFilter::default(), Some("x"), 10).await,
        Err(Error::InvalidName { what: "cursor" })
    ));
}

#[tokio::test]
async fn a_replayed_job_is_tried_anew_and_told_of_once() {
    let setting = Setting::new().await;
    let (store, tenant) = (&setting.store, &setting.tenant);
    let dead = bury(&setting, &setting.session, 3, "broken").await;
    let stranger = TenantId::new("other").unwrap();
    assert!(matches!(store.replay(&stranger, &dead[..1]).await.unwrap()[0], Err(Error::UnknownJob)));
    for _ in 0..2 {
        assert_eq!(*store.replay(tenant, &dead[..1]).await.unwrap()[0].as_ref().unwrap(), State::Waiting);
    }
    let progress = store.progress(tenant, &setting.session).await.unwrap();
    assert_eq!((progress.accepted, progress.dead, progress.open()), (3, 2, 1));
    assert_eq!(store.dead(tenant, &DeadFilter::default(), None, 10).await.unwrap().jobs.len(), 2);
    assert_eq!(store.gauge().await.unwrap()[Lane::Bulk as usize].waiting, 1);

    let taken = store.take(5).await.unwrap();
    assert_eq!((taken.len(), taken[0].job.id, taken[0].number), (1, dead[0], 1));
    assert!(setting.finish(claim(&taken[0])).await);
    let events = setting.events().await;
    let told: Vec<_> = events.iter().filter(|event| event.job == dead[0]).map(|event| event.state).collect();
    assert_eq!(told, [State::Done]);
    assert!(matches!(store.replay(tenant, &dead[..1]).await.unwrap()[0], Err(Error::NotDead { state: "done" })));
    assert!(matches!(store.drop_dead(tenant, &dead[..1]).await.unwrap()[0], Err(Error::NotDead { .. })));

    store.drop_dead(tenant, &dead[1..2]).await.unwrap().remove(0).unwrap();
    assert!(matches!(store.look(tenant, &dead[1]).await, Err(Error::UnknownJob)));
    assert_eq!(setting.events().await.len(), 2);
    assert_eq!(store.progress(tenant, &setting.session).await.unwrap().dead, 2, "counters keep what was dropped");
    setting.assert_settled();
}

#[tokio::test]
async fn what_may_not_come_back_stays_dead() {
    let setting = Setting::limited(Limits { lane_jobs: 1, ..Limits::default() }).await;
    let (store, tenant) = (&setting.store, &setting.tenant);
    let expired = Job { deadline_ms: Some(now_ms() + 1), ..setting.job_for("a", 1) };
    setting.submit(std::slice::from_ref(&expired)).await;
    while setting.store.look(tenant, &expired.id).await.unwrap().state != State::Dead {
        assert!(store.take(1).await.unwrap().is_empty() || now_ms() < expired.deadline_ms.unwrap());
    }
    setting.submit(&[setting.job_for("b", 0)]).await;
    assert!(matches!(store.replay(tenant, &[expired.id]).await.unwrap()[0], Err(Error::LaneFull { .. })));
    assert!(setting.finish(setting.take_one().await).await);
    // A deadline that has passed holds no more: somebody wants it done all the same.
    assert_eq!(*store.replay(tenant, &[expired.id]).await.unwrap()[0].as_ref().unwrap(), State::Waiting);
    let again = setting.take_one().await;
    assert!(store.bury(&again, "broken").await.unwrap());
    setting.submit(&[setting.job_for("a", 2)]).await;
    assert!(setting.finish(setting.take_one().await).await);
    assert!(matches!(store.replay(tenant, &[expired.id]).await.unwrap()[0], Err(Error::Superseded)));
    let bulk = store.replay_all(tenant, &DeadFilter::default(), None).await.unwrap();
    assert_eq!((bulk.changed, bulk.refused, bulk.next), (0, 1, None));
    setting.assert_settled();
}

#[tokio::test]
async fn many_dead_jobs_are_replayed_or_dropped_by_reason() {
    let setting = Setting::new().await;
    let (store, tenant) = (&setting.store, &setting.tenant);
    let other = SessionId::new("day-2").unwrap();
    setting.open_session(&other).await;
    bury(&setting, &setting.session, 120, "a").await;
    bury(&setting, &other, 60, "a").await;
    bury(&setting, &other, 5, "b").await;
    let filter = |reason: &str| DeadFilter { session: None, reason: Some(reason.to_owned()) };
    let bulk = store.drop_all(tenant, &filter("b"), None).await.unwrap();
    assert_eq!((bulk.changed, bulk.refused, bulk.next), (5, 0, None));
    assert_eq!(store.replay_all(tenant, &filter("a"), None).await.unwrap().changed, 180);
    assert!(store.dead(tenant, &DeadFilter::default(), None, 10).await.unwrap().jobs.is_empty());
    let mut done = 0;
    while done < 180 {
        for attempt in store.take(100).await.unwrap() {
            assert!(setting.finish(claim(&attempt)).await);
            done += 1;
        }
    }
    let events = setting.events().await;
    assert_eq!(events.len(), 120);
    assert!(events.iter().all(|event| event.state == State::Done));
    setting.assert_settled();
}

/// Completions of batches that the session's readers saw.
async fn told(setting: &Setting) -> Vec<BatchEvent> {
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    store.results(tenant, session, "0", 1_000, Duration::ZERO).await.unwrap().batches
}

#[tokio::test]
async fn a_batch_is_told_of_once_however_it_completes() {
    let setting = Setting::new().await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    let name = |text: &str| BatchId::new(text).unwrap();
    let job = |batch: &str| Job { batch: Some(name(batch)), ..setting.job(Lane::Onsite) };
    assert!(matches!(store.seal_batch(tenant, session, &name("none")).await, Err(Error::UnknownBatch)));
    assert!(matches!(store.batch(tenant, session, &name("none")).await, Err(Error::UnknownBatch)));

    // Sealed first, complete later.
    setting.submit(&[job("early"), job("early")]).await;
    for _ in 0..2 {
        store.seal_batch(tenant, session, &name("early")).await.unwrap();
    }
    let late = store.submit(&[job("early")]).await.unwrap().remove(0);
    assert!(matches!(late, Err(Error::BatchSealed)));
    let taken = store.take(2).await.unwrap();
    assert!(setting.finish(claim(&taken[0])).await);
    let view = store.batch(tenant, session, &name("early")).await.unwrap();
    assert!((view.total, view.open, view.done, view.sealed, view.complete) == (2, 1, 1, true, false), "{view:?}");
    assert!(told(&setting).await.is_empty());
    assert!(store.bury(&claim(&taken[1]), "broken").await.unwrap());
    let events = told(&setting).await;
    assert_eq!((events.len(), events[0].total, events[0].done, events[0].dead), (1, 2, 1, 1));

    // A replay counts back and is not told of again.
    assert!(store.replay(tenant, &[taken[1].job.id]).await.unwrap()[0].is_ok());
    let view = store.batch(tenant, session, &name("early")).await.unwrap();
    assert_eq!((view.open, view.dead, view.complete), (1, 0, true));
    assert!(setting.finish(setting.take_one().await).await);
    assert_eq!(store.batch(tenant, session, &name("early")).await.unwrap().done, 2);
    assert_eq!(told(&setting).await.len(), 1);

    // Complete first, sealed later.
    setting.submit(&[job("late")]).await;
    assert!(setting.finish(setting.take_one().await).await);
    assert_eq!(told(&setting).await.len(), 1);
    for _ in 0..2 {
        store.seal_batch(tenant, session, &name("late")).await.unwrap();
    }
    assert_eq!(told(&setting).await.len(), 2);
    let keys = setting.redis.cli(&["KEYS", "*:batch:*"]);
    for key in keys.lines() {
        assert!(setting.redis.cli(&["PTTL", key]).parse::<i64>().unwrap() > 0, "{key} has an end");
    }
    setting.assert_settled();
}
