//! The way of a job from submit to result, and the fence on it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use gradphoto_shared::Error;
use gradphoto_shared::job::State;
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::store::{Finished, Progress};

use crate::setting::{Setting, claim, result};

#[tokio::test]
async fn a_job_goes_in_and_its_result_comes_out() {
    let setting = Setting::new().await;
    setting.store.ping().await.unwrap();
    let job = setting.job_for("25103003", 0);
    setting.submit(std::slice::from_ref(&job)).await;
    let view = setting.store.look(&setting.tenant, &job.id).await.unwrap();
    assert_eq!((view.state, view.attempts, view.job.as_ref()), (State::Waiting, 0, Some(&job)));

    let taken = setting.store.take(10).await.unwrap();
    assert_eq!((taken.len(), taken[0].number, &taken[0].job), (1, 1, &job));
    assert!(setting.store.take(10).await.unwrap().is_empty());
    let view = setting.store.look(&setting.tenant, &job.id).await.unwrap();
    assert_eq!((view.state, view.attempts), (State::Running, 1));

    assert!(setting.finish(claim(&taken[0])).await);
    let view = setting.store.look(&setting.tenant, &job.id).await.unwrap();
    assert_eq!((view.state, view.attempts, view.result, view.error), (State::Done, 1, Some(result()), None));
    let events = setting.events().await;
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].job, events[0].state), (job.id, State::Done));
    assert_eq!((&events[0].subject, &events[0].result), (&job.subject, &Some(result())));
    setting.assert_empty();
}

#[tokio::test]
async fn another_tenant_sees_no_job() {
    let setting = Setting::new().await;
    let job = setting.job(Lane::Online);
    setting.submit(std::slice::from_ref(&job)).await;
    let other = TenantId::new("other").unwrap();
    assert!(matches!(setting.store.look(&other, &job.id).await, Err(Error::UnknownJob)));
    assert!(matches!(setting.store.look(&setting.tenant, &setting.job(Lane::Bulk).id).await, Err(Error::UnknownJob)));
}

#[tokio::test]
async fn a_finish_whose_answer_was_lost_tells_nobody_twice() {
    let setting = Setting::new().await;
    let claim = setting.take_new().await;
    for _ in 0..3 {
        assert!(setting.finish(claim).await);
    }
    assert_eq!(setting.events().await.len(), 1);
    let progress = setting.store.progress(&setting.tenant, &setting.session).await.unwrap();
    assert_eq!((progress, progress.open()), (Progress { accepted: 1, done: 1, dead: 0, cancelled: 0 }, 0));
}

#[tokio::test]
async fn the_fence_lets_only_the_newest_claim_settle() {
    let setting = Setting::impatient().await;
    let old = setting.take_new().await;
    setting.store.reclaim(9).await.unwrap();
    // Nobody holds the job: not even the old claim may settle it.
    assert!(!setting.finish(old).await);
    let new = claim(&setting.store.take(1).await.unwrap()[0]);
    assert_eq!(new.fence, 2);

    assert!(!setting.finish(old).await);
    assert!(!setting.store.retry(&old, "io", Duration::ZERO).await.unwrap());
    assert!(!setting.store.bury(&old, "io").await.unwrap());
    assert_eq!(setting.store.extend(&[old]).await.unwrap(), [old]);
    setting.store.give_back(&[old]).await.unwrap();

    let finished = [Finished { claim: new, result: result() }];
    assert_eq!(setting.store.finish(&finished).await.unwrap(), [true]);
    assert!(!setting.finish(old).await);
    assert_eq!(setting.events().await.len(), 1);
    setting.assert_empty();
}

#[tokio::test]
async fn a_buried_job_tells_why() {
    let setting = Setting::new().await;
    let claim = setting.take_new().await;
    for _ in 0..2 {
        assert!(setting.store.bury(&claim, "photo_missing").await.unwrap());
    }
    let view = setting.store.look(&setting.tenant, &claim.job).await.unwrap();
    assert_eq!((view.state, view.error.as_deref(), view.result), (State::Dead, Some("photo_missing"), None));
    let events = setting.events().await;
    assert_eq!((events.len(), events[0].state, events[0].error.as_deref()), (1, State::Dead, Some("photo_missing")));
    setting.finish(claim).await;
    assert_eq!(setting.events().await, events);
    setting.assert_empty();
}

