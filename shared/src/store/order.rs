//! Orders to workers, which the channel of work carries.

use std::fmt;

use tokio::sync::broadcast;

use super::workers::WorkerName;
use crate::job::JobId;

/// An order to workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Drop the job: it is not wanted any more.
    Cancel(JobId),
    /// Take no more jobs, finish those in hand and end.
    Drain(WorkerName),
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancel(job) => write!(f, "cancel {job}"),
            Self::Drain(worker) => write!(f, "drain {}", worker.0),
        }
    }
}

impl Order {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("cancel", job) => Some(Self::Cancel(job.parse().ok()?)),
            ("drain", worker) => Some(Self::Drain(WorkerName(worker.to_owned()))),
            _ => None,
        }
    }
}

/// Hears orders.
#[derive(Debug)]
pub struct Orders(pub(super) broadcast::Receiver<Order>);

impl Orders {
    /// Waits for the next order; for ever where there is nobody left to give one.
    pub async fn next(&mut self) -> Order {
        loop {
            match self.0.recv().await {
                Ok(order) => return order,
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
