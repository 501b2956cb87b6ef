//! The compute threads: each owns its models and does one photo at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use gradphoto_shared::job::Job;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};
use tokio::sync::{mpsc, oneshot};

use crate::model::{Engine, Runtime};
use crate::pack::Pack;
use crate::pipeline::{Pipeline, Product};
use crate::settle::{Door, Verdict};
use crate::stage::decode::DecodeLimits;
use crate::ticket::Ticket;

/// A job in hand with its photo's bytes.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The job.
    pub(crate) ticket: Ticket,
    /// Its photo, as it was uploaded.
    pub(crate) photo: Bytes,
}

/// How urgently to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stops {
    /// Begin nothing more.
    pub(crate) drain: Shutdown,
    /// Drop what was begun, too.
    pub(crate) at_once: Shutdown,
}

/// Where compute threads find their next job; the channel in it is one batch long.
#[derive(Clone, Debug)]
pub(crate) struct Inbox(Arc<Mutex<mpsc::Receiver<Loaded>>>);

impl Inbox {
    /// The end of `jobs` that compute threads share.
    pub(crate) fn new(jobs: mpsc::Receiver<Loaded>) -> Self {
        Self(Arc::new(Mutex::new(jobs)))
    }

    /// Waits for the next job; `None` when there will be no more. Whoever holds the lock waits for the
    /// job, the others for the lock.
    fn next(&self) -> Option<Loaded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
    }
}

/// What a compute thread works with.
#[derive(Clone, Debug)]
pub(crate) struct Bench {
    /// ONNX Runtime on its device.
    pub(crate) runtime: Runtime,
    /// The models.
    pub(crate) pack: Arc<Pack>,
    /// What a photo may cost.
    pub(crate) limits: DecodeLimits,
}

/// Starts `threads` compute threads and waits until the models of all are loaded and warm.
///
/// # Errors
/// The first error of loading; [`Error::Io`] when a thread cannot be started.
pub(crate) async fn start(
    threads: usize,
    bench: &Bench,
    inbox: &Inbox,
    door: &Door,
    stops: &Stops,
) -> Result<Vec<JoinHandle<()>>> {
    let mut crew = Vec::with_capacity(threads);
    let mut warm = Vec::with_capacity(threads);
    for number in 0..threads {
        let (tell, told) = oneshot::channel();
        let (bench, inbox, door, stops) = (bench.clone(), inbox.clone(), door.clone(), stops.clone());
        let thread = std::thread::Builder::new().name(format!("compute-{number}"));
        let thread = thread.spawn(move || match Engine::load(&bench.runtime, &bench.pack) {
            Ok(engine) => {
                let mut pipeline = Pipeline::new(engine, bench.limits);
                // Whoever asked may be gone: the process ends then, and the inbox with it.
                let _ = tell.send(Ok(()));
                work(&inbox, &door, &stops, |job, photo, go_on| {
                    pipeline.run(photo, &job.tasks, &Spec::preset(&job.spec)?, go_on)
                });
            }
            Err(error) => {
                let _ = tell.send(Err(error));
            }
        });
        crew.push(thread.map_err(|cause| Error::io("start a compute thread", cause))?);
        warm.push(told);
    }
    for told in warm {
        told.await.unwrap_or(Err(Error::Broken { stage: "load" }))?;
    }
    Ok(crew)
}

/// Does jobs until there are no more. `run` answers `None` once its last argument says no.
fn work(
    inbox: &Inbox,
    door: &Door,
    stops: &Stops,
    mut run: impl FnMut(&Job, &[u8], &dyn Fn() -> bool) -> Result<Option<Product>>,
) {
    while let Some(Loaded { ticket, photo }) = inbox.next() {
        let span = ticket.span();
        let _entered = span.enter();
        let go_on = || !ticket.is_lost() && !stops.at_once.is_cancelled();
        let verdict = if stops.drain.is_cancelled() || !go_on() {
            Verdict::Dropped
        } else {
            // The conveyor holds panics of its stages itself; this holds the rest, so that whatever one
            // photo does, the thread lives on for the next.
            match catch_unwind(AssertUnwindSafe(|| run(ticket.job(), &photo, &go_on))) {
                Ok(Ok(Some(product))) => Verdict::Answered(product),
                Ok(Ok(None)) => Verdict::Dropped,
                Ok(Err(error)) => Verdict::Failed(error),
                Err(_) => Verdict::Failed(Error::Broken { stage: "compute" }),
            }
        };
        door.settle(ticket, verdict);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;
    use crate::settle::Closing;
    use crate::settle::tests::{door, product};
    use crate::ticket::Held;
    use crate::ticket::tests::ticket;

    /// What comes of three jobs, of which `run` does each in its own way.
    async fn closings(
        stops: Stops,
        run: impl FnMut(&Job, &[u8], &dyn Fn() -> bool) -> Result<Option<Product>> + Send + 'static,
    ) -> Vec<String> {
        let (held, permits) = (Held::default(), Arc::new(Semaphore::new(3)));
        let (jobs, inbox) = mpsc::channel(3);
        for photo in ["a", "b", "c"] {
            let loaded = Loaded { ticket: ticket(&held, &permits, photo, 1), photo: Bytes::from_static(b"photo") };
            jobs.try_send(loaded).unwrap();
        }
        drop(jobs);
        let (_folder, door, mut closed) = door();
        let thread = std::thread::spawn(move || work(&Inbox::new(inbox), &door, &stops, run));
        let mut found = Vec::new();
        while let Some((ticket, closing)) = closed.recv().await {
            let what = match closing {
                Closing::Finish(_) => "finish",
                Closing::Retry { .. } => "retry",
                Closing::Bury(code) => code,
                Closing::GiveBack => "give back",
            };
            found.push(format!("{} {what}", ticket.job().photo));
        }
        thread.join().unwrap();
        assert_eq!((held.len(), permits.available_permits()), (0, 3));
        found.sort();
        found
    }

    #[tokio::test]
    async fn a_panic_or_an_error_harms_its_own_job_only() {
        let run = |job: &Job, _: &[u8], _: &dyn Fn() -> bool| match job.photo.as_str() {
            "a" => panic!("a stage of ours"),
            "b" => Err(Error::Model("odd".into())),
            _ => Ok(Some(product(b"jpeg"))),
        };
        assert_eq!(closings(Stops::default(), run).await, ["a broken", "b retry", "c finish"]);
    }

    #[tokio::test]
    async fn a_drain_gives_back_what_was_not_begun() {
        let stops = Stops::default();
        let drain = stops.drain.clone();
        let run = move |_: &Job, _: &[u8], _: &dyn Fn() -> bool| {
            drain.cancel();
            Ok(Some(product(b"jpeg")))
        };
        assert_eq!(closings(stops, run).await, ["a finish", "b give back", "c give back"]);
    }

    #[tokio::test]
    async fn a_stop_at_once_gives_back_what_was_begun_too() {
        let stops = Stops::default();
        let all = stops.clone();
        let run = move |_: &Job, _: &[u8], go_on: &dyn Fn() -> bool| {
            assert!(go_on());
            all.drain.cancel();
            all.at_once.cancel();
            Ok(go_on().then(|| product(b"jpeg")))
        };
        assert_eq!(closings(stops, run).await, ["a give back", "b give back", "c give back"]);
    }
}
