//! One server and the connections to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deadpool_redis::{Manager, Pool, PoolError, Runtime, Timeouts};
use redis::aio::{ConnectionLike, ConnectionManager, ConnectionManagerConfig, PubSub};
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, Pipeline, RedisError, RedisResult, Value};

use super::Lead;

/// Longest wait for a new connection; a healthy Redis accepts within milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Tries to connect again before waiting callers get their error. With the pauses below that is about
/// half a second, so that a Redis that restarts is bridged and one that is gone is told soon.
const RECONNECTS: usize = 4;
/// Shortest pause before connecting again.
const RECONNECT_PAUSE_MIN: Duration = Duration::from_millis(50);
/// Longest pause before connecting again.
const RECONNECT_PAUSE_MAX: Duration = Duration::from_millis(200);
/// Connections that are used by one caller at a time: the keeper's loops are four, and a dozen submits may
/// wait for their replicas meanwhile.
const ASIDE_CONNECTIONS: usize = 16;

/// Answers to a pipeline, one for each command.
pub(super) type Answers = Vec<RedisResult<Value>>;

/// All connections to one server; none is made before it is needed.
pub(super) struct Node {
    client: Client,
    settings: ConnectionManagerConfig,
    shared: Mutex<ConnectionManager>,
    aside: Pool,
}

impl Node {
    /// Prepares the connections; an answer may take `timeout`.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub(super) fn new(info: ConnectionInfo, timeout: Duration) -> RedisResult<Self> {
        let connect_timeout = CONNECT_TIMEOUT.min(timeout);
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(connect_timeout))
            .set_response_timeout(Some(timeout))
            .set_number_of_retries(RECONNECTS)
            .set_min_delay(RECONNECT_PAUSE_MIN)
            .set_max_delay(RECONNECT_PAUSE_MAX);
        let aside = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connect_timeout))
            .set_response_timeout(Some(timeout));
        let aside = Pool::builder(Manager::new_with_config(info.clone(), aside)?)
            .max_size(ASIDE_CONNECTIONS)
            .timeouts(Timeouts { wait: Some(timeout), create: Some(connect_timeout), recycle: Some(timeout) })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|cause| std::io::Error::other(cause.to_string()))?;
        let client = Client::open(info)?;
        let shared = ConnectionManager::new_lazy_with_config(client.clone(), settings.clone())?;
        Ok(Self { client, settings, shared: Mutex::new(shared), aside })
    }

    /// Where it is.
    pub(super) fn place(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Its host as it was given; empty for a socket.
    pub(super) fn host(&self) -> &str {
        match self.client.get_connection_info().addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
            _ => "",
        }
    }

    /// Sends a pipeline that ignores errors.
    ///
    /// # Errors
    /// When the connection fails; errors of commands stand in the answer.
    pub(super) async fn sent(&self, lead: Lead, pipeline: &Pipeline) -> RedisResult<Answers> {
        if lead != Lead::Shared {
            return query(pipeline, &mut self.aside.get().await.map_err(broken_pool)?).await;
        }
        let mut connection = self.shared().clone();
        let answer = query(pipeline, &mut connection).await;
        if answer.as_ref().is_err_and(is_refused_greeting) {
            *self.shared() = ConnectionManager::new_lazy_with_config(self.client.clone(), self.settings.clone())?;
        }
        answer
    }

    /// A connection of its own that hears `channels`.
    ///
    /// # Errors
    /// When Redis fails.
    pub(super) async fn listening(&self, channels: &[String]) -> RedisResult<PubSub> {
        let mut subscription = self.client.get_async_pubsub().await?;
        subscription.subscribe(channels).await?;
        Ok(subscription)
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

async fn query(pipeline: &Pipeline, connection: &mut impl ConnectionLike) -> RedisResult<Answers> {
    pipeline.query_async(connection).await
}

fn broken_pool(cause: PoolError) -> RedisError {
    match cause {
        PoolError::Backend(cause) => cause,
        other => std::io::Error::new(std::io::ErrorKind::TimedOut, other.to_string()).into(),
    }
}
