//! The one way in: a permit before a job, its photo's bytes before a compute thread needs them.

use std::sync::Arc;
use std::time::Duration;

use gradphoto_shared::blob::Blobs;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::store::{Bell, Store, WorkerName};
use gradphoto_shared::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tracing::Instrument;

use crate::compute::{Loaded, Stops};
use crate::outage::Outage;
use crate::settle::{Door, Verdict};
use crate::ticket::{Held, Ticket};

/// How long an idle worker trusts the bell before it looks by itself: a ring that got lost costs at most
/// this and half again. A thousand idle workers then ask Redis a thousand times a second, about one
/// per cent of what it serves (49,000 takes a second, measured).
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// What the intake needs to fetch photos and pass jobs on.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    /// The queue.
    pub(crate) store: Store,
    /// Our name there.
    pub(crate) worker: WorkerName,
    /// Where photos lie.
    pub(crate) blobs: Blobs,
    /// Most bytes of a photo. Memory for photos is at most this times the permits.
    pub(crate) max_bytes: u64,
    /// Every claim in hand.
    pub(crate) held: Held,
    /// To the compute threads; as long as there are permits, so sending never waits.
    pub(crate) compute: mpsc::Sender<Loaded>,
    /// The way out.
    pub(crate) door: Door,
    /// When to stop.
    pub(crate) stops: Stops,
}

impl Intake {
    /// Takes jobs until the drain begins, with at most `permits` of them in hand.
    pub(crate) async fn run(self, permits: usize) {
        let permits = Arc::new(Semaphore::new(permits));
        let mut outage = Outage::new("taking jobs");
        let mut bell = None;
        while let Some(free) = self.free(&permits).await {
            let wait = match self.take(free, &mut bell).await {
                Ok(0) => None,
                Ok(_) => {
                    outage.over();
                    continue;
                }
                Err(error) => Some(outage.failed(&error)),
            };
            let pause = async {
                match (wait, &mut bell) {
                    (Some(pause), _) => tokio::time::sleep(pause).await,
                    (None, Some(bell)) => {
                        outage.over();
                        bell.rung(LOOK_PAUSE.mul_f64(rand::random_range(1.0..1.5))).await;
                    }
                    (None, None) => {}
                }
            };
            self.stops.drain.run_until_cancelled(pause).await;
        }
    }

    /// Waits for a free place and answers all that are free; `None` once the drain begins.
    async fn free(&self, permits: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        let drain = &self.stops.drain;
        let one = drain.run_until_cancelled(Arc::clone(permits).acquire_owned()).await?;
        let mut free = one.expect("nothing closes the semaphore");
        let more = permits.available_permits();
        // Only this loop takes permits, so what was there is still there.
        if let Ok(more) = Arc::clone(permits).try_acquire_many_owned(u32::try_from(more).unwrap_or(u32::MAX)) {
            free.merge(more);
        }
        (!drain.is_cancelled()).then_some(free)
    }

    /// Takes as many jobs as there are places. Never dropped half-way: a job whose answer was thrown away
    /// would lie idle until its lease ends.
    async fn take(&self, mut free: OwnedSemaphorePermit, bell: &mut Option<Bell>) -> Result<usize> {
        if bell.is_none() {
            // Before the first look, so that no ring falls between the two.
            *bell = Some(self.store.work_bell().await?);
        }
        let attempts = self.store.take(&self.worker, free.num_permits()).await?;
        let taken = attempts.len();
        for attempt in attempts {
            let permit = free.split(1).expect("the store gives out no more than was wanted");
            let ticket = Ticket::new(attempt, &self.held, permit);
            let span = ticket.span();
            tokio::spawn(self.clone().load(ticket).instrument(span));
        }
        Ok(taken)
    }

    /// Fetches a job's photo and passes both on.
    async fn load(self, ticket: Ticket) {
        let fetch = self.blobs.get(&ticket.job().photo, self.max_bytes);
        let verdict = match self.stops.drain.run_until_cancelled(fetch).await {
            Some(Ok(photo)) => match self.compute.send(Loaded { ticket, photo }).await {
                Ok(()) => return,
                Err(unsent) => return self.door.settle(unsent.0.ticket, Verdict::Dropped),
            },
            Some(Err(Error::BlobTooLarge { .. })) => Verdict::Refused(ReasonCode::TooManyBytes),
            Some(Err(error)) => Verdict::Failed(error),
            None => Verdict::Dropped,
        };
        self.door.settle(ticket, verdict);
    }
}
