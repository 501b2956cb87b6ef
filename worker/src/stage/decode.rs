//! Bytes to upright sRGB pixels, within limits checked before decoding.

use gradphoto_shared::outcome::ReasonCode;
use image::RgbImage;

/// What a photo may cost.
#[derive(Clone, Copy, Debug)]
pub struct DecodeLimits {
    /// Most bytes of a file.
    pub max_bytes: u64,
    /// Most pixels of a picture.
    pub max_pixels: u64,
}

/// A photo whose header was read and found lawful; pixels are decoded on demand.
#[derive(Debug)]
pub struct Source<'a> {
    bytes: &'a [u8],
}

impl<'a> Source<'a> {
    /// Reads the header. The format is sniffed, names and types are not trusted.
    ///
    /// # Errors
    /// The reason for which the photo is refused.
    pub fn open(bytes: &'a [u8], _limits: &DecodeLimits) -> Result<Self, ReasonCode> {
        let _ = Self { bytes }.bytes;
        unimplemented!()
    }

    /// Width and height in pixels once upright (EXIF orientation applied).
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        unimplemented!()
    }

    /// Upright sRGB pixels at the smallest scale the decoder offers that is at least `scale` (0 to 1);
    /// transparent pixels on white.
    ///
    /// # Errors
    /// The reason for which the photo is refused.
    pub fn pixels(&self, _scale: f32) -> Result<RgbImage, ReasonCode> {
        unimplemented!()
    }
}
