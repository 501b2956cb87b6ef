//! Results streams: jobs that were settled together are told one by one, whoever reads.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use gradphoto_shared::job::{Job, JobId};
use gradphoto_shared::lane::Lane;
use gradphoto_shared::name::{GroupId, SessionId};
use gradphoto_shared::store::{Event, Finished, Limits, Place};

use crate::setting::{Setting, claim, result};

const JOBS: usize = 25;
/// No divisor of the jobs, so that pages end within entries.
const PAGE: usize = 7;

/// Jobs that were settled in one call, in the order of their names.
async fn settled_together(setting: &Setting, session: &SessionId) -> Vec<JobId> {
    let jobs: Vec<_> = (0..JOBS).map(|_| setting.job_of(session, Lane::Bulk)).collect();
    setting.submit(&jobs).await;
    let taken = setting.store.take(JOBS).await.unwrap();
    let finished: Vec<_> = taken.iter().map(|taken| Finished { claim: claim(taken), result: result() }).collect();
    assert_eq!(setting.store.finish(&finished).await.unwrap(), vec![true; JOBS]);
    let mut names: Vec<_> = jobs.into_iter().map(|job| job.id).collect();
    names.sort_by_key(|id| id.uuid);
    names
}

fn in_order(mut names: Vec<JobId>) -> Vec<JobId> {
    names.sort_by_key(|id| id.uuid);
    names
}

#[tokio::test]
async fn pages_go_on_within_an_entry() {
    let setting = Setting::new().await;
    let other = SessionId::new("day-2").unwrap();
    setting.open_session(&other).await;
    let (mine, others) = (settled_together(&setting, &setting.session).await, settled_together(&setting, &other).await);

    let (mut told, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let page =
            setting.store.results(&setting.tenant, &setting.session, &after, PAGE, Duration::ZERO).await.unwrap();
        assert!(page.events.len() <= PAGE);
        assert!(page.events.last().is_none_or(|last| last.cursor == page.next));
        if page.events.is_empty() {
            break;
        }
        told.extend(page.events.into_iter().map(|event| event.job));
        after = page.next;
    }
    assert_eq!(in_order(told), mine);

    let (mut told, mut place) = (Vec::new(), Place::default());
    loop {
        // Written and read, as a caller hands it back.
        place = place.to_string().parse().unwrap();
        let events = setting.store.tenant_events(&setting.tenant, &mut place, PAGE, Duration::ZERO).await.unwrap();
        if events.is_empty() {
            break;
        }
        told.extend(events.into_iter().map(|(_, event)| job_of(event)));
    }
    assert_eq!(in_order(told), in_order([mine, others].concat()));
}

#[tokio::test]
async fn a_group_is_handed_no_more_than_it_asks_for() {
    let setting = Setting::new().await;
    let jobs = settled_together(&setting, &setting.session).await;
    let group = GroupId::new("readers").unwrap();
    let (mut told, long) = (Vec::new(), Duration::from_secs(60));
    loop {
        let read = setting.store.read_group(&setting.tenant, &group, PAGE, long, Duration::ZERO).await.unwrap();
        assert!(read.len() <= PAGE && read.iter().all(|event| event.deliveries == 1), "{read:?}");
        if read.is_empty() {
            break;
        }
        let receipts: Vec<_> = read.iter().map(|event| event.receipt.to_string().parse().unwrap()).collect();
        told.extend(read.into_iter().map(|event| job_of(event.event)));
        let view = setting.store.groups(&setting.tenant).await.unwrap().remove(0);
        let acknowledged = told.len() - receipts.len();
        assert_eq!((view.pending + view.lag) as usize, JOBS - acknowledged);
        assert_eq!(
            setting.store.acknowledge(&setting.tenant, &group, &receipts).await.unwrap() as usize,
            receipts.len()
        );
    }
    assert_eq!(in_order(told), jobs);
    let view = setting.store.groups(&setting.tenant).await.unwrap().remove(0);
    assert_eq!((view.pending, view.lag), (0, 0));
}

#[tokio::test]
async fn a_limit_counts_jobs_not_entries() {
    let setting = Setting::limited(Limits { events: 2 * JOBS as u64, ..Limits::default() }).await;
    let old = settled_together(&setting, &setting.session).await;
    for _ in 0..2 {
        settled_together(&setting, &setting.session).await;
    }
    assert_eq!(setting.events().await.len(), 2 * JOBS);
    for id in &old {
        assert!(setting.store.look(&setting.tenant, id).await.is_err(), "it left with its event");
    }
    // Not by lines of KEYS: ids in keys are bytes, and some are line ends.
    let keys: usize = setting.redis.cli(&["DBSIZE"]).trim().parse().unwrap();
    assert!(keys < 2 * JOBS + 10, "{keys}");
}

fn job_of(event: Event) -> JobId {
    match event {
        Event::Job(event) => event.job,
        Event::Batch(batch) => panic!("nobody made {batch:?}"),
    }
}

#[tokio::test]
async fn an_answer_of_a_newer_build_hides_no_other() {
    let setting = Setting::new().await;
    let jobs = settled_together(&setting, &setting.session).await;
    let newer = jobs[JOBS / 2];
    // With a reason that this build does not know.
    setting.change(&Job { id: newer, ..setting.job(Lane::Bulk) }, "no_face", "of_later");
    let events = setting.events().await;
    assert_eq!(events.len(), JOBS);
    for event in events {
        let told = (event.result.is_some(), event.error.as_deref());
        let expected = if event.job == newer { (false, Some("envelope_invalid")) } else { (true, None) };
        assert_eq!(told, expected, "{}", event.job);
    }
}
