//! Sessions, and what submit accepts and refuses.

use std::time::Duration;

use gradphoto_shared::Error;
use gradphoto_shared::job::{Job, State};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{SessionId, TenantId};
use gradphoto_shared::session::{Session, SessionState};
use gradphoto_shared::spec::Overrides;
use gradphoto_shared::store::Limits;

use crate::setting::{Setting, claim};

#[tokio::test]
async fn sessions_are_made_once_and_move_lawfully() {
    let setting = Setting::new().await;
    let (store, tenant) = (&setting.store, &setting.tenant);
    let id = SessionId::new("autumn").unwrap();
    let session = Session {
        id: id.clone(),
        tenant: tenant.clone(),
        state: SessionState::Planned,
        spec: "chsi".into(),
        overrides: Default::default(),
        created_at_ms: 5,
    };
    assert!(matches!(store.session(tenant, &id).await, Err(Error::UnknownSession)));
    assert!(matches!(store.move_session(tenant, &id, SessionState::Open).await, Err(Error::UnknownSession)));
    assert!(matches!(store.progress(tenant, &id).await, Err(Error::UnknownSession)));
    store.create_session(&session).await.unwrap();
    assert_eq!(store.session(tenant, &id).await.unwrap(), session);

    use SessionState::{Closed, Open, Planned};
    let moves = [(Closed, false), (Planned, true), (Open, true), (Planned, false), (Closed, true), (Open, true)];
    for (to, lawful) in moves {
        let moved = store.move_session(tenant, &id, to).await;
        match moved {
            Ok(session) => assert!(lawful && session.state == to && session.created_at_ms == 5, "{to:?}"),
            Err(Error::SessionMove { to: told, .. }) => assert!(!lawful && told == to.name(), "{to:?}"),
            Err(other) => panic!("{other}"),
        }
    }
    // The same again changes nothing, other settings are refused.
    store.create_session(&Session { created_at_ms: 9, ..session.clone() }).await.unwrap();
    assert_eq!(store.session(tenant, &id).await.unwrap(), Session { state: Open, ..session.clone() });
    let other = Session { spec: "visa".into(), ..session };
    assert!(matches!(store.create_session(&other).await, Err(Error::SessionExists)));

    let names: Vec<_> = store.sessions(tenant).await.unwrap().into_iter().map(|session| session.id).collect();
    assert_eq!(names, [id, setting.session.clone()]);
    assert!(store.sessions(&TenantId::new("other").unwrap()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_session_keeps_every_standard_that_its_jobs_may_name() {
    let setting = Setting::new().await;
    let (store, tenant, session) = (&setting.store, &setting.tenant, &setting.session);
    let bytes = |most: usize| Overrides::read(&format!(r#"{{"file":{{"max_bytes":{most}}}}}"#)).unwrap();
    let change = async |id: &SessionId, overrides: &Overrides| {
        let spec = overrides.on("chsi").unwrap().name;
        store.change_standard(tenant, id, &spec, overrides).await.map(|()| spec)
    };
    let unknown = SessionId::new("nowhere").unwrap();
    assert!(matches!(change(&unknown, &bytes(50_000)).await, Err(Error::UnknownSession)));
    let first = change(session, &bytes(50_000)).await.unwrap();
    let second = change(session, &bytes(60_000)).await.unwrap();
    let known = store.session(tenant, session).await.unwrap();
    assert_eq!((&known.spec, known.overrides), (&second, bytes(60_000)));
    for (spec, overrides) in [(first, bytes(50_000)), (second, bytes(60_000))] {
        assert_eq!(store.overrides(tenant, session, &spec).await.unwrap(), overrides);
    }
    assert!(matches!(store.overrides(tenant, session, "chsi+0000000000000000").await, Err(Error::UnknownSpec)));
    // Back to the preset, and no more standards than a session may have.
    store.change_standard(tenant, session, "chsi", &Overrides::default()).await.unwrap();
    assert!(store.session(tenant, session).await.unwrap().overrides.is_empty());
    for most in 0..30 {
        change(session, &bytes(70_000 + most)).await.unwrap();
    }
    assert!(matches!(change(session, &bytes(80_000)).await, Err(Error::InvalidSpec(_))));
    change(session, &bytes(50_000)).await.unwrap();
}

#[tokio::test]
async fn only_open_sessions_take_jobs() {
    let setting = Setting::new().await;
    let unknown = SessionId::new("nowhere").unwrap();
    let job = setting.job_of(&unknown, Lane::Online);
    assert!(matches!(setting.store.submit(&[job]).await, Err(Error::UnknownSession)));

    let accepted = setting.jobs(Lane::Online, 1);
    setting.submit(&accepted).await;
    setting.store.move_session(&setting.tenant, &setting.session, SessionState::Closed).await.unwrap();
    let refused = setting.store.submit(&setting.jobs(Lane::Online, 1)).await;
    assert!(matches!(refused, Err(Error::SessionNotOpen { state: "closed" })));
    // What was accepted is still finished.
    let claim = setting.take_one().await;
    assert!(setting.finish(claim).await);
    assert_eq!(setting.store.look(&setting.tenant, &accepted[0].id).await.unwrap().state, State::Done);
}

#[tokio::test]
async fn jobs_of_one_call_share_a_session_and_its_shard() {
    let setting = Setting::new().await;
    let other = SessionId::new("day-2").unwrap();
    let mixed = [setting.job(Lane::Online), setting.job_of(&other, Lane::Online)];
    assert!(matches!(setting.store.submit(&mixed).await, Err(Error::InvalidName { what: "session" })));
    let mut astray = setting.job(Lane::Online);
    astray.id.shard.0 = (astray.id.shard.0 + 1) % 4;
    assert!(matches!(setting.store.submit(&[astray]).await, Err(Error::InvalidName { what: "job" })));
    assert!(setting.store.submit(&[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_submit_whose_answer_was_lost_makes_no_second_job() {
    let setting = Setting::new().await;
    let jobs = setting.jobs(Lane::Online, 3);
    setting.submit(&jobs).await;
    setting.submit(&jobs).await;
    assert_eq!(setting.store.take(10).await.unwrap().len(), 3);
    setting.submit(&jobs).await;
    assert!(setting.store.take(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_full_lane_refuses_and_the_others_do_not() {
    let limits = Limits { lane_jobs: 3, retry_after: Duration::from_secs(7), ..Limits::default() };
    let setting = Setting::limited(limits).await;
    let mut jobs = setting.jobs(Lane::Bulk, 5);
    jobs.push(setting.job(Lane::Onsite));
    let answers = setting.store.submit(&jobs).await.unwrap();
    let accepted: Vec<_> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(accepted, [true, true, true, false, false, true]);
    let refusal = answers[4].as_ref().unwrap_err();
    assert!(matches!(refusal, Error::LaneFull { retry_after } if *retry_after == Duration::from_secs(7)));

    // Delayed jobs count, finished ones do not.
    let taken = setting.store.take(4).await.unwrap();
    let bulk: Vec<_> = taken.iter().map(claim).filter(|claim| claim.lane == Lane::Bulk).collect();
    assert!(setting.store.retry(&bulk[0], "io", Duration::from_secs(60)).await.unwrap());
    assert!(setting.store.submit(&setting.jobs(Lane::Bulk, 1)).await.unwrap()[0].is_err());
    assert!(setting.finish(bulk[1]).await);
    setting.submit(&setting.jobs(Lane::Bulk, 1)).await;
}

#[tokio::test]
async fn the_newest_generation_wins_at_submit_and_at_finish() {
    let setting = Setting::new().await;
    let submit_one = async |job: Job| setting.store.submit(&[job]).await.unwrap().remove(0);
    submit_one(setting.job_for("a", 1)).await.unwrap();
    let late = setting.take_one().await;
    submit_one(setting.job_for("a", 2)).await.unwrap();
    assert!(matches!(submit_one(setting.job_for("a", 1)).await, Err(Error::Superseded)));
    submit_one(setting.job_for("b", 1)).await.unwrap();

    // The older photo's result comes late: settled, but not as a result.
    for _ in 0..2 {
        assert!(setting.finish(late).await);
    }
    let view = setting.store.look(&setting.tenant, &late.job).await.unwrap();
    assert_eq!((view.state, view.error.as_deref(), view.result), (State::Cancelled, Some("superseded"), None));
    for taken in setting.store.take(10).await.unwrap() {
        assert!(setting.finish(claim(&taken)).await);
    }
    let states: Vec<_> = setting.events().await.iter().map(|event| event.state).collect();
    assert_eq!(states, [State::Cancelled, State::Done, State::Done]);
}
