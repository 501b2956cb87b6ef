//! The one way in: a place before a job, its photo's bytes before a compute thread needs them.
//!
//! People wait behind no batch in hand: beside the places for everybody there are some for urgent lanes only.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, StreamExt};
use gradphoto_shared::blob::{BlobKey, Blobs};
use gradphoto_shared::job::Task;
use gradphoto_shared::layout::{FaultCode, LayoutFault, LayoutOrder, ORDER_BYTES_MAX};
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::store::{Bell, Store};
use gradphoto_shared::{Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use crate::compute::Stops;
use crate::gallery::Galleries;
use crate::inbox::{Inbox, Loaded};
use crate::layout::Bundle;
use crate::outage::Outage;
use crate::pack::Role;
use crate::pipeline::Product;
use crate::rivals::Rivals;
use crate::rules;
use crate::settle::{Door, Verdict};
use crate::stage::decode::DecodeLimits;
use crate::standards::Standards;
use crate::ticket::{Held, Ticket};

/// How long an idle worker trusts the bell before it looks by itself: a ring that got lost costs at most
/// this and half again. A thousand idle workers then ask Redis a thousand times a second, about one
/// per cent of what it serves (49,000 takes a second, measured).
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// Pictures of an order that are fetched at the same time: enough to hide an S3 store's delay.
const PICTURES_AT_ONCE: usize = 16;

/// How many jobs a worker has in hand.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    any: Arc<Semaphore>,
    urgent: Arc<Semaphore>,
}

/// Free places, taken.
enum Free {
    /// For jobs of any lane.
    Any(OwnedSemaphorePermit),
    /// For jobs of urgent lanes.
    Urgent(OwnedSemaphorePermit),
}

impl Places {
    /// Places for `any` jobs and for `urgent` ones more of urgent lanes.
    ///
    /// As many urgent ones as compute threads: a thread then finds a job that somebody waits for whenever
    /// there is one. With more the others would starve, since people go first in the inbox; with as many a
    /// thread that ends finds all urgent places in other threads' hands now and then, and takes what waits.
    pub(crate) fn new(any: usize, urgent: usize) -> Self {
        Self { any: Arc::new(Semaphore::new(any)), urgent: Arc::new(Semaphore::new(urgent)) }
    }

    /// Waits for a free place and takes all of its kind that are free.
    async fn free(&self) -> Free {
        let one = |places: &Arc<Semaphore>| Arc::clone(places).acquire_owned();
        let (kind, places, one): (fn(_) -> _, _, _) = tokio::select! {
            biased;
            one = one(&self.any) => (Free::Any, &self.any, one),
            one = one(&self.urgent) => (Free::Urgent, &self.urgent, one),
        };
        let mut free = one.expect("nothing closes the semaphore");
        let more = u32::try_from(places.available_permits()).unwrap_or(u32::MAX);
        // Only the intake takes places, so what was there is still there.
        if let Ok(more) = Arc::clone(places).try_acquire_many_owned(more) {
            free.merge(more);
        }
        kind(free)
    }

    /// Waits until a place for any lane is free; it stays free.
    async fn opened(&self) {
        let _ = self.any.acquire().await;
    }
}

/// What the intake needs to fetch photos and pass jobs on.
#[derive(Clone, Debug)]
pub(crate) struct Intake {
    /// The queue.
    pub(crate) store: Store,
    /// What judges them.
    pub(crate) standards: Standards,
    /// Where photos lie.
    pub(crate) blobs: Blobs,
    /// What a photo may cost. Memory for photos is at most its bytes times the places; photos that came with jobs to be
    /// compared with may take four times as much again.
    pub(crate) limits: DecodeLimits,
    /// The font for captions of sheets, where one is named.
    pub(crate) font: Option<PathBuf>,
    /// Longest that fetching a photo, and then working on it, may take.
    pub(crate) job_timeout: Duration,
    /// Every claim in hand.
    pub(crate) held: Held,
    /// To the compute threads.
    pub(crate) inbox: Inbox,
    /// Galleries that jobs will ask.
    pub(crate) galleries: Galleries,
    /// The way out.
    pub(crate) door: Door,
    /// When to stop.
    pub(crate) stops: Stops,
}

