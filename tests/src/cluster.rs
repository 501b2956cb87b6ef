//! A cluster of three primaries with a replica each.

use crate::port::free_port;
use crate::redis_process::RedisProcess;
use crate::tls::Authority;

/// Slots of every cluster.
const SLOTS: u16 = 16384;
/// Primaries; as many replicas follow them.
const PRIMARIES: usize = 3;

/// Six nodes.
pub struct Cluster {
    /// The primaries at first, then their replicas in the same order.
    pub nodes: Vec<RedisProcess>,
}

impl Cluster {
    /// Starts all nodes, joins them, and waits until every one sees the whole cluster well and every
    /// replica follows.
    ///
    /// # Panics
    /// When a program is missing or the nodes do not find each other.
    #[must_use]
    pub fn start() -> Self {
        Self::joined(|bus| {
            let more = node(bus);
            RedisProcess::start(move |port, _| {
                let words = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""].map(str::to_owned);
                words.into_iter().chain(more.clone()).collect::<Vec<_>>()
            })
        })
    }

    /// As [`Cluster::start`], with certificates of `authority` on every connection, between the nodes too.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    #[must_use]
    pub fn start_encrypted(authority: &Authority) -> Self {
        let more = ["--tls-cluster", "yes", "--tls-replication", "yes"];
        Self::joined(|bus| {
            let words = node(bus);
            let words: Vec<_> = words.iter().map(String::as_str).chain(more).collect();
            authority.server_with(&words)
        })
    }

    fn joined(start: impl Fn(u16) -> RedisProcess) -> Self {
        let buses: Vec<u16> = (0..PRIMARIES * 2).map(|_| free_port()).collect();
        let nodes: Vec<_> = buses.iter().map(|bus| start(*bus)).collect();
        let ids: Vec<_> = nodes.iter().map(|node| node.cli(&["CLUSTER", "MYID"])).collect();
        for (index, node) in nodes.iter().enumerate() {
            assert_eq!(node.cli(&["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]), "OK");
            let (port, bus) = (nodes[0].port().to_string(), buses[0].to_string());
            assert_eq!(node.cli(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]), "OK");
        }
        for (index, node) in nodes.iter().take(PRIMARIES).enumerate() {
            let first = |index: usize| index * usize::from(SLOTS) / PRIMARIES;
            let range = [first(index).to_string(), (first(index + 1) - 1).to_string()];
            assert_eq!(node.cli(&["CLUSTER", "ADDSLOTSRANGE", &range[0], &range[1]]), "OK");
        }
        for (replica, above) in nodes.iter().skip(PRIMARIES).zip(&ids) {
            replica.wait_for(&["CLUSTER", "NODES"], above);
            replica.wait_for(&["CLUSTER", "REPLICATE", above], "OK");
        }
        for (index, node) in nodes.iter().enumerate() {
            node.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok");
            node.wait_for(&["CLUSTER", "INFO"], "cluster_known_nodes:6");
            let role = if index < PRIMARIES { "connected_slaves:1" } else { "master_link_status:up" };
            node.wait_for(&["INFO", "replication"], role);
        }
        Self { nodes }
    }

    /// The address for `--redis`, naming two nodes of six.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis-cluster://{},{}", self.nodes[1].place(), self.nodes[4].place())
    }
}

/// What makes a server a node whose bus is `bus`.
fn node(bus: u16) -> Vec<String> {
    let bus = bus.to_string();
    let words = ["--cluster-enabled", "yes", "--cluster-port", &bus, "--cluster-node-timeout", "1000"];
    let more = ["--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"];
    words.iter().chain(&more).map(|word| (*word).to_owned()).collect()
}
