//! The dispatcher's loops. One file each; every dispatcher runs all of them, and rounds of several
//! dispatchers at once do no harm because each round is scripts of the store.

mod erase;
mod forward;
mod gauge;
mod reclaim;
mod sweep;
pub(crate) mod webhook;

use std::time::Duration;

use gradphoto_shared::blob::Blobs;
use gradphoto_shared::shutdown::Shutdown;
use gradphoto_shared::store::Store;
use gradphoto_shared::{Error, Result};
use tokio::task::JoinSet;

/// Longest pause between rounds that fail.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// What the loops need to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeeperConfig {
    /// Deaths of workers after which a job is given up.
    pub(crate) max_deaths: u32,
}

/// Starts every loop; they end with `shutdown`.
pub(crate) fn start(store: &Store, blobs: &Blobs, config: KeeperConfig, shutdown: &Shutdown) -> JoinSet<()> {
    let mut loops = JoinSet::new();
    let each = |name, pause| (Beat { name, pause }, store.clone(), shutdown.clone());
    let (beat, store_1, stop) = each("reclaim", reclaim::PAUSE);
    loops.spawn(async move { beat.keep(stop, || reclaim::round(&store_1, config)).await });
    let (beat, store_2, stop) = each("forward", forward::PAUSE);
    loops.spawn(async move { beat.keep(stop, || forward::round(&store_2)).await });
    let (beat, store_3, stop) = each("sweep", sweep::PAUSE);
    loops.spawn(async move { beat.keep(stop, || sweep::round(&store_3)).await });
    let (beat, store_4, stop) = each("gauge", gauge::PAUSE);
    loops.spawn(async move { beat.keep(stop, || gauge::round(&store_4)).await });
    let (beat, store_5, stop) = each("erase", erase::PAUSE);
    let blobs = blobs.clone();
    loops.spawn(async move { beat.keep(stop, || erase::round(&store_5, &blobs)).await });
    loops
}

/// The rhythm of one loop.
struct Beat {
    name: &'static str,
    pause: Duration,
}

impl Beat {
    /// Runs rounds until told to stop. A failure is logged when it begins, when its kind changes and
    /// when it is over; while it lasts, pauses double up to [`BACKOFF_MAX`].
    async fn keep<Round>(self, shutdown: Shutdown, mut round: impl FnMut() -> Round)
    where
        Round: Future<Output = Result<()>>,
    {
        let mut failing: Option<&'static str> = None;
        let mut pause = self.pause;
        loop {
            let done = tokio::select! {
                () = shutdown.cancelled() => return,
                done = round() => done,
            };
            failing = self.tell(failing, done.err().as_ref());
            pause = self.next_pause(pause, failing.is_some());
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn next_pause(&self, last: Duration, failing: bool) -> Duration {
        if failing { (last * 2).min(BACKOFF_MAX.max(self.pause)) } else { self.pause }
    }

    fn tell(&self, before: Option<&'static str>, error: Option<&Error>) -> Option<&'static str> {
        let now = error.map(Error::code);
        match (before, error) {
            (before, Some(error)) if before != now => {
                tracing::error!(keeper = self.name, code = error.code(), cause = %error, "keeper fails, goes on trying");
            }
            (Some(code), None) => tracing::info!(keeper = self.name, code, "keeper works again"),
            _ => {}
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_while_it_fails_and_fall_back_after() {
        let beat = Beat { name: "test", pause: Duration::from_secs(1) };
        let mut pause = beat.pause;
        let mut seconds = Vec::new();
        for failing in [true, true, true, true, false, false] {
            pause = beat.next_pause(pause, failing);
            seconds.push(pause.as_secs());
        }
        assert_eq!(seconds, [2, 4, 8, 10, 1, 1]);
    }

    #[test]
    fn a_failure_is_remembered_by_its_code() {
        let beat = Beat { name: "test", pause: Duration::from_secs(1) };
        let failing = beat.tell(None, Some(&Error::RedisFull));
        assert_eq!(failing, Some("redis_full"));
        assert_eq!(beat.tell(failing, None), None);
    }
}
