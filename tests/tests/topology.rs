//! Redis as people run it: behind sentinels, as a cluster, encrypted, with users of least rights. Whatever
//! dies, work goes on by itself and every job whose submit was answered is settled.

#[path = "topology/cluster.rs"]
mod cluster;
#[path = "topology/ledger.rs"]
mod ledger;
#[path = "topology/reshard.rs"]
mod reshard;
#[path = "topology/rights.rs"]
mod rights;
#[path = "topology/sentinel.rs"]
mod sentinel;
#[path = "topology/tls.rs"]
mod tls;
