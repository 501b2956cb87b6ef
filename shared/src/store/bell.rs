//! The bell: a subscribed connection for each of two channels, so that waiting costs no polling.
//!
//! The channel of work carries `SHARD:LANE:TENANT:SESSION` when a session holds jobs again, `look` when
//! anybody may, and orders to workers; the channel of settled jobs carries the shard.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use redis::aio::PubSub;
use tokio::sync::{broadcast, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::board::Board;
use super::keys::Keys;
use super::line::Line;
use super::order::{Order, Orders};
use super::record::lane_of;
use crate::lane::{Shard, Shards};

/// What the channel of work carries when something that was paused goes on.
pub(super) const LOOK: &str = "look";
/// Orders that a slow listener may fall behind before it loses some: a whole session cancelled at once.
const ORDERS_KEPT: usize = 4_096;
/// Longest silence before the connection is asked whether it still lives.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// Pause before subscribing again; everybody looks again by himself meanwhile.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);
/// Longest wait for Redis to take the subscription or answer a ping.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

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
    orders: broadcast::Sender<Order>,
    board: Arc<Mutex<Board>>,
    hears_of_work: AtomicBool,
}

impl Ropes {
    fn new(shards: Shards, board: Arc<Mutex<Board>>) -> Self {
        let rope = || watch::Sender::new(());
        Self {
            waiting: rope(),
            settled: rope(),
            settled_in: shards.all().map(|_| rope()).collect(),
            orders: broadcast::Sender::new(ORDERS_KEPT),
            board,
            hears_of_work: AtomicBool::new(false),
        }
    }

    /// Of work: a session that holds jobs again, or an order.
    fn pull_work(&self, payload: &str) {
        if let Some(order) = Order::parse(payload) {
            // Nobody listens in a process that is no worker.
            let _ = self.orders.send(order);
            return;
        }
        if payload == LOOK {
            self.board().distrust();
            self.waiting.send_replace(());
            return;
        }
        let mut words = payload.splitn(3, ':');
        let mut word = || words.next().unwrap_or_default();
        let (shard, lane, member) = (word().parse(), word().parse(), word());
        if let (Ok(shard), Ok(lane)) = (shard, lane)
            && let Ok(lane) = lane_of(lane)
        {
            self.board().heard(lane, (Shard(shard), member.to_owned()));
            self.waiting.send_replace(());
        }
    }

    /// Of settled jobs: their shard.
    fn pull_done(&self, payload: &str) {
        if let Some(rope) = payload.parse::<usize>().ok().and_then(|index| self.settled_in.get(index)) {
            rope.send_replace(());
            self.settled.send_replace(());
        }
    }

    /// Whatever was rung while nobody listened.
    fn connected(&self, channel: Channel) {
        match channel {
            Channel::Work => {
                self.board().distrust();
                self.hears_of_work.store(true, Ordering::Relaxed);
                self.waiting.send_replace(());
            }
            Channel::Done => {
                self.settled.send_replace(());
                for rope in &self.settled_in {
                    rope.send_replace(());
                }
            }
        }
    }

    fn lost(&self, channel: Channel) {
        if channel == Channel::Work {
            self.hears_of_work.store(false, Ordering::Relaxed);
        }
    }

    fn board(&self) -> std::sync::MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Work,
    Done,
}

/// The place where the connections listen and all bells hang. Listens to a channel from the first bell that
/// needs it on, until dropped.
pub(super) struct BellTower {
    line: Arc<Line>,
    work: String,
    done: String,
    ropes: Arc<Ropes>,
    hears_work: OnceLock<DropGuard>,
    hears_done: OnceLock<DropGuard>,
}

impl BellTower {
    /// A tower that does not listen yet; what it hears of work it writes on `board`.
    pub(super) fn new(line: Arc<Line>, keys: &Keys, shards: Shards, board: Arc<Mutex<Board>>) -> Self {
        Self {
            line,
            work: keys.work_bell(),
            done: keys.done_bell(),
            ropes: Arc::new(Ropes::new(shards, board)),
            hears_work: OnceLock::new(),
            hears_done: OnceLock::new(),
        }
    }

    /// A bell for new and settled jobs.
    pub(super) fn any(&self) -> Bell {
        self.listen(Channel::Work);
        self.listen(Channel::Done);
        Bell { waiting: Some(self.ropes.waiting.subscribe()), settled: Some(self.ropes.settled.subscribe()) }
    }

    /// A bell for jobs that wait.
    pub(super) fn waiting(&self) -> Bell {
        self.listen(Channel::Work);
        Bell { waiting: Some(self.ropes.waiting.subscribe()), settled: None }
    }

