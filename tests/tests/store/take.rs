//! Who gets which job, and how claims end without a result.

use std::collections::HashMap;
use std::time::Duration;

use gradphoto_shared::job::State;
use gradphoto_shared::lane::{LANES, Lane};
use gradphoto_shared::name::SessionId;
use gradphoto_shared::store::Reclaimed;

use crate::setting::{Setting, claim};

#[tokio::test]
async fn lanes_are_served_by_weight() {
    let setting = Setting::new().await;
    for row in &LANES {
        setting.submit(&setting.jobs(row.lane, 40)).await;
    }
    let mut taken: HashMap<Lane, u32> = HashMap::new();
    for _ in 0..10 {
        for attempt in setting.store.take(6).await.unwrap() {
            *taken.entry(attempt.job.lane).or_default() += 1;
        }
    }
    for row in &LANES {
        assert_eq!(taken[&row.lane], row.weight * 4, "{}", row.name);
    }
}

#[tokio::test]
async fn a_flood_of_one_session_does_not_hold_up_another() {
    let setting = Setting::new().await;
    let shards = setting.redis.config().shards;
    let sessions = (0..).map(|number| SessionId::new(format!("s{number}")).unwrap());
    let mut elsewhere =
        sessions.filter(|session| shards.of(&setting.tenant, session) != shards.of(&setting.tenant, &setting.session));
    let other = elsewhere.next().unwrap();
    setting.open_session(&other).await;
    setting.submit(&setting.jobs(Lane::Bulk, 500)).await;
    setting.submit(&[setting.job_of(&other, Lane::Bulk), setting.job_of(&other, Lane::Bulk)]).await;
    let taken = setting.store.take(4).await.unwrap();
    assert_eq!(taken.iter().filter(|attempt| attempt.job.session == other).count(), 2);
}

#[tokio::test]
async fn people_go_before_the_bulk() {
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Bulk, 50)).await;
    setting.store.take(7).await.unwrap();
    let urgent = setting.job(Lane::Interactive);
    setting.submit(std::slice::from_ref(&urgent)).await;
    assert_eq!(setting.store.take(1).await.unwrap()[0].job.id, urgent.id);
}

#[tokio::test]
async fn two_workers_never_get_the_same_job() {
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Bulk, 300)).await;
    let mut seen = std::collections::HashSet::new();
    loop {
        let (first, second) = tokio::join!(setting.store.take(20), setting.store.take(20));
        let taken: Vec<_> = first.unwrap().into_iter().chain(second.unwrap()).collect();
        if taken.is_empty() {
            break;
        }
        assert!(taken.iter().all(|attempt| attempt.number == 1 && seen.insert(attempt.job.id)));
    }
    assert_eq!(seen.len(), 300);
}

#[tokio::test]
async fn what_is_given_back_was_never_tried() {
    let setting = Setting::new().await;
    let first = setting.take_new().await;
    setting.store.give_back(&[first]).await.unwrap();
    let view = setting.store.look(&setting.tenant, &first.job).await.unwrap();
    assert_eq!((view.state, view.attempts), (State::Waiting, 0));
    assert!(!setting.finish(first).await);

    let again = setting.store.take(1).await.unwrap();
    assert_eq!((again[0].job.id, again[0].number), (first.job, 1));
    // Nobody has the old fence any more.
    assert!(!setting.finish(first).await);
}

#[tokio::test]
async fn a_retried_job_comes_back_when_it_is_due() {
    let setting = Setting::new().await;
    let pause = Duration::from_secs(1);
    let first = setting.take_new().await;
    for _ in 0..2 {
        assert!(setting.store.retry(&first, "store_away", pause).await.unwrap());
    }
    assert_eq!(setting.store.forward().await.unwrap(), 0);
    assert!(setting.store.take(1).await.unwrap().is_empty());
    let view = setting.store.look(&setting.tenant, &first.job).await.unwrap();
    assert_eq!((view.state, view.attempts, view.error.as_deref()), (State::Delayed, 1, Some("store_away")));
    assert_eq!(setting.store.gauge().await.unwrap()[Lane::Onsite as usize].delayed, 1);
    setting.assert_empty();

    tokio::time::sleep(pause + Duration::from_millis(50)).await;
    assert_eq!(setting.store.forward().await.unwrap(), 1);
    assert_eq!(setting.store.forward().await.unwrap(), 0);
    let second = setting.take_one().await;
    assert_eq!((second.job, second.fence), (first.job, 2));
    assert!(setting.finish(second).await);
    assert_eq!(setting.store.look(&setting.tenant, &first.job).await.unwrap().error, None);
}

#[tokio::test]
async fn a_newer_schema_goes_back_untouched() {
    let setting = Setting::new().await;
    let job = setting.job(Lane::Onsite);
    setting.submit(std::slice::from_ref(&job)).await;
    setting.change(&job, "\"schema\":1", "\"schema\":9");
    for _ in 0..3 {
        assert!(setting.store.take(5).await.unwrap().is_empty());
    }
    setting.assert_empty();
    setting.change(&job, "\"schema\":9", "\"schema\":1");
    let view = setting.store.look(&setting.tenant, &job.id).await.unwrap();
    assert_eq!((view.state, view.attempts, view.error.as_deref()), (State::Delayed, 0, Some("schema_newer")));
    assert_eq!(view.job, Some(job));
}

#[tokio::test]
async fn rubbish_is_buried_and_harms_no_other() {
    let setting = Setting::impatient().await;
    let jobs = setting.jobs(Lane::Onsite, 4);
    setting.submit(&jobs).await;
    setting.change(&jobs[0], "{\"schema\"", "rubbish");
    setting.lose(&jobs[1]);
    setting.change(&jobs[2], &jobs[2].id.to_string(), &jobs[3].id.to_string());

    let taken = setting.store.take(10).await.unwrap();
    assert_eq!(taken.iter().map(|attempt| attempt.job.id).collect::<Vec<_>>(), [jobs[3].id]);
    assert!(setting.finish(claim(&taken[0])).await);
    let codes: HashMap<_, _> = setting.events().await.into_iter().map(|event| (event.job, event.error)).collect();
    assert_eq!(codes[&jobs[0].id].as_deref(), Some("envelope_invalid"));
    assert_eq!(codes[&jobs[2].id].as_deref(), Some("redis_answer"));
    // What has no record any more was claimed unseen, and is forgotten with its lease.
    assert_eq!(setting.store.reclaim(9).await.unwrap(), Reclaimed::default());
    assert_eq!(setting.store.gauge().await.unwrap()[Lane::Onsite as usize].running, 0);
    setting.assert_empty();
}
