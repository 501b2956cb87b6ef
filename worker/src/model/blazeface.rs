//! The detector `blazeface-full-192`.
use gradphoto_shared::Result;
use image::RgbImage;

use super::runtime::Net;
use super::{Face, Runtime};
use crate::pack::ModelFile;

/// BlazeFace, full range.
#[derive(Debug)]
pub struct BlazeFace {
    #[expect(dead_code)]
    net: Net,
}

impl BlazeFace {
    /// Side of its input in pixels.
    pub(super) const SIDE: u32 = 192;

    pub(super) fn load(runtime: &Runtime, file: &ModelFile) -> Result<Self> {
        let side = i64::from(Self::SIDE);
        Ok(Self { net: Net::load(runtime, file, "detect", &[1, side, side, 3])? })
    }

    pub(super) fn find(&mut self, _square: &RgbImage) -> Result<Vec<Face>> {
        Ok(Vec::new())
    }
}
