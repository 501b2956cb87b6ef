//! The connections to Redis, and the one function through which every round trip goes.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_redis::{Manager, Pool, PoolError, Runtime, Timeouts};
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncConnectionConfig, Client, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};

use super::scripts::ScriptCall;
use crate::config::RedisConfig;
use crate::{Error, Result, metrics};

/// Longest wait for a new connection; a healthy Redis accepts within milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries to connect again before waiting callers get their error. With the pauses below that is about
/// half a second, so that a Redis that restarts is bridged and one that is gone is told soon.
const RECONNECTS: usize = 4;
/// Shortest pause before connecting again.
const RECONNECT_PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest pause before connecting again.
const RECONNECT_PAUSE_MAX: Duration = Duration::from_millis(200);
/// Connections for long scans; the keeper's loops are four.
const ASIDE_CONNECTIONS: usize = 4;

/// Which connection a verb uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lead {
    /// The multiplexed one, for everything that somebody waits for.
    Shared,
    /// One of its own, for scans that must never stand in front of the others.
    Aside,
}

/// Whether a round trip whose connection broke may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The verb answers the same the second time.
    Once,
    /// A lost answer is lost.
    Never,
}

/// All connections of a process.
pub(super) struct Line {
    client: Client,
    settings: ConnectionManagerConfig,
    shared: Mutex<ConnectionManager>,
    aside: Pool,
}

impl Line {
    /// Prepares the connections; none is made before it is needed.
    ///
    /// # Errors
    /// [`Error::Config`] when the address cannot be read.
    pub(super) fn new(config: &RedisConfig) -> Result<Self> {
        let unreadable = |cause: RedisError| Error::Config(format!("redis address cannot be used: {cause}"));
        let client = Client::open(config.url.reveal()).map_err(unreadable)?;
        let connect_timeout = CONNECT_TIMEOUT.min(config.timeout);
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(connect_timeout))
            .set_response_timeout(Some(config.timeout))
            .set_number_of_retries(RECONNECTS)
            .set_min_delay(RECONNECT_PAUSE_MIN)
            .set_max_delay(RECONNECT_PAUSE_MAX);
        let shared = ConnectionManager::new_lazy_with_config(client.clone(), settings.clone()).map_err(unreadable)?;
        let aside = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connect_timeout))
            .set_response_timeout(Some(config.timeout));
        let manager = Manager::new_with_config(config.url.reveal(), aside).map_err(unreadable)?;
        let aside = Pool::builder(manager)
            .max_size(ASIDE_CONNECTIONS)
            .timeouts(Timeouts {
                wait: Some(config.timeout),
                create: Some(connect_timeout),
                recycle: Some(config.timeout),
            })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|cause| Error::Config(format!("redis pool cannot be built: {cause}")))?;
        Ok(Self { client, settings, shared: Mutex::new(shared), aside })
    }

    /// The client, for connections that listen.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends commands in one round trip; answers one value for each.
    ///
    /// # Errors
    /// When Redis fails, or any command does.
    pub(super) async fn send(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        pipeline: &mut Pipeline,
    ) -> Result<Vec<Value>> {
        let answers = self.observed(verb, lead, repeat, pipeline).await?;
        answers.into_iter().collect::<RedisResult<_>>().map_err(|cause| failed(verb, cause))
    }

    /// Runs scripts in one round trip; answers one value for each. A Redis that lost its scripts (restart,
    /// SCRIPT FLUSH) gets them again, and only the calls that it did not know are sent again.
    ///
    /// # Errors
    /// When Redis fails, or any script does.
    pub(super) async fn run(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        calls: &[ScriptCall],
    ) -> Result<Vec<Value>> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers = self.observed(verb, lead, repeat, &mut pipeline_of(calls)).await?;
        let unknown: Vec<usize> = (0..calls.len()).filter(|index| is_unknown_script(&answers[*index])).collect();
        if !unknown.is_empty() {
            let mut pipeline = redis::pipe();
            for index in &unknown {
                pipeline.load_script(calls[*index].script());
            }
            for index in &unknown {
                pipeline.add_command(calls[*index].command());
            }
            let again = self.observed(verb, lead, repeat, &mut pipeline).await?;
            for (index, answer) in unknown.iter().zip(again.into_iter().skip(unknown.len())) {
                answers[*index] = answer;
            }
        }
        answers.into_iter().collect::<RedisResult<_>>().map_err(|cause| failed(verb, cause))
    }

    /// The one round trip: measured, counted, and sent once more where that is allowed.
    async fn observed(
        &self,
        verb: &'static str,
        lead: Lead,
        repeat: Repeat,
        pipeline: &mut Pipeline,
    ) -> Result<Vec<RedisResult<Value>>> {
        pipeline.ignore_errors();
        let began = Instant::now();
        let mut answer = self.sent(lead, pipeline).await;
        if repeat == Repeat::Once && answer.as_ref().is_err_and(is_broken_line) {
            answer = self.sent(lead, pipeline).await;
        }
        match answer {
            Ok(answers) => {
                metrics::redis_answered(verb, began.elapsed());
                Ok(answers)
            }
            Err(cause) => Err(failed(verb, cause)),
        }
    }

    async fn sent(&self, lead: Lead, pipeline: &Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        match lead {
            Lead::Shared => {
                let mut connection = self.shared().clone();
                let answer = query(pipeline, &mut connection).await;
                if answer.as_ref().is_err_and(is_refused_greeting) {
                    *self.shared() =
                        ConnectionManager::new_lazy_with_config(self.client.clone(), self.settings.clone())?;
                }
                answer
            }
            Lead::Aside => query(pipeline, &mut self.aside.get().await.map_err(broken_pool)?).await,
        }
    }

    fn shared(&self) -> MutexGuard<'_, ConnectionManager> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that Redis refused while greeting (password, database). The manager comes back by itself
/// only from a broken one and would repeat this refusal for ever. Commands' own errors stand inside the
/// answer.
fn is_refused_greeting(cause: &RedisError) -> bool {
    !cause.is_io_error() && !cause.is_timeout() && !cause.is_connection_dropped()
}

async fn query(pipeline: &Pipeline, connection: &mut impl ConnectionLike) -> RedisResult<Vec<RedisResult<Value>>> {
    pipeline.query_async(connection).await
}

fn pipeline_of(calls: &[ScriptCall]) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(calls.len());
    for call in calls {
        pipeline.add_command(call.command());
    }
    pipeline
}

fn is_unknown_script(answer: &RedisResult<Value>) -> bool {
    answer.as_ref().is_err_and(|cause| cause.kind() == ErrorKind::Server(ServerErrorKind::NoScript))
}

/// A connection that is gone, as after a restart; not one that only keeps silent, where waiting again
/// would double the time-out.
fn is_broken_line(cause: &RedisError) -> bool {
    (cause.is_io_error() || cause.is_connection_dropped()) && !cause.is_timeout() && !cause.is_connection_refusal()
}

fn broken_pool(cause: PoolError) -> RedisError {
    match cause {
        PoolError::Backend(cause) => cause,
        other => std::io::Error::new(std::io::ErrorKind::TimedOut, other.to_string()).into(),
    }
}

fn failed(verb: &'static str, cause: RedisError) -> Error {
    let error = Error::from(cause);
    metrics::redis_failed(verb, error.code());
    error
}
