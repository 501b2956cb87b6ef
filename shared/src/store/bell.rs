//! The bell: one subscribed connection for each process, so that waiting for work costs no polling.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt;
use redis::aio::PubSub;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::line::Line;
use crate::lane::{Shard, Shards};

/// What submit rings.
pub(super) const RING_WAITING: &str = "waiting";
/// Longest silence before the connection is asked whether it still lives.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// Pause before subscribing again; everybody looks again by himself meanwhile.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
/// Longest wait for Redis to take the subscription or answer a ping.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What settling in a shard rings.
pub(super) fn ring_settled(shard: Shard) -> String {
    format!("settled:{}", shard.0)
}

/// Rings when a job was submitted or settled. May miss a ring (a lost connection), never rings for ever:
/// callers look again after their own pause too.
#[derive(Debug)]
pub struct Bell {
    waiting: Option<watch::Receiver<()>>,
    settled: Option<watch::Receiver<()>>,
}

impl Bell {
    /// Waits for the next ring, at most `pause`. Rings since the last call count as one.
    pub async fn rung(&mut self, pause: Duration) {
        let either = async {
            tokio::select! {
                () = changed(&mut self.waiting) => {}
                () = changed(&mut self.settled) => {}
            }
        };
        let _ = timeout(pause, either).await;
    }
}

/// Waits for a change; for ever where there is nothing to hear or nobody left to ring.
async fn changed(receiver: &mut Option<watch::Receiver<()>>) {
    if let Some(receiver) = receiver
        && receiver.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

struct Ropes {
    waiting: watch::Sender<()>,
    settled: watch::Sender<()>,
    settled_in: Vec<watch::Sender<()>>,
}

impl Ropes {
    fn new(shards: Shards) -> Self {
        let rope = || watch::Sender::new(());
        Self { waiting: rope(), settled: rope(), settled_in: shards.all().map(|_| rope()).collect() }
    }

    fn pull(&self, payload: &[u8]) {
        let payload = std::str::from_utf8(payload).unwrap_or_default();
        if payload == RING_WAITING {
            self.waiting.send_replace(());
        } else if let Some(shard) = payload.strip_prefix("settled:") {
            self.settled.send_replace(());
            if let Some(rope) = shard.parse::<usize>().ok().and_then(|index| self.settled_in.get(index)) {
                rope.send_replace(());
            }
        }
    }

    fn pull_all(&self) {
        for rope in [&self.waiting, &self.settled].into_iter().chain(&self.settled_in) {
            rope.send_replace(());
        }
    }
}

/// The place where the one connection listens and all bells hang. Listens from the first bell on, until
/// dropped.
pub(super) struct BellTower {
    line: Arc<Line>,
    channel: String,
    ropes: Arc<Ropes>,
    listening: OnceLock<DropGuard>,
}

impl BellTower {
    /// A tower that does not listen yet.
    pub(super) fn new(line: Arc<Line>, channel: String, shards: Shards) -> Self {
        Self { line, channel, ropes: Arc::new(Ropes::new(shards)), listening: OnceLock::new() }
    }

    /// A bell for new and settled jobs.
    pub(super) fn any(&self) -> Bell {
        self.listen();
        Bell { waiting: Some(self.ropes.waiting.subscribe()), settled: Some(self.ropes.settled.subscribe()) }
    }

    /// A bell for jobs that wait.
    pub(super) fn waiting(&self) -> Bell {
        self.listen();
        Bell { waiting: Some(self.ropes.waiting.subscribe()), settled: None }
    }

    /// A bell for settled jobs of one shard.
    pub(super) fn settled_in(&self, shard: Shard) -> Bell {
        self.listen();
        let rope = self.ropes.settled_in.get(usize::from(shard.0));
        Bell { waiting: None, settled: rope.map(watch::Sender::subscribe) }
    }

    fn listen(&self) {
        self.listening.get_or_init(|| {
            let stop = CancellationToken::new();
            let listener = listen(Arc::clone(&self.line), self.channel.clone(), Arc::clone(&self.ropes));
            tokio::spawn(stop.clone().run_until_cancelled_owned(listener));
            stop.drop_guard()
        });
    }
}

/// Listens for ever; a connection that ends or keeps silent to a ping is replaced.
async fn listen(line: Arc<Line>, channel: String, ropes: Arc<Ropes>) {
    loop {
        if let Ok(Ok(mut subscription)) = timeout(ANSWER_TIMEOUT, line.listen(std::slice::from_ref(&channel))).await {
            // Whatever was rung while nobody listened.
            ropes.pull_all();
            hear(&mut subscription, &ropes).await;
        }
        tracing::debug!("bell is not connected");
        sleep(RECONNECT_PAUSE).await;
    }
}

async fn hear(subscription: &mut PubSub, ropes: &Ropes) {
    loop {
        let next = timeout(SILENCE_MAX, subscription.on_message().next()).await;
        match next {
            Ok(Some(message)) => ropes.pull(message.get_payload_bytes()),
            Ok(None) => return,
            Err(_) => {
                let ping = timeout(ANSWER_TIMEOUT, subscription.ping::<redis::Value>()).await;
                if !matches!(ping, Ok(Ok(_))) {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::config::{RedisAccess, RedisConfig};

    fn tower() -> BellTower {
        let config = RedisConfig {
            url: "redis+unix:///nowhere".into(),
            prefix: "gp".into(),
            shards: Shards::DEFAULT,
            timeout: Duration::from_secs(1),
            access: RedisAccess::default(),
        };
        BellTower::new(Arc::new(Line::new(&config).unwrap()), "gp:bell".into(), Shards::DEFAULT)
    }

    fn rings(bell: &mut Bell) -> bool {
        bell.rung(Duration::from_secs(60)).now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_bell_hears_its_own_rings_only_and_each_once() {
        let tower = tower();
        let mut bells = [tower.any(), tower.waiting(), tower.settled_in(Shard(3)), tower.settled_in(Shard(4))];
        let cases: [(&str, [bool; 4]); 3] = [
            ("waiting", [true, true, false, false]),
            ("settled:3", [true, false, true, false]),
            ("rubbish", [false, false, false, false]),
        ];
        for (payload, expected) in cases {
            tower.ropes.pull(payload.as_bytes());
            tower.ropes.pull(payload.as_bytes());
            for (bell, expected) in bells.iter_mut().zip(expected) {
                assert_eq!(rings(bell), expected, "{payload}");
                assert!(!rings(bell), "{payload} rang twice");
            }
        }
    }

    #[tokio::test]
    async fn a_silent_bell_waits_for_the_pause_only() {
        let mut bell = tower().waiting();
        let (began, pause) = (std::time::Instant::now(), Duration::from_millis(20));
        timeout(Duration::from_secs(20), bell.rung(pause)).await.unwrap();
        assert!(began.elapsed() >= pause);
    }
}
