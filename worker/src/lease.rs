//! Keeps the leases of all jobs in hand, on a thread and a connection of its own: neither a busy
//! processor nor a slow answer to somebody else may cost a job its lease.
//!
//! A job whose stage hangs loses its lease, so that another worker tries it; a worker all of whose threads
//! hang leaves, since nobody can end a thread.

use std::thread::JoinHandle;
use std::time::Duration;

use gradphoto_shared::config::RedisConfig;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::{Limits, Store};
use gradphoto_shared::{Error, Result};

use crate::outage::Outage;
use crate::ticket::Held;

/// Renewals in one lease: two may fail before the third is too late.
const RENEWALS: u32 = 3;

/// What the keeper looks after.
#[derive(Clone, Debug)]
pub(crate) struct Care {
    /// How long a job stays ours without renewal; a job that runs for longer than this past its time hangs.
    pub(crate) lease: Duration,
    /// Every claim in hand.
    pub(crate) held: Held,
    /// Compute threads of this worker.
    pub(crate) threads: usize,
    /// Cancelled when all of them hang.
    pub(crate) stuck: Shutdown,
}

/// Starts the keeper. It ends when `stop` is cancelled.
///
/// # Errors
/// [`Error::Io`] when the thread cannot be started.
pub(crate) fn keep(config: RedisConfig, care: Care, stop: Shutdown) -> Result<JoinHandle<Result<()>>> {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|cause| Error::io("start the lease keeper", cause))?;
        runtime.block_on(async {
            let limits = Limits { lease: care.lease, ..Limits::default() };
            let store = Store::connect_with(&config, limits).await?;
            stop.run_until_cancelled(renew(&store, &care)).await;
            Ok(())
        })
    };
    let thread = std::thread::Builder::new().name("lease".into()).spawn(run);
    thread.map_err(|cause| Error::io("start the lease keeper", cause))
}

/// Renews for ever. May be dropped at any point: a renewal that nobody waits for does no harm.
async fn renew(store: &Store, care: &Care) {
    let Care { lease, held, .. } = care;
    let pause = *lease / RENEWALS;
    let mut outage = Outage::new("renewing leases");
    let mut hung_before = false;
    loop {
        let hangs = held.give_up_hanging(*lease) >= care.threads;
        // Twice, since all seem to hang in a process that was asleep for a while.
        if hangs && hung_before && !care.stuck.is_cancelled() {
            tracing::error!(threads = care.threads, "every compute thread hangs, this worker leaves");
            care.stuck.cancel();
        }
        hung_before = hangs;
        let claims = held.claims();
        let wait = if claims.is_empty() {
            pause
        } else {
            match store.extend(&claims).await {
                Ok(lost) => {
                    outage.over();
                    held.lose(&lost);
                    pause
                }
                // Sooner than the next round: a short outage must not eat up the lease.
                Err(error) => outage.failed(&error).min(pause),
            }
        };
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gradphoto_shared::job::Job;
    use gradphoto_shared::lane::Lane;
    use gradphoto_shared::session::{Session, SessionState};
    use gradphoto_tests::redis::PrivateRedis;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::ticket::Ticket;
    use crate::ticket::tests::job;

    const LEASE: Duration = Duration::from_secs(2);
    const PATIENCE: Duration = Duration::from_secs(60);

    /// A store with an open session and two jobs in it.
    async fn store_with_jobs(config: &RedisConfig) -> Store {
        let store = Store::connect_with(config, Limits { lease: LEASE, ..Limits::default() }).await.unwrap();
        let jobs = ["a", "b"].map(job);
        let Job { tenant, session: id, .. } = jobs[0].clone();
        let shard = config.shards.of(&tenant, &id);
        let session = Session {
            id,
            tenant,
            state: SessionState::Open,
            spec: "chsi".into(),
            overrides: Default::default(),
            created_at_ms: 1,
        };
        store.create_session(&session).await.unwrap();
        let jobs = jobs.map(|mut job| {
            job.id.shard = shard;
            Job { lane: Lane::Bulk, ..job }
        });
        assert!(store.submit(&jobs).await.unwrap().iter().all(Result::is_ok));
        store
    }

    #[tokio::test]
    async fn a_job_that_hangs_goes_to_another_and_a_worker_that_hangs_leaves() {
        let redis = PrivateRedis::start();
        let store = store_with_jobs(&redis.config()).await;
        let taken = store.take(2).await.unwrap();
        let ids: Vec<_> = taken.iter().map(|attempt| attempt.job.id).collect();
        let (held, places) = (Held::default(), Arc::new(Semaphore::new(2)));
        let tickets: Vec<_> = taken
            .into_iter()
            .map(|attempt| {
                let place = Arc::clone(&places).try_acquire_owned().unwrap();
                Ticket::new(attempt, &held, Duration::ZERO, place)
            })
            .collect();
        // The other one waits for a thread and is ours for as long as it takes.
        tickets[0].begin();
        let (stuck, stop) = (Shutdown::new(), Shutdown::new());
        let care = Care { lease: LEASE, held: held.clone(), threads: 1, stuck: stuck.clone() };
        let keeper = keep(redis.config(), care, stop.clone()).unwrap();

        let came_back = async {
            loop {
                // Right after its start a Redis says nothing yet of who is silent.
                let reclaimed = store.reclaim(10).await.unwrap();
                if !reclaimed.returned.is_empty() {
                    return reclaimed.returned;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert_eq!(tokio::time::timeout(PATIENCE, came_back).await.unwrap(), [ids[0]]);
        tokio::time::timeout(PATIENCE, stuck.cancelled()).await.unwrap();
        assert_eq!(held.claims(), [tickets[1].claim()]);
        stop.cancel();
        keeper.join().unwrap().unwrap();
    }
}
