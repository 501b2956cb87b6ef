//! The worker: takes photo jobs from the queue and does the pixel work.
//!
//! [`stage`] and [`model`] know neither Redis nor clock; [`pipeline`] is the conveyor through them; the
//! same conveyor runs on files in [`local`].

pub mod cmd;
pub mod local;
pub mod model;
pub mod pack;
pub mod pipeline;
pub mod sheet;
pub mod stage;
