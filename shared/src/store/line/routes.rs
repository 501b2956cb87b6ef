//! Which server serves which slot, as last learned, and learning it anew when an answer raises doubts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, RedisResult};

use super::address::{Address, Topology};
use super::learn::{self, Range};
use super::node::Node;
use super::slot::SLOTS;

/// Shortest time between two lookups: callers that fail together ask once.
const LEARN_PAUSE: Duration = Duration::from_millis(50);

/// What is known of the servers.
pub(super) struct Known {
    /// First slot, last slot and place in `nodes`, for each range.
    ranges: Vec<(u16, u16, usize)>,
    /// The primaries.
    nodes: Vec<Arc<Node>>,
    /// When the primaries became others, since this process knows them.
    changed: Option<Instant>,
    doubted: AtomicBool,
}

impl Known {
    /// The server of a slot, or any; `turn` chooses among all.
    pub(super) fn serving(&self, slot: Option<u16>, turn: usize) -> RedisResult<&Arc<Node>> {
        let node = match slot {
            Some(slot) => {
                self.ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&slot)).map(|range| range.2)
            }
            None => turn.checked_rem(self.nodes.len()),
        };
        node.and_then(|node| self.nodes.get(node))
            .ok_or_else(|| (ErrorKind::Io, "no server of the cluster serves the key's slot").into())
    }

    fn primaries(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// A slot of each primary.
    pub(super) fn one_slot_each(&self) -> Vec<u16> {
        let slot = |index| self.ranges.iter().find(|(.., node)| *node == index).map(|(first, ..)| *first);
        (0..self.nodes.len()).filter_map(slot).collect()
    }

    /// How long the primaries are the same, as far as this process knows; [`Duration::MAX`] where it never
    /// saw others.
    pub(super) fn steady(&self) -> Duration {
        self.changed.map_or(Duration::MAX, |changed| changed.elapsed())
    }

    fn of_one(node: Arc<Node>) -> Self {
        Self { ranges: vec![(0, SLOTS - 1, 0)], nodes: vec![node], changed: None, doubted: AtomicBool::new(false) }
    }

    fn layout(&self) -> Vec<(u16, u16, String)> {
        self.ranges.iter().map(|(first, last, node)| (*first, *last, self.nodes[*node].place())).collect()
    }
}

/// The map of servers.
pub(super) struct Routes {
    address: Address,
    timeout: Duration,
    /// The server, the sentinels, or some nodes of the cluster.
    seeds: Vec<Arc<Node>>,
    known: Mutex<Option<Arc<Known>>>,
    /// When the last lookup ended, and how; held while one runs.
    learning: tokio::sync::Mutex<Option<(Instant, RedisResult<()>)>>,
}

impl Routes {
    /// A map that knows the seeds only.
    ///
    /// # Errors
    /// When an address cannot be used.
    pub(super) fn new(address: Address, timeout: Duration) -> RedisResult<Self> {
        let seeds: Vec<_> = address
            .seeds
            .iter()
            .map(|seed| Node::new(seed.clone(), timeout).map(Arc::new))
            .collect::<RedisResult<_>>()?;
        let is_single = address.topology == Topology::Single;
        let known = seeds.first().filter(|_| is_single).map(|node| Arc::new(Known::of_one(Arc::clone(node))));
        Ok(Self { address, timeout, seeds, known: Mutex::new(known), learning: tokio::sync::Mutex::default() })
    }

    /// Whether slots lie on several servers.
    pub(super) fn is_cluster(&self) -> bool {
        self.address.topology == Topology::Cluster
    }

    /// The map; a doubted one is learned anew first. Where nobody knows better, the old one must do.
    ///
    /// # Errors
    /// When nothing was ever learned.
    pub(super) async fn current(&self) -> RedisResult<Arc<Known>> {
        let began = Instant::now();
        let known = self.known();
        if let Some(known) = known.filter(|known| !known.doubted.load(Ordering::Relaxed)) {
            return Ok(known);
        }
        let mut last = self.learning.lock().await;
        // Somebody else looked while this caller waited, or just before.
        let is_fresh = last.as_ref().is_some_and(|(ended, _)| *ended + LEARN_PAUSE > began);
        if !is_fresh {
            let learned = self.learn().await;
            if let Err(cause) = &learned {
                tracing::debug!(%cause, "redis servers are not known");
            }
            *last = Some((Instant::now(), learned));
        }
        let outcome = last.as_ref().map_or(Ok(()), |(_, learned)| learned.clone());
        drop(last);
        self.known().ok_or_else(|| outcome.err().unwrap_or_else(unknown))
    }

    /// Marks the map as old: a server did not answer, or answered that another one serves.
    pub(super) fn doubt(&self, known: &Known) {
        if self.address.topology != Topology::Single {
            known.doubted.store(true, Ordering::Relaxed);
        }
    }

    async fn learn(&self) -> RedisResult<()> {
        let old = self.known();
        let ranges = match &self.address.topology {
            Topology::Single => return Ok(()),
            Topology::Sentinel { primary } => {
                let (host, port) = learn::primary(&self.seeds, primary).await?;
                vec![Range { first: 0, last: SLOTS - 1, host, port }]
            }
            Topology::Cluster => {
                let known = old.as_deref().map(Known::primaries).unwrap_or_default();
                learn::ranges(known.iter().chain(&self.seeds)).await?
            }
        };
        let mut new = self.known_of(ranges, old.as_deref())?;
        if let Some(old) = &old {
            let is_same = old.layout() == new.layout();
            new.changed = if is_same { old.changed } else { Some(Instant::now()) };
            if !is_same {
                let primaries: Vec<_> = new.nodes.iter().map(|node| node.place()).collect();
                tracing::info!(?primaries, "redis is served by others now");
            }
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(new));
        Ok(())
    }

    /// A map of these ranges, with the connections that exist already.
    fn known_of(&self, ranges: Vec<Range>, old: Option<&Known>) -> RedisResult<Known> {
        let mut new = Known { ranges: Vec::new(), nodes: Vec::new(), changed: None, doubted: AtomicBool::new(false) };
        let had = old.map(Known::primaries).unwrap_or_default();
        let had: Vec<_> =
            if self.is_cluster() { had.iter().chain(&self.seeds).collect() } else { had.iter().collect() };
        for range in ranges {
            let info = self.address.at(&range.host, range.port);
            let place = info.addr().to_string();
            let found = new.nodes.iter().position(|node| node.place() == place);
            let index = found.unwrap_or(new.nodes.len());
            if found.is_none() {
                let node = had.iter().find(|node| node.place() == place).map(|node| Arc::clone(node));
                new.nodes.push(node.map_or_else(|| Node::new(info, self.timeout).map(Arc::new), Ok)?);
            }
            new.ranges.push((range.first, range.last, index));
        }
        Ok(new)
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn unknown() -> RedisError {
    (ErrorKind::Io, "no server is known").into()
}
