//! A worker that does nothing but what the job's photo is named after: hundreds of jobs a second pass
//! through a real process, which can be killed and stopped like any other.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gradphoto_shared::Result;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::job::Attempt;
use gradphoto_shared::outcome::{JobResult, ReasonCode, StandardiseOutcome};
use gradphoto_shared::store::{Claim, Finished, Store};

/// Most jobs in hand: a death takes some along, as that of a worker with several threads does.
const BATCH: usize = 4;
/// Pause after a call that Redis did not answer.
const OUTAGE_PAUSE: Duration = Duration::from_millis(50);
/// Longest silence of the bell before a look.
const BELL_PAUSE: Duration = Duration::from_secs(1);
/// Renewals in one lease, as the worker has.
const RENEWALS: u32 = 3;
/// How long a job that fails stays aside.
const RETRY_PAUSE: Duration = Duration::from_millis(200);

/// What a job asks of an idle worker, told by the name of its photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To be answered.
    Answer,
    /// To fail in its first tries, so many, and to be answered then.
    Fail(u32),
    /// To kill the process, always.
    Kill,
}

impl Order {
    /// The name of photo `number` for this order.
    ///
    /// # Panics
    /// Never: the name is lawful.
    #[must_use]
    pub fn photo(self, number: u64) -> BlobKey {
        let name = match self {
            Self::Answer => format!("photos/answer/0/{number}"),
            Self::Fail(tries) => format!("photos/fail/{tries}/{number}"),
            Self::Kill => format!("photos/kill/0/{number}"),
        };
        BlobKey::new(name).expect("letters, digits and slashes")
    }

    /// The order that a photo's name gives; what is unknown is answered.
    #[must_use]
    pub fn of(photo: &BlobKey) -> Self {
        let mut parts = photo.as_str().split('/').skip(1);
        match (parts.next(), parts.next().and_then(|tries| tries.parse().ok())) {
            (Some("fail"), Some(tries)) => Self::Fail(tries),
            (Some("kill"), _) => Self::Kill,
            _ => Self::Answer,
        }
    }
}

/// Works until the process dies; `pace` is the time that one job takes.
///
/// # Errors
/// When the address in `stores` cannot be used. `stores` are two handles, since leases are renewed on a
/// connection of their own.
pub async fn work(stores: [Store; 2], lease: Duration, pace: Duration) -> Result<()> {
    let [store, renewing] = stores;
    let held = Held::default();
    tokio::spawn(renew(renewing, held.clone(), lease / RENEWALS));
    let mut bell = store.work_bell().await?;
    loop {
        match store.take(BATCH).await {
            Ok(taken) if taken.is_empty() => bell.rung(BELL_PAUSE).await,
            Ok(taken) => {
                held.set(taken.iter().map(claim).collect());
                answer(&store, taken, pace).await;
                held.set(Vec::new());
            }
            Err(_) => tokio::time::sleep(OUTAGE_PAUSE).await,
        }
    }
}

/// The claims in hand.
#[derive(Clone, Debug, Default)]
struct Held(Arc<Mutex<Vec<Claim>>>);

impl Held {
    fn set(&self, claims: Vec<Claim>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = claims;
    }

    fn claims(&self) -> Vec<Claim> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Never gives a claim up that was lost: the fence alone must keep its answer out.
async fn renew(store: Store, held: Held, pause: Duration) {
    loop {
        let claims = held.claims();
        let renewed = claims.is_empty() || store.extend(&claims).await.is_ok();
        tokio::time::sleep(if renewed { pause } else { OUTAGE_PAUSE }).await;
    }
}

/// Does everything in hand; a job that kills comes last, so that it takes no other along.
async fn answer(store: &Store, taken: Vec<Attempt>, pace: Duration) {
    let (mut finished, mut is_poisoned) = (Vec::new(), false);
    for attempt in taken {
        tokio::time::sleep(pace).await;
        match Order::of(&attempt.job.photo) {
            Order::Kill => is_poisoned = true,
            Order::Fail(tries) if attempt.number <= tries => {
                let claim = claim(&attempt);
                until_answered(|| store.retry(&claim, "io", RETRY_PAUSE)).await;
            }
            Order::Fail(_) | Order::Answer => finished.push(Finished { claim: claim(&attempt), result: result() }),
        }
    }
    if !finished.is_empty() {
        until_answered(|| store.finish(&finished)).await;
    }
    if is_poisoned {
        std::process::abort();
    }
}

/// Repeats a call until Redis answers it, as the worker does.
async fn until_answered<Answer, Call: Future<Output = Result<Answer>>>(call: impl Fn() -> Call) {
    while call().await.is_err() {
        tokio::time::sleep(OUTAGE_PAUSE).await;
    }
}

fn claim(attempt: &Attempt) -> Claim {
    Claim { job: attempt.job.id, lane: attempt.job.lane, fence: attempt.fence }
}

fn result() -> JobResult {
    let standardise = Some(StandardiseOutcome::refused(ReasonCode::NoFace));
    JobResult { pack: "idle-1".into(), standardise, ..JobResult::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_reads_as_it_is_written() {
        for order in [Order::Answer, Order::Fail(3), Order::Kill] {
            assert_eq!(Order::of(&order.photo(17)), order);
        }
    }
}
