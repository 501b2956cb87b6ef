//! Models: the only place that speaks ONNX. One file per role or contract turns pixels into tensors and
//! back; all of them take a square picture of their own side and answer in its pixels.

mod blazeface;
mod body;
mod crop;
mod detect;
mod device;
pub(crate) mod embed;
mod engine;
mod expression;
mod glasses;
mod hair;
mod head_pose;
mod iris;
mod landmark;
mod live;
mod matte;
mod on_demand;
mod parse;
mod point;
mod runtime;
mod tensor;
mod yunet;

pub use body::{Body, BodyReader, Joint};
pub use detect::{Detector, Face};
pub use device::Device;
pub use embed::Embedder;
pub use engine::Engine;
pub use expression::{Expression, ExpressionReader, Movement};
pub use glasses::GlassesJudge;
pub use hair::HairFinder;
pub use head_pose::{HeadPose, PoseReader};
pub use iris::{IrisFinder, IrisPoints};
pub use landmark::{Landmarker, Mesh};
pub use live::LiveJudge;
pub use matte::Matter;
pub use on_demand::OnDemand;
pub use parse::{Parser, Parts};
pub use point::{Area, Point};
pub use runtime::{Bare, Runtime};
