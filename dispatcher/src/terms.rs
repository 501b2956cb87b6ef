//! The terms of a job: under which key, when, how long, in which batch.

use std::fmt;
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use gradphoto_shared::name::BatchId;

use crate::problem::Problem;

/// Header with the idempotency key of a request that submits one job.
const HEADER: &str = "idempotency-key";

/// Longest idempotency key: what others take too, and more than any UUID or hash needs.
const KEY_MAX: usize = 255;

/// How far ahead a job may be put off: longer than any session, shorter than a moment in microseconds.
const AHEAD_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A caller's name for one piece of work. Only what it is hashed to goes anywhere; it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes 1 to 255 visible ASCII characters.
    pub(crate) fn new(text: String) -> Result<Self, Problem> {
        let fits = (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then_some(Self(text)).ok_or_else(|| invalid("an idempotency key is 1 to 255 visible ASCII characters"))
    }

    /// The key of a request, where it has one.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(invalid("a request has one idempotency key"));
        }
        Self::new(value.to_str().unwrap_or_default().to_owned()).map(Some)
    }

    /// The text, for the hash that becomes the job's name.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

/// A key that is none, or stands where none belongs.
pub(crate) fn invalid(message: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_key", message)
}

/// Under which terms a job is done. Moments are milliseconds since 1970 UTC.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    pub(crate) key: Option<IdempotencyKey>,
    pub(crate) not_before_ms: Option<u64>,
    pub(crate) deadline_ms: Option<u64>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) batch: Option<BatchId>,
}

impl Terms {
    /// Checks what can be checked for a first submit and a repeated one alike.
    pub(crate) fn check(&self, now_ms: u64) -> Result<(), Problem> {
        let ahead_ms = now_ms.saturating_add(u64::try_from(AHEAD_MAX.as_millis()).unwrap_or(u64::MAX));
        let is_far = |ms: Option<u64>| ms.is_some_and(|ms| ms > ahead_ms);
        if is_far(self.not_before_ms) || is_far(self.deadline_ms) {
            return Err(times("moments are milliseconds since 1970 and at most a year ahead"));
        }
        if self.timeout_ms == Some(0) {
            return Err(times("timeout_ms is at least 1"));
        }
        if let (Some(start), Some(end)) = (self.not_before_ms, self.deadline_ms)
            && end <= start
        {
            return Err(times("deadline_ms lies after not_before_ms"));
        }
        Ok(())
    }

    /// Whether the job would be over before it began.
    pub(crate) fn is_late(&self, now_ms: u64) -> bool {
        self.deadline_ms.is_some_and(|deadline| deadline <= now_ms)
    }
}

/// Times that contradict each other or the clock.
pub(crate) fn times(message: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_times", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        for (text, lawful) in [("a", true), ("", false), ("a b", false), ("键", false), ("a\n", false)] {
            assert_eq!(IdempotencyKey::new(text.to_owned()).is_ok(), lawful, "{text:?}");
        }
        assert!(IdempotencyKey::new("a".repeat(255)).is_ok() && IdempotencyKey::new("a".repeat(256)).is_err());
        let key = IdempotencyKey::new("secret-order-7".to_owned()).expect("lawful");
        assert_eq!(format!("{key:?}"), "••••");
    }

    #[test]
    fn times_fit_each_other_and_the_clock() {
        const NOW: u64 = 1_700_000_000_000;
        let check = |not_before_ms, deadline_ms, timeout_ms, lawful| {
            let terms = Terms { not_before_ms, deadline_ms, timeout_ms, ..Terms::default() };
            assert_eq!(terms.check(NOW).is_ok(), lawful, "{terms:?}");
        };
        check(None, None, None, true);
        check(Some(NOW + 1), Some(NOW + 2), Some(1), true);
        check(Some(NOW + 2), Some(NOW + 2), None, false);
        check(None, None, Some(0), false);
        check(Some(NOW * 1_000), None, None, false);
        check(None, Some(NOW * 1_000), None, false);
        assert!(Terms { deadline_ms: Some(NOW), ..Terms::default() }.is_late(NOW));
    }
}
