//! What the tests share: a private Redis, fleets of processes, photos.

pub mod fleet;
pub mod photos;
pub mod process;
pub mod redis;
pub mod s3;
pub mod server;
pub mod system;
