//! What the tests share: a private Redis, fleets of processes, photos.

pub mod cluster;
pub mod fleet;
pub mod photos;
pub mod process;
pub mod redis;
pub mod redis_process;
pub mod s3;
pub mod sentinel;
pub mod server;
pub mod system;
pub mod tls;
