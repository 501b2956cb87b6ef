//! Workers that die or fall asleep in the middle of their work: nothing is lost, nothing comes twice.

use std::collections::BTreeSet;
use std::time::Duration;

use gradphoto_shared::job::State;
use gradphoto_tests::fleet::{Yard, portrait};
use gradphoto_tests::redis::PrivateRedis;
use rustix::process::Signal;

const PATIENCE: Duration = Duration::from_secs(180);
const LEASE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_killed_worker_loses_no_photo_and_doubles_none() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let _keeper = yard.keeper(LEASE);
    let (mut killed, mut other) = (yard.worker(&["--lease", "2"]), yard.worker(&["--lease", "2"]));
    killed.ready().await;
    other.ready().await;
    let jobs = yard.submit(&vec![portrait(); 200]).await;
    yard.events(20, PATIENCE).await;
    killed.signal(Signal::KILL);
    assert!(!killed.ended(PATIENCE).await.success());
    let at_death = yard.events(0, Duration::ZERO).await.len();
    assert!(at_death < 180, "the worker was to die in the middle, not after {at_death} photos");

    let events = yard.events(200, PATIENCE).await;
    let distinct: BTreeSet<_> = events.iter().map(|event| event.job).collect();
    assert_eq!((events.len(), distinct), (200, jobs.into_iter().collect()));
    assert!(events.iter().all(|event| event.state == State::Done));
    yard.assert_empty().await;
}

#[tokio::test]
async fn a_worker_that_slept_past_its_lease_is_refused() {
    let yard = Yard::open(PrivateRedis::start()).await;
    let _keeper = yard.keeper(LEASE);
    let mut sleeper = yard.worker(&["--lease", "2"]);
    sleeper.ready().await;
    let jobs = yard.submit(&vec![portrait(); 30]).await;
    yard.events(3, PATIENCE).await;
    sleeper.signal(Signal::STOP);
    let mut other = yard.worker(&["--lease", "2"]);
    other.ready().await;
    assert_eq!(yard.events(30, PATIENCE).await.len(), 30, "the jobs of the sleeper came back");

    sleeper.signal(Signal::CONT);
    // Awake again it finishes what it had begun, is refused, and works on.
    let more = yard.submit(&vec![portrait(); 4]).await;
    let events = yard.events(34, PATIENCE).await;
    sleeper.signal(Signal::TERM);
    assert!(sleeper.ended(PATIENCE).await.success(), "{}", sleeper.log());
    let log = sleeper.log();
    assert!(
        ["lease was lost", "somebody else has the job"].iter().any(|words| log.contains(words)),
        "the sleeper had something in hand: {log}"
    );
    let all = yard.events(34, Duration::ZERO).await;
    assert_eq!(events.len(), all.len(), "no late event");
    let distinct: BTreeSet<_> = all.iter().map(|event| event.job).collect();
    assert_eq!((all.len(), distinct), (34, jobs.into_iter().chain(more).collect()));
    yard.assert_empty().await;
}
