//! The compute threads: each owns its models and does one photo at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use gradphoto_shared::job::Job;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::spec::Spec;
use gradphoto_shared::{Error, Result};
use tokio::sync::oneshot;

use crate::inbox::{Inbox, Loaded};
use crate::model::{Engine, Runtime};
use crate::pack::Pack;
use crate::pipeline::{self, Besides, Pipeline, Product};
use crate::rivals::Rivals;
use crate::settle::{Door, Verdict};
use crate::stage::decode::DecodeLimits;
use crate::ticket::Ticket;

/// How urgently to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stops {
    /// Begin nothing more.
    pub(crate) drain: Shutdown,
    /// Drop what was begun, too.
    pub(crate) at_once: Shutdown,
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
    /// What is left beside the answers.
    pub(crate) besides: Besides,
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
        let thread = thread.spawn(move || match load(&bench) {
            Ok(engine) => {
                let mut pipeline = Pipeline::new(engine, bench.limits).leaving(bench.besides);
                // Whoever asked may be gone: the process ends then, and the inbox with it.
                let _ = tell.send(Ok(()));
                work(&inbox, &door, &stops, |job, photo, spec, rivals, go_on| {
                    rivals.run(&mut pipeline, photo, &job.tasks, spec, go_on)
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

/// The models, with those that only `check` asks, so that no photo waits for a model.
fn load(bench: &Bench) -> Result<Engine> {
    let mut engine = Engine::load(&bench.runtime, &bench.pack)?;
    engine.warm_up_for_check()?;
    Ok(engine)
}

/// Does jobs until there are no more. `run` answers `None` once its last argument says no.
fn work(
    inbox: &Inbox,
    door: &Door,
    stops: &Stops,
    mut run: impl FnMut(&Job, &[u8], &Spec, &Rivals, &dyn Fn() -> bool) -> Result<Option<Product>>,
) {
    while let Some(Loaded { ticket, photo, spec, order, rivals }) = inbox.next() {
        let span = ticket.span();
        let _entered = span.enter();
        ticket.begin();
        let go_on = || !ticket.is_lost() && !ticket.is_over_time() && !stops.at_once.is_cancelled();
        let verdict = if stops.drain.is_cancelled() || ticket.is_lost() {
            Verdict::Dropped
        } else if ticket.is_expired() {
            Verdict::Failed(Error::Expired)
        } else {
            // The conveyor holds panics of its stages itself; this holds the rest, so that whatever one
            // photo does, the thread lives on for the next.
            let done = AssertUnwindSafe(|| match &order {
                Some(order) => pipeline::draw(order, &go_on),
                None => run(ticket.job(), &photo, &spec, &rivals, &go_on),
            });
            match catch_unwind(done) {
                Ok(Ok(Some(product))) => Verdict::Answered(Box::new(product)),
                Ok(Ok(None)) => why_stopped(&ticket, stops),
                Ok(Err(error)) => Verdict::Failed(error),
                Err(_) => Verdict::Failed(Error::Broken { stage: "compute" }),
            }
        };
        door.settle(ticket, verdict);
    }
}

/// What becomes of a job that was dropped between two stages.
fn why_stopped(ticket: &Ticket, stops: &Stops) -> Verdict {
    if ticket.is_lost() || stops.at_once.is_cancelled() { Verdict::Dropped } else { Verdict::Failed(Error::TimedOut) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::inbox::tests::chsi;
    use crate::settle::Closing;
    use crate::settle::tests::{door, product};
    use crate::ticket::Held;
    use crate::ticket::tests::{job, ticket_of};

    /// What comes of three plain jobs, of which `run` does each in its own way.
    async fn closings(
        stops: Stops,
        run: impl FnMut(&Job, &[u8], &Spec, &Rivals, &dyn Fn() -> bool) -> Result<Option<Product>> + Send + 'static,
    ) -> Vec<String> {
        closings_of(["a", "b", "c"].map(job), &Held::default(), stops, run).await
    }

    async fn closings_of(
        jobs: [Job; 3],
        held: &Held,
        stops: Stops,
        run: impl FnMut(&Job, &[u8], &Spec, &Rivals, &dyn Fn() -> bool) -> Result<Option<Product>> + Send + 'static,
    ) -> Vec<String> {
        let (inbox, permits) = (Inbox::default(), Arc::new(Semaphore::new(3)));
        for job in jobs {
            let photo = Bytes::from_static(b"photo");
            let loaded = Loaded {
                ticket: ticket_of(held, &permits, job),
                photo,
                spec: chsi(),
                order: None,
                rivals: Rivals::default(),
            };
            assert!(inbox.put(loaded).is_none());
        }
        let (_folder, door, mut closed) = door();
        let threads_inbox = inbox.clone();
        let thread = std::thread::spawn(move || work(&threads_inbox, &door, &stops, run));
        let mut found = Vec::new();
        loop {
            let (ticket, closing) = tokio::select! {
                biased;
                Some(closing) = closed.recv() => closing,
                all = permits.acquire_many(3) => break drop(all),
            };
            let what = match closing {
                Closing::Finish(_) => "finish",
                Closing::Retry { code, .. } if code == Error::TimedOut.code() => "retry timed out",
                Closing::Retry { .. } => "retry",
                Closing::Bury(code) => code,
                Closing::GiveBack => "give back",
            };
            found.push(format!("{} {what}", ticket.job().photo));
        }
        assert!(inbox.close().is_empty());
        thread.join().unwrap();
        assert_eq!(held.len(), 0);
        found.sort();
        found
    }

    #[tokio::test]
    async fn a_panic_or_an_error_harms_its_own_job_only() {
        let run = |job: &Job, _: &[u8], _: &Spec, _: &Rivals, _: &dyn Fn() -> bool| match job.photo.as_str() {
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
        let run = move |_: &Job, _: &[u8], _: &Spec, _: &Rivals, _: &dyn Fn() -> bool| {
            drain.cancel();
            Ok(Some(product(b"jpeg")))
        };
        assert_eq!(closings(stops, run).await, ["a finish", "b give back", "c give back"]);
    }

    #[tokio::test]
    async fn a_stop_at_once_gives_back_what_was_begun_too() {
        let stops = Stops::default();
        let all = stops.clone();
        let run = move |_: &Job, _: &[u8], _: &Spec, _: &Rivals, go_on: &dyn Fn() -> bool| {
            assert!(go_on());
            all.drain.cancel();
            all.at_once.cancel();
            Ok(go_on().then(|| product(b"jpeg")))
        };
        assert_eq!(closings(stops, run).await, ["a give back", "b give back", "c give back"]);
    }

    #[tokio::test]
    async fn a_job_that_runs_too_long_fails_and_one_past_its_deadline_is_not_begun() {
        let jobs = [
            Job { timeout_ms: Some(20), ..job("a") },
            Job { deadline_ms: Some(1), ..job("b") },
            Job { timeout_ms: Some(600_000), deadline_ms: Some(u64::MAX), ..job("c") },
        ];
        let run = |job: &Job, _: &[u8], _: &Spec, _: &Rivals, go_on: &dyn Fn() -> bool| {
            assert_ne!(job.photo.as_str(), "b");
            while job.photo.as_str() == "a" && go_on() {
                std::thread::yield_now();
            }
            Ok(go_on().then(|| product(b"jpeg")))
        };
        let found = closings_of(jobs, &Held::default(), Stops::default(), run).await;
        assert_eq!(found, ["a retry timed out", "b expired", "c finish"]);
    }

    #[tokio::test]
    async fn nothing_is_told_of_a_job_that_was_cancelled_before_or_after_it_began() {
        let jobs = ["a", "b", "c"].map(job);
        let (held, ids) = (Held::default(), jobs.clone().map(|job| job.id));
        let hand = held.clone();
        let run = move |job: &Job, _: &[u8], _: &Spec, _: &Rivals, go_on: &dyn Fn() -> bool| {
            assert_ne!(job.id, ids[1]);
            assert!(hand.cancel(&ids[1]) || job.id != ids[0]);
            hand.cancel(&ids[0]);
            Ok(go_on().then(|| product(b"jpeg")))
        };
        assert_eq!(closings_of(jobs, &held, Stops::default(), run).await, ["c finish"]);
    }
}