#[tokio::test]
async fn waiting_callers_hear_the_bell() {
    let setting = Setting::new().await;
    let claim = setting.take_new().await;
    let patience = Duration::from_secs(20);
    let began = Instant::now();
    let (view, page, ()) = tokio::join!(
        setting.store.look_settled(&setting.tenant, &claim.job, patience),
        setting.store.results(&setting.tenant, &setting.session, "0", 10, patience),
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            assert!(setting.finish(claim).await);
        }
    );
    assert_eq!(view.unwrap().state, State::Done);
    assert_eq!(page.unwrap().events.len(), 1);
    assert!(began.elapsed() < patience / 2, "{:?}", began.elapsed());

    let mut bell = setting.store.work_bell().await.unwrap();
    bell.rung(Duration::from_millis(10)).await;
    let (began, pause) = (Instant::now(), Duration::from_secs(20));
    tokio::join!(bell.rung(pause), async { setting.submit(&setting.jobs(Lane::Onsite, 1)).await });
    assert!(began.elapsed() < pause / 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn patience_ends() {
    let setting = Setting::new().await;
    let claim = setting.take_new().await;
    let view = setting.store.look_settled(&setting.tenant, &claim.job, Duration::from_millis(50)).await.unwrap();
    assert_eq!(view.state, State::Running);
    let page =
        setting.store.results(&setting.tenant, &setting.session, "0", 10, Duration::from_millis(50)).await.unwrap();
    assert!(page.events.is_empty());
}

#[tokio::test]
async fn results_are_read_page_by_page_without_gap_or_repeat() {
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Bulk, 25)).await;
    let taken = setting.store.take(25).await.unwrap();
    let finished: Vec<_> = taken.iter().map(|taken| Finished { claim: claim(taken), result: result() }).collect();
    assert_eq!(setting.store.finish(&finished).await.unwrap(), [true; 25]);
    let (mut seen, mut after) = (HashSet::new(), "0".to_owned());
    for expected in [10, 10, 5, 0] {
        let page = setting.store.results(&setting.tenant, &setting.session, &after, 10, Duration::ZERO).await.unwrap();
        assert_eq!(page.events.len(), expected);
        assert!(page.events.iter().all(|event| seen.insert(event.job)));
        after = page.next;
    }
    let wrong = setting.store.results(&setting.tenant, &setting.session, "rubbish", 10, Duration::ZERO).await;
    assert!(matches!(wrong, Err(Error::InvalidName { what: "cursor" })));
}

#[tokio::test]
async fn results_of_a_session_are_found_behind_those_of_others() {
    let setting = Setting::new().await;
    let shards = setting.redis.config().shards;
    let home = shards.of(&setting.tenant, &setting.session);
    let sessions = (0..).map(|number| SessionId::new(format!("s{number}")).unwrap());
    let neighbour = sessions.into_iter().find(|session| shards.of(&setting.tenant, session) == home).unwrap();
    setting.open_session(&neighbour).await;
    let crowd: Vec<_> = (0..400).map(|_| setting.job_of(&neighbour, Lane::Bulk)).collect();
    for jobs in [crowd, setting.jobs(Lane::Bulk, 2)] {
        setting.submit(&jobs).await;
        for taken in setting.store.take(400).await.unwrap() {
            assert!(setting.finish(claim(&taken)).await);
        }
    }
    let page = setting.store.results(&setting.tenant, &setting.session, "0", 3, Duration::ZERO).await.unwrap();
    assert_eq!(page.events.len(), 2);
    assert!(page.events.iter().all(|event| event.session == setting.session));
}

#[tokio::test]
async fn ten_thousand_jobs_leave_nothing_behind() {
    const JOBS: usize = 10_000;
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Bulk, JOBS)).await;
    let work = || {
        let store = setting.store.clone();
        async move {
            let mut seen = Vec::new();
            loop {
                let taken = store.take(100).await.unwrap();
                if taken.is_empty() {
                    return seen;
                }
                let finished: Vec<_> =
                    taken.iter().map(|taken| Finished { claim: claim(taken), result: result() }).collect();
                assert!(store.finish(&finished).await.unwrap().into_iter().all(|living| living));
                seen.extend(taken.into_iter().map(|taken| taken.job.id));
            }
        }
    };
    let (first, second) = tokio::join!(work(), work());
    assert_eq!(first.len() + second.len(), JOBS);
    let all: HashSet<_> = first.into_iter().chain(second).collect();
    assert_eq!(all.len(), JOBS, "two workers got the same job");
    setting.assert_empty();
    let shard = setting.redis.config().shards.of(&setting.tenant, &setting.session).0;
    assert_eq!(setting.redis.cli(&["HGET", &format!("gp:{{{shard}}}:told"), "school"]), JOBS.to_string());
}
