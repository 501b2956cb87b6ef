//! Reading what Redis answers: anything unexpected is an error, never a panic.

use redis::{ErrorKind, FromRedisValue, RedisError, Value};

use crate::{Error, Result};

/// Reads one value.
///
/// # Errors
/// [`Error::RedisAnswer`] when it is of another kind.
pub(super) fn one<T: FromRedisValue>(value: Value) -> Result<T> {
    redis::from_redis_value(value).map_err(|cause| Error::RedisAnswer(cause.to_string()))
}

/// Reads the only value of a round trip.
///
/// # Errors
/// [`Error::RedisAnswer`] when there is none or it is of another kind.
pub(super) fn only<T: FromRedisValue>(values: Vec<Value>) -> Result<T> {
    one(values.into_iter().next().ok_or_else(|| unexpected("nothing"))?)
}

/// Reads every value of a round trip.
///
/// # Errors
/// [`Error::RedisAnswer`] when one is of another kind.
pub(super) fn each<T: FromRedisValue>(values: Vec<Value>) -> Result<Vec<T>> {
    values.into_iter().map(one).collect()
}

/// An answer that the protocol of our scripts does not hold.
pub(super) fn unexpected(what: &str) -> Error {
    Error::RedisAnswer(format!("{what} where a script answers something else"))
}

impl From<RedisError> for Error {
    fn from(cause: RedisError) -> Self {
        if cause.kind() == ErrorKind::AuthenticationFailed {
            return Self::Config("redis refuses the user or the password".into());
        }
        match cause.code() {
            Some("OOM") => Self::RedisFull,
            Some("NOAUTH" | "WRONGPASS") => Self::Config("redis refuses the user or the password".into()),
            Some("NOPERM") => Self::Config("redis does not allow this user what the work needs".into()),
            _ if cause.is_io_error()
                || cause.is_timeout()
                || cause.is_connection_dropped()
                || cause.is_connection_refusal() =>
            {
                Self::RedisAway(cause)
            }
            Some(
                "LOADING" | "BUSY" | "MISCONF" | "NOREPLICAS" | "MASTERDOWN" | "CLUSTERDOWN" | "READONLY" | "TRYAGAIN"
                | "MOVED" | "ASK",
            ) => Self::RedisAway(cause),
            _ => Self::RedisAnswer(cause.to_string()),
        }
    }
}
