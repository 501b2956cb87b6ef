//! A cluster of three primaries with a replica each.

use crate::redis_process::{RedisProcess, free_port};

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
        let buses: Vec<u16> = (0..PRIMARIES * 2).map(|_| free_port()).collect();
        let start = |bus: &u16| {
            let bus = bus.to_string();
            RedisProcess::start(move |port, _| node(port, &bus))
        };
        let nodes: Vec<_> = buses.iter().map(start).collect();
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

fn node(port: u16, bus: &str) -> Vec<String> {
    let port = port.to_string();
    let words = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--repl-diskless-sync-delay", "0"];
    let more = ["--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "1000"];
    let last = ["--cluster-require-full-coverage", "no"];
    words.iter().chain(&more).chain(&last).map(|word| (*word).to_owned()).collect()
}
