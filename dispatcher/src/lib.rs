//! The dispatcher: takes photo jobs over HTTP, keeps the queue, hands results back.
//!
//! [`api`] and `keeper` are the two halves of the server that [`serve`] starts; [`client`] is the other
//! end of the wire, for the command line in [`cmd`]. Nothing here knows pixels.

pub mod api;
pub mod client;
pub mod cmd;
pub mod config;
pub mod keys;
pub mod serve;

mod admit;
mod cell;
mod dev;
mod erase;
mod export;
mod keeper;
mod problem;
mod terms;
mod webhook;
