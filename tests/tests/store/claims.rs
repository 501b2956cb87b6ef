//! Claims that are given without a look at each job, and settled many at once: what stands in the way of some.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use gradphoto_shared::job::{Job, State};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::store::{Claim, Finished, Store};

use crate::setting::{Setting, claim, result};

const JOBS: usize = 6;

async fn finish(store: &Store, claims: &[Claim]) -> Vec<bool> {
    let finished: Vec<_> = claims.iter().map(|claim| Finished { claim: *claim, result: result() }).collect();
    store.finish(&finished).await.unwrap()
}

async fn take(setting: &Setting) -> Vec<Claim> {
    setting.store.take(100).await.unwrap().iter().map(claim).collect()
}

/// Nothing is left of jobs, and each of `count` was told once.
async fn assert_all_told(setting: &Setting, count: usize) {
    setting.assert_settled();
    let mut told: Vec<_> = setting.events().await.iter().map(|event| event.job).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!((told.len(), setting.events().await.len()), (count, count));
}

#[tokio::test]
async fn a_job_that_was_cancelled_or_is_over_is_passed_among_others() {
    let setting = Setting::new().await;
    let mut jobs = setting.jobs(Lane::Online, JOBS);
    setting.submit(&jobs).await;
    setting.store.cancel(&setting.tenant, &jobs.remove(2).id).await.unwrap();
    let over = Job { deadline_ms: Some(1), ..setting.job(Lane::Online) };
    setting.submit(&[over.clone(), setting.job(Lane::Online)]).await;
    let claims = take(&setting).await;
    assert_eq!(claims.len(), JOBS);
    assert!(claims.iter().all(|claim| claim.job != over.id));
    assert_eq!(setting.store.look(&setting.tenant, &over.id).await.unwrap().error.as_deref(), Some("expired"));
    assert_eq!(finish(&setting.store, &claims).await, [true; JOBS]);
    assert_all_told(&setting, JOBS + 2).await;
    assert_eq!(setting.redis.cli(&["KEYS", "gp:*odd"]), "", "an empty stream is a plain one again");
}

#[tokio::test]
async fn claims_that_ended_meanwhile_leave_the_others_theirs() {
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Online, JOBS)).await;
    let claims = take(&setting).await;
    setting.store.cancel(&setting.tenant, &claims[1].job).await.unwrap();
    assert!(setting.store.bury(&claims[3], "broken").await.unwrap());
    setting.store.give_back(&claims[4..5]).await.unwrap();
    let expected = [true, false, true, true, false, true];
    for _ in 0..2 {
        // What a claim settled as dead it settled, too.
        assert_eq!(finish(&setting.store, &claims).await, expected);
    }
    let state = setting.store.look(&setting.tenant, &claims[3].job).await.unwrap().state;
    assert_eq!(state, State::Dead);
    let again = take(&setting).await;
    assert_eq!(again.len(), 1);
    assert_eq!(finish(&setting.store, &again).await, [true]);
    assert_all_told(&setting, JOBS).await;
}

#[tokio::test]
async fn who_did_not_take_them_may_finish_jobs() {
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Bulk, JOBS)).await;
    let claims = take(&setting).await;
    let other = Store::connect(&setting.redis.config()).await.unwrap();
    assert_eq!(finish(&other, &claims).await, [true; JOBS]);
    assert_eq!(finish(&setting.store, &claims).await, [true; JOBS], "a repeat answers the same");
    let view = setting.store.look(&setting.tenant, &claims[0].job).await.unwrap();
    assert_eq!((view.state, view.attempts, view.result), (State::Done, 1, Some(result())));
    assert_all_told(&setting, JOBS).await;
}

/// Takes a claim from Redis as a power cut does, or a replica that took over before it heard of it.
const FORGET: &str = "
    local lease = redis.call('ZRANGE', KEYS[1] .. 'lease', 0, 0)
    redis.call('ZREM', KEYS[1] .. 'lease', lease[1])
    return redis.call('HINCRBY', KEYS[1] .. 'open', 'r3', -1)";

#[tokio::test]
async fn claims_that_redis_forgot_settle_nothing_and_their_jobs_come_again() {
    let setting = Setting::new().await;
    setting.submit(&setting.jobs(Lane::Online, JOBS)).await;
    let claims = take(&setting).await;
    let base = format!("gp:{{{}}}:", claims[0].job.shard.0);
    let left = (JOBS - 1).to_string();
    assert_eq!(setting.redis.cli(&["EVAL", FORGET, "1", &base]), left);
    assert_eq!(finish(&setting.store, &claims).await, [false; JOBS], "nobody knows which of them had a lease");
    let again = take(&setting).await;
    assert_eq!(again.len(), JOBS);
    assert!(again.iter().all(|claim| claim.fence == 2));
    assert_eq!(finish(&setting.store, &claims).await, [false; JOBS], "the claims before are dead");
    assert_eq!(finish(&setting.store, &again).await, [true; JOBS]);
    assert_all_told(&setting, JOBS).await;
}
