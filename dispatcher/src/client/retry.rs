//! Another try, later, for what may pass.

use std::time::Duration;

use rand::RngExt;

use super::Failure;

/// Tries of one request. With [`pause`] they span about two minutes: a restart of Redis or of a
/// dispatcher passes in that time.
const TRIES: u32 = 10;

/// Longest pause of our own; a server may ask for more.
const PAUSE_MAX: Duration = Duration::from_secs(20);

/// Codes of refusals that are waited for without end: the server works its queue off, and the rate goes on.
const FULL: [&str; 4] = ["lane_full", "tenant_full", "session_full", "rate_limited"];

/// Asks until there is an answer, or the failure is not a passing one, or tries are used up; a full queue uses
/// up none.
pub(super) async fn patiently<T, Asked>(mut ask: impl FnMut() -> Asked) -> Result<T, Failure>
where
    Asked: Future<Output = Result<T, Failure>>,
{
    let mut tries = 0;
    loop {
        let failure = match ask().await {
            Err(failure) if failure.passing => failure,
            settled => return settled,
        };
        if !FULL.contains(&failure.code.as_str()) {
            tries += 1;
        }
        if tries >= TRIES {
            return Err(failure);
        }
        tokio::time::sleep(failure.retry_after.unwrap_or_default().max(pause(tries))).await;
    }
}

/// Doubles from a quarter of a second, half of it by chance so that many clients do not return at once.
fn pause(tries: u32) -> Duration {
    let full = Duration::from_millis(250 * 2_u64.pow(tries.min(8))).min(PAUSE_MAX);
    full.mul_f64(rand::rng().random_range(0.5..1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_bounds() {
        for tries in 0..40 {
            let pause = pause(tries);
            assert!(pause >= Duration::from_millis(125) && pause <= PAUSE_MAX, "{tries}: {pause:?}");
        }
    }

    #[tokio::test]
    async fn what_does_not_pass_is_told_at_once() {
        let mut asked = 0;
        let failure = Failure { code: "empty_file".into(), message: String::new(), passing: false, retry_after: None };
        let answer: Result<(), _> = patiently(|| {
            asked += 1;
            std::future::ready(Err(failure.clone()))
        })
        .await;
        assert_eq!(answer.expect_err("refused").code, "empty_file");
        assert_eq!(asked, 1);
    }
}