impl Intake {
    /// Takes jobs until the drain begins, with at most so many of them in hand as there are `places`.
    pub(crate) async fn run(self, places: Places) {
        let mut outage = Outage::new("taking jobs");
        let mut bell = None;
        let drain = self.stops.drain.clone();
        while let Some(free) = drain.run_until_cancelled(places.free()).await {
            let only_urgent = matches!(free, Free::Urgent(_));
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
                        let rung = bell.rung(LOOK_PAUSE.mul_f64(rand::random_range(1.0..1.5)));
                        tokio::select! {
                            () = rung => {}
                            () = places.opened(), if only_urgent => {}
                        }
                    }
                    (None, None) => {}
                }
            };
            drain.run_until_cancelled(pause).await;
        }
    }

    /// Takes as many jobs as there are places. Never dropped half-way: a job whose answer was thrown away
    /// would lie idle until its lease ends.
    async fn take(&self, free: Free, bell: &mut Option<Bell>) -> Result<usize> {
        if bell.is_none() {
            // Before the first look, so that no ring falls between the two.
            *bell = Some(self.store.work_bell().await?);
        }
        let (attempts, mut free) = match free {
            Free::Any(free) => (self.store.take(free.num_permits()).await?, free),
            Free::Urgent(free) => (self.store.take_urgent(free.num_permits()).await?, free),
        };
        let taken = attempts.len();
        for attempt in attempts {
            let place = free.split(1).expect("the store gives out no more than was wanted");
            let ticket = Ticket::new(attempt, &self.held, self.job_timeout, place);
            let span = ticket.span();
            tokio::spawn(self.clone().load(ticket).instrument(span));
        }
        Ok(taken)
    }

    /// Fetches a job's standard and its photo, or its order with all pictures, and passes all on.
    async fn load(self, ticket: Ticket) {
        if ticket.job().tasks.iter().any(|task| task.asks_a_gallery()) {
            let (galleries, job) = (self.galleries.clone(), ticket.job().clone());
            tokio::spawn(async move { galleries.warm(&job).await });
        }
        let spec = match self.standards.of(ticket.job()).await {
            Ok(spec) => spec,
            Err(error) => return self.door.settle(ticket, Verdict::Failed(error)),
        };
        let verdict = match self.fetch(&ticket, &spec).await {
            Some(Ok(Material { photo, order, rivals })) => match order.transpose() {
                Ok(order) => match self.inbox.put(Loaded { ticket, photo, spec, order, rivals }) {
                    None => return,
                    Some(late) => return self.door.settle(late.ticket, Verdict::Dropped),
                },
                Err(fault) => Verdict::Answered(Box::new(Product::unordered(fault))),
            },
            Some(Err(Error::BlobTooLarge { .. })) => {
                Verdict::Answered(Box::new(Product::unreadable(&ticket.job().tasks, &spec, ReasonCode::TooManyBytes)))
            }
            Some(Err(error)) => Verdict::Failed(error),
            None => Verdict::Dropped,
        };
        self.door.settle(ticket, verdict);
    }

    /// A job's photo, or its order; nothing once the drain begins or the job is not ours any more.
    async fn fetch(&self, ticket: &Ticket, spec: &Spec) -> Option<Result<Material>> {
        let fetch = tokio::time::timeout(ticket.limit(), self.material(ticket, spec));
        let fetch = ticket.lost().run_until_cancelled(fetch);
        let fetched = self.stops.drain.run_until_cancelled(fetch).await.flatten()?;
        Some(fetched.unwrap_or(Err(Error::TimedOut)))
    }

    async fn material(&self, ticket: &Ticket, spec: &Spec) -> Result<Material> {
        let job = ticket.job();
        if !job.tasks.contains(&Task::Layout) {
            let photo = self.blobs.get(&job.photo, self.limits.max_bytes);
            let (photo, rivals) = tokio::try_join!(photo, self.rivals(ticket, spec))?;
            return Ok(Material { photo, order: None, rivals });
        }
        let text = self.blobs.get(&job.photo, ORDER_BYTES_MAX).await?;
        let read = LayoutOrder::read(&text).and_then(|order| Ok((order.pictures(&job.tenant, &job.session)?, order)));
        let bundle = match read {
            Ok((keys, order)) => self.bundle(order, keys).await?,
            Err(fault) => Err(fault),
        };
        Ok(Material { photo: text, order: Some(bundle), rivals: Rivals::default() })
    }

    /// What `check` compares the job's shot with, where the standard asks for that.
    async fn rivals(&self, ticket: &Ticket, spec: &Spec) -> Result<Rivals> {
        let is_asked = ticket.job().tasks.contains(&Task::Check) && rules::want(spec, Role::Embed);
        if !is_asked || !self.galleries.describes_faces() {
            return Ok(Rivals::default());
        }
        let neighbours = self.galleries.neighbours(ticket).await?;
        let mut references = Vec::new();
        for key in &ticket.job().references {
            references.push(match self.blobs.get(key, self.limits.max_bytes).await {
                Ok(photo) => Some(photo),
                Err(Error::BlobTooLarge { .. }) => None,
                Err(error) => return Err(error),
            });
        }
        Ok(Rivals { neighbours, references })
    }

    /// An order with the files of its pictures, which have no more bytes together than a photo may have.
    async fn bundle(&self, order: LayoutOrder, keys: Vec<BlobKey>) -> Result<Result<Bundle, LayoutFault>> {
        let fetched = keys.into_iter().map(|key| async move { self.blobs.get(&key, self.limits.max_bytes).await });
        let mut fetched = stream::iter(fetched).buffered(PICTURES_AT_ONCE);
        let (mut files, mut left) = (Vec::with_capacity(order.prints.len()), self.limits.max_bytes);
        while let Some(file) = fetched.next().await {
            let at = files.len();
            match file {
                Ok(file) if file.len() as u64 <= left => {
                    left -= file.len() as u64;
                    files.push(file);
                }
                Ok(_) | Err(Error::BlobTooLarge { .. }) => return Ok(Err(FaultCode::PicturesTooLarge.of(at))),
                Err(Error::BlobMissing) => return Ok(Err(FaultCode::PictureMissing.of(at))),
                Err(error) => return Err(error),
            }
        }
        drop(fetched);
        Ok(Ok(Bundle { order, files, limits: self.limits, font: self.font.clone() }))
    }
}

/// What a job is worked on.
struct Material {
    /// Its photo, or its order's text.
    photo: Bytes,
    /// Its order, which may be at fault.
    order: Option<Result<Bundle, LayoutFault>>,
    rivals: Rivals,
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// How many places of which kind are free at once.
    fn taken(places: &Places) -> Option<(&'static str, Free)> {
        places.free().now_or_never().map(|free| (if matches!(free, Free::Any(_)) { "any" } else { "urgent" }, free))
    }

    #[tokio::test]
    async fn urgent_places_are_asked_for_once_the_others_are_gone() {
        let places = Places::new(3, 2);
        let (kind, any) = taken(&places).unwrap();
        assert_eq!(kind, "any");
        assert!(places.opened().now_or_never().is_none());
        let (kind, urgent) = taken(&places).unwrap();
        assert_eq!(kind, "urgent");
        assert!(taken(&places).is_none());
        let (Free::Any(any), Free::Urgent(urgent)) = (any, urgent) else { panic!("kinds were just seen") };
        assert_eq!((any.num_permits(), urgent.num_permits()), (3, 2));
        drop((any, urgent));
        assert!(places.opened().now_or_never().is_some());
        assert_eq!(taken(&places).unwrap().0, "any");
    }
}
