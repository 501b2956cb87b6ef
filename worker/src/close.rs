//! Tells the queue what became of jobs: whatever is ready goes in one call, and waits out an outage.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gradphoto_shared::outcome::JobResult;
use gradphoto_shared::store::{Claim, Finished, Store};
use gradphoto_shared::{Class, Result, metrics};
use tokio::sync::mpsc;

use crate::outage::Outage;
use crate::settle::Closing;
use crate::ticket::Ticket;

/// Most jobs in one call. What is ready is taken without waiting for more; 100 in one call cost Redis a
/// sixth per job of one alone (measured), and little is gained past that.
const BATCH_MAX: usize = 100;

/// Tells `store` of everything that comes out of `closings`, until the last door is gone.
///
/// Every call is repeated until Redis answers: the fence alone decides whether a late answer counts, and
/// an outage that stopped everybody has cost nobody his lease. What waits is bounded by the intake.
pub(crate) async fn run(store: Store, mut closings: mpsc::Receiver<(Ticket, Closing)>) {
    let mut closer = Closer { store, outage: Outage::new("settling") };
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while closings.recv_many(&mut batch, BATCH_MAX).await > 0 {
        closer.close(batch.drain(..)).await;
    }
}

struct Closer {
    store: Store,
    outage: Outage,
}

impl Closer {
    async fn close(&mut self, batch: impl Iterator<Item = (Ticket, Closing)>) {
        let (mut tickets, mut finished, mut returned) = (Vec::new(), Vec::new(), Vec::new());
        for (ticket, closing) in batch {
            match closing {
                Closing::Finish(result) => {
                    finished.push(Finished { claim: ticket.claim(), result: *result });
                    tickets.push(ticket);
                }
                Closing::Retry { code, pause } => self.retry(&ticket, code, pause).await,
                Closing::Bury(code) => self.bury(&ticket, code).await,
                Closing::GiveBack => returned.push(ticket),
            }
        }
        self.finish(&tickets, &finished).await;
        self.give_back(&returned).await;
    }

    async fn finish(&mut self, tickets: &[Ticket], finished: &[Finished]) {
        if finished.is_empty() {
            return;
        }
        let store = self.store.clone();
        match self.answered(|| store.finish(finished)).await {
            Ok(living) => {
                for ((ticket, finished), living) in tickets.iter().zip(finished).zip(living) {
                    tell_finished(ticket, &finished.result, living);
                }
            }
            // One odd job must not take the others with it.
            Err(_) if finished.len() > 1 => {
                for (ticket, finished) in tickets.iter().zip(finished) {
                    Box::pin(self.finish(std::slice::from_ref(ticket), std::slice::from_ref(finished))).await;
                }
            }
            Err(error) => tell_left(&tickets[0], &error),
        }
    }

    async fn retry(&mut self, ticket: &Ticket, code: &'static str, pause: Duration) {
        let (store, claim) = (self.store.clone(), ticket.claim());
        match self.answered(|| store.retry(&claim, code, pause)).await {
            Ok(true) => metrics::job_retried(claim.lane, code),
            Ok(false) => tell_late(ticket),
            Err(error) => tell_left(ticket, &error),
        }
    }

    async fn bury(&mut self, ticket: &Ticket, code: &'static str) {
        let (store, claim) = (self.store.clone(), ticket.claim());
        match self.answered(|| store.bury(&claim, code)).await {
            Ok(true) => {
                for task in &ticket.job().tasks {
                    metrics::task_settled(*task, claim.lane, code);
                }
                metrics::job_settled(claim.lane, since_accepted(ticket));
            }
            Ok(false) => tell_late(ticket),
            Err(error) => tell_left(ticket, &error),
        }
    }

    async fn give_back(&mut self, tickets: &[Ticket]) {
        if tickets.is_empty() {
            return;
        }
        let claims: Vec<Claim> = tickets.iter().map(Ticket::claim).collect();
        let store = self.store.clone();
        match self.answered(|| store.give_back(&claims)).await {
            Ok(()) => tracing::info!(jobs = claims.len(), "gave jobs back"),
            Err(error) => tickets.iter().for_each(|ticket| tell_left(ticket, &error)),
        }
    }

    /// Calls until there is an answer or an error that would come again.
    async fn answered<T, F: Future<Output = Result<T>>>(&mut self, call: impl Fn() -> F) -> Result<T> {
        loop {
            match call().await {
                Err(error) if error.class() == Class::Retry => {
                    tokio::time::sleep(self.outage.failed(&error)).await;
                }
                answer => {
                    self.outage.over();
                    return answer;
                }
            }
        }
    }
}

/// Tells log and metrics of a job that was answered, or that its answer came too late.
pub(crate) fn tell_finished(ticket: &Ticket, result: &JobResult, living: bool) {
    if !living {
        return tell_late(ticket);
    }
    let lane = ticket.claim().lane;
    let tasks = &ticket.job().tasks;
    for task in tasks {
        metrics::task_settled(*task, lane, result.outcome(*task));
    }
    let outcome = tasks.iter().map(|task| result.outcome(*task)).collect::<Vec<_>>().join(",");
    let since_accepted = since_accepted(ticket);
    metrics::job_settled(lane, since_accepted);
    let compute_ms = result.stages.iter().map(|stage| stage.ms).sum::<f64>().round();
    ticket.span().in_scope(|| {
        tracing::info!(outcome, compute_ms, since_accepted_s = since_accepted.as_secs_f64(), "job is settled");
    });
}

fn tell_late(ticket: &Ticket) {
    ticket.span().in_scope(|| tracing::warn!("answer came too late, somebody else has the job"));
}

fn tell_left(ticket: &Ticket, error: &gradphoto_shared::Error) {
    let code = error.code();
    ticket.span().in_scope(|| tracing::error!(code, "{error}; the job is left to its lease"));
}

/// Zero where the dispatcher's clock is ahead of ours.
fn since_accepted(ticket: &Ticket) -> Duration {
    let accepted = UNIX_EPOCH + Duration::from_millis(ticket.job().accepted_at_ms);
    SystemTime::now().duration_since(accepted).unwrap_or_default()
}
