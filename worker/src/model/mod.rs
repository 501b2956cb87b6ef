//! Models: the only place that speaks ONNX. One file per role or contract turns pixels into tensors and
//! back; all of them take a square picture of their own side and answer in its pixels.

mod blazeface;
mod detect;
mod device;
mod engine;
mod landmark;
mod matte;
mod point;
mod runtime;
mod yunet;

pub use detect::{Detector, Face};
pub use device::Device;
pub use engine::Engine;
pub use landmark::{Landmarker, Mesh};
pub use matte::Matter;
pub use point::{Area, Point};
pub use runtime::Runtime;
