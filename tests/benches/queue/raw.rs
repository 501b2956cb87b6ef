//! The plainest loop over Redis Streams: pipelined XADD, XREADGROUP, and XACK with XDEL. No leases, no
//! fairness, no retries, no results: what a queue could at most reach.

use std::time::{Duration, Instant};

use gradphoto_tests::redis::PrivateRedis;
use redis::aio::MultiplexedConnection;
use redis::streams::StreamReadReply;

use crate::usage::Usage;
use crate::{BATCH, LOOPS, Result};

/// As many bytes as an envelope of ours has.
const PAYLOAD: [u8; 330] = [b'x'; 330];

/// One pass over some jobs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) submit: Duration,
    pub(crate) drain: Duration,
    /// Processor seconds of Redis.
    pub(crate) cpu_s: f64,
    /// Processor seconds of this process.
    pub(crate) own_s: f64,
}

impl Default for Measured {
    fn default() -> Self {
        Self { submit: Duration::MAX / 2, drain: Duration::MAX / 2, cpu_s: f64::MAX, own_s: f64::MAX }
    }
}

impl Measured {
    /// Keeps the best of each figure.
    pub(crate) fn better(&mut self, other: Self) {
        self.submit = self.submit.min(other.submit);
        self.drain = self.drain.min(other.drain);
        self.cpu_s = self.cpu_s.min(other.cpu_s);
        self.own_s = self.own_s.min(other.own_s);
    }

    /// Jobs a second from the first submit to the last answer.
    pub(crate) fn rate(&self, jobs: usize) -> f64 {
        jobs as f64 / (self.submit + self.drain).as_secs_f64()
    }

    pub(crate) fn submit_rate(&self, jobs: usize) -> f64 {
        jobs as f64 / self.submit.as_secs_f64()
    }

    pub(crate) fn drain_rate(&self, jobs: usize) -> f64 {
        jobs as f64 / self.drain.as_secs_f64()
    }

    /// Microseconds of Redis' processor for each job over its life.
    pub(crate) fn cpu_us(&self, jobs: usize) -> f64 {
        self.cpu_s / jobs as f64 * 1e6
    }

    /// The same of callers and workers.
    pub(crate) fn own_us(&self, jobs: usize) -> f64 {
        self.own_s / jobs as f64 * 1e6
    }
}

/// Moves `jobs` through a stream.
pub(crate) async fn run(redis: &PrivateRedis, jobs: usize) -> Result<Measured> {
    let client = redis::Client::open(redis.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let _: Result<(), _> =
        redis::cmd("XGROUP").arg(&["CREATE", "raw", "g", "0", "MKSTREAM"]).query_async(&mut connection).await;
    let (before, began) = (Usage::of(redis), Instant::now());
    for _ in 0..jobs / BATCH {
        let mut pipeline = redis::pipe();
        for _ in 0..BATCH {
            pipeline.cmd("XADD").arg(&["raw", "*", "d"]).arg(&PAYLOAD).ignore();
        }
        pipeline.exec_async(&mut connection).await?;
    }
    let (submit, began) = (began.elapsed(), Instant::now());
    let mut loops = tokio::task::JoinSet::new();
    for number in 0..LOOPS {
        loops.spawn(drain(client.get_multiplexed_async_connection().await?, number));
    }
    while let Some(ended) = loops.join_next().await {
        ended??;
    }
    let (drain, after) = (began.elapsed(), Usage::of(redis));
    Ok(Measured { submit, drain, cpu_s: after.cpu_s - before.cpu_s, own_s: after.own_s - before.own_s })
}

async fn drain(mut connection: MultiplexedConnection, number: usize) -> Result<()> {
    let mut read = redis::cmd("XREADGROUP");
    read.arg("GROUP").arg("g").arg(format!("c{number}")).arg("COUNT").arg(BATCH).arg(&["STREAMS", "raw", ">"]);
    loop {
        let reply: Option<StreamReadReply> = read.query_async(&mut connection).await?;
        let Some(stream) = reply.and_then(|reply| reply.keys.into_iter().next()) else { return Ok(()) };
        let mut pipeline = redis::pipe();
        for entry in &stream.ids {
            pipeline.cmd("XACK").arg(&["raw", "g"]).arg(&entry.id).ignore();
            pipeline.cmd("XDEL").arg("raw").arg(&entry.id).ignore();
        }
        pipeline.exec_async(&mut connection).await?;
    }
}
