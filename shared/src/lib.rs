//! Words, wire format and doors that dispatcher and worker share.
//!
//! Redis is spoken only in [`store`], photo bytes pass only through [`blob`], the environment is read
//! only by [`config`], and a metric's name stands only in [`metrics`]. Nothing here knows HTTP routes
//! or ONNX.

pub mod blob;
pub mod card;
pub mod check;
pub mod code;
pub mod config;
pub mod error;
pub mod face;
pub mod id_tail;
pub mod job;
pub mod lane;
pub mod layout;
pub mod listen;
pub mod metrics;
pub mod name;
pub mod outcome;
pub mod schema;
pub mod seal;
pub mod search;
mod sentences;
pub mod session;
pub mod shutdown;
pub mod spec;
pub mod store;
pub mod telemetry;
pub mod wire;

pub use error::{Class, Error, Result};
