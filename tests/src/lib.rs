//! What the tests share: a private Redis, fleets of processes, photos, faults and the ledger that they are
//! checked against.

pub mod clock;
pub mod cluster;
pub mod desk;
pub mod fleet;
pub mod idle;
pub mod ledger;
pub mod member;
pub mod photos;
pub mod port;
pub mod process;
pub mod redis;
pub mod redis_process;
pub mod rig;
pub mod row;
pub mod s3;
pub mod sentinel;
pub mod server;
pub mod storm;
pub mod system;
pub mod tls;
pub mod wire;
