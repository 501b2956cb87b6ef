//! Faces of a session: seen on a photo, kept in a gallery, looked for among others, and told apart by their shots.
//!
//! Pure: no Redis, no clock, no file. [`see`] makes a face of a photo, [`Gallery`] holds those of a session and decides,
//! [`shot`] says whether two photos are the same shot (同版).

mod decide;
mod gallery;
mod limits;
mod nearest;
mod see;
pub mod shot;
mod tail;

pub use decide::{Bounds, Decision};
pub use gallery::{Double, Entry, Gallery, Match};
pub use limits::{FEW, Limits};
pub use see::{Quality, see};
