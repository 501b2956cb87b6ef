//! Stages: plain functions, each takes what the last one made.

pub mod decode;
pub mod encode;
