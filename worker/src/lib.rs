//! The worker: takes photo jobs from the queue and does the pixel work.
//!
//! [`stage`], [`rules`], [`measure`] and [`model`] know neither Redis nor clock; [`pipeline`] is the conveyor through
//! them; the same conveyor runs on files in [`local`].
//!
//! `intake` takes jobs and fetches their photos, `compute` runs the conveyor on plain threads, `settle` is
//! the one way out, and `lease` keeps what lies between them ours. A job in hand is a `ticket`; those with
//! their photo wait in the `inbox`. `standards` knows what judges them, `rivals` what `check` compares them with. `orders` hears of what is cancelled or told to drain, `beat` tells that
//! the worker lives.

mod beat;
mod close;
pub mod cmd;
pub mod code;
mod compute;
mod config;
pub mod evidence;
pub mod face;
mod gallery;
mod inbox;
mod intake;
pub mod layout;
mod lease;
pub mod local;
pub mod measure;
pub mod model;
mod orders;
mod outage;
pub mod pack;
pub mod pipeline;
pub mod preview;
mod report;
mod rivals;
pub mod rules;
mod serve;
mod settle;
pub mod sheet;
pub mod stage;
mod standards;
mod ticket;
