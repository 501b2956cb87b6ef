//! What Redis' own errors mean to those who called.

use crate::Error;

impl From<redis::RedisError> for Error {
    fn from(cause: redis::RedisError) -> Self {
        if cause.kind() == redis::ErrorKind::AuthenticationFailed {
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