    /// A bell for settled jobs of all shards.
    pub(super) fn settled(&self) -> Bell {
        self.listen(Channel::Done);
        Bell { waiting: None, settled: Some(self.ropes.settled.subscribe()) }
    }

    /// A bell for settled jobs of one shard.
    pub(super) fn settled_in(&self, shard: Shard) -> Bell {
        self.listen(Channel::Done);
        let rope = self.ropes.settled_in.get(usize::from(shard.0));
        Bell { waiting: None, settled: rope.map(watch::Sender::subscribe) }
    }

    /// Orders to workers.
    pub(super) fn orders(&self) -> Orders {
        self.listen(Channel::Work);
        Orders(self.ropes.orders.subscribe())
    }

    /// Whether news of work come by themselves at present.
    pub(super) fn hears_of_work(&self) -> bool {
        self.ropes.hears_of_work.load(Ordering::Relaxed)
    }

    fn listen(&self, channel: Channel) {
        let (guard, name) = match channel {
            Channel::Work => (&self.hears_work, &self.work),
            Channel::Done => (&self.hears_done, &self.done),
        };
        guard.get_or_init(|| {
            let stop = CancellationToken::new();
            let listener = listen(Arc::clone(&self.line), name.clone(), channel, Arc::clone(&self.ropes));
            tokio::spawn(stop.clone().run_until_cancelled_owned(listener));
            stop.drop_guard()
        });
    }
}

/// Listens for ever; a connection that ends or keeps silent to a ping is replaced.
async fn listen(line: Arc<Line>, name: String, channel: Channel, ropes: Arc<Ropes>) {
    loop {
        if let Ok(Ok(mut subscription)) = timeout(ANSWER_TIMEOUT, line.listen(std::slice::from_ref(&name))).await {
            ropes.connected(channel);
            hear(&mut subscription, channel, &ropes).await;
            ropes.lost(channel);
        }
        tracing::debug!("bell is not connected");
        sleep(RECONNECT_PAUSE).await;
    }
}

async fn hear(subscription: &mut PubSub, channel: Channel, ropes: &Ropes) {
    loop {
        let next = timeout(SILENCE_MAX, subscription.on_message().next()).await;
        match next {
            Ok(Some(message)) => {
                let payload = std::str::from_utf8(message.get_payload_bytes()).unwrap_or_default();
                match channel {
                    Channel::Work => ropes.pull_work(payload),
                    Channel::Done => ropes.pull_done(payload),
                }
            }
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
    use crate::job::JobId;
    use crate::store::WorkerName;

    fn tower() -> BellTower {
        let config = RedisConfig {
            url: "redis+unix:///nowhere".into(),
            prefix: "gp".into(),
            shards: Shards::DEFAULT,
            timeout: Duration::from_secs(1),
            access: RedisAccess::default(),
        };
        BellTower::new(Arc::new(Line::new(&config).unwrap()), &Keys::new("gp"), Shards::DEFAULT, Arc::default())
    }

    fn rings(bell: &mut Bell) -> bool {
        bell.rung(Duration::from_secs(60)).now_or_never().is_some()
    }

    #[tokio::test]
    async fn a_bell_hears_its_own_rings_only_and_each_once() {
        let tower = tower();
        let mut bells = [tower.any(), tower.waiting(), tower.settled_in(Shard(3)), tower.settled_in(Shard(4))];
        let cases: [(Channel, &str, [bool; 4]); 6] = [
            (Channel::Work, "3:1:t:s", [true, true, false, false]),
            (Channel::Work, LOOK, [true, true, false, false]),
            (Channel::Work, "drain w-1", [false, false, false, false]),
            (Channel::Work, "rubbish", [false, false, false, false]),
            (Channel::Done, "3", [true, false, true, false]),
            (Channel::Done, "rubbish", [false, false, false, false]),
        ];
        for (channel, payload, expected) in cases {
            for _ in 0..2 {
                match channel {
                    Channel::Work => tower.ropes.pull_work(payload),
                    Channel::Done => tower.ropes.pull_done(payload),
                }
            }
            for (bell, expected) in bells.iter_mut().zip(expected) {
                assert_eq!(rings(bell), expected, "{payload}");
                assert!(!rings(bell), "{payload} rang twice");
            }
        }
        assert!(!tower.ropes.board().is_empty(), "the board was told");
    }

    #[tokio::test]
    async fn orders_are_heard_as_they_were_given() {
        let tower = tower();
        let mut orders = tower.orders();
        for order in [Order::Cancel(JobId::new(Shard(3))), Order::Drain(WorkerName::unique())] {
            tower.ropes.pull_work(&order.to_string());
            assert_eq!(orders.next().await, order);
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
