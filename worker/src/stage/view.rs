//! The photo's pixels at some scale, addressed in pixels of the upright original.

use fast_image_resize::FilterType;
use gradphoto_shared::outcome::ReasonCode;
use image::RgbImage;

use super::decode::Source;
use super::resample::{self, Cut, Outside};
use crate::model::Area;

/// Long side in pixels at which faces are looked for. The detectors take 640 and 192; twice the larger
/// leaves enough for the landmarks of a face that fills a fifth of the picture.
const WORKING_SIDE: f32 = 1280.0;

/// A decoded photo.
#[derive(Debug)]
pub struct View {
    /// Upright sRGB pixels.
    pub pixels: RgbImage,
    /// Pixels of this view per pixel of the upright original, at most 1.
    pub scale: f32,
    /// Width and height of the upright original.
    pub size: (u32, u32),
}

impl View {
    /// Decodes at the scale at which faces are looked for.
    ///
    /// # Errors
    /// The reason for which the photo is refused.
    pub fn working(source: &Source<'_>) -> Result<Self, ReasonCode> {
        let (width, height) = source.size();
        Self::at_scale(source, WORKING_SIDE / width.max(height) as f32)
    }

    /// Decodes again where `scale` asks for more detail than this view has and the file has it.
    ///
    /// # Errors
    /// The reason for which the photo is refused.
    pub fn refine(&mut self, source: &Source<'_>, scale: f32) -> Result<(), ReasonCode> {
        // A twentieth less than asked for is not worth a second decode: nobody sees it.
        if self.scale < scale.min(1.0) * 0.95 {
            *self = Self::at_scale(source, scale)?;
        }
        Ok(())
    }

    fn at_scale(source: &Source<'_>, scale: f32) -> Result<Self, ReasonCode> {
        let pixels = source.pixels(scale.min(1.0))?;
        let size = source.size();
        let scale = (pixels.width() as f32 / size.0 as f32 + pixels.height() as f32 / size.1 as f32) / 2.0;
        Ok(Self { pixels, scale, size })
    }

    /// Cuts `area`, given in pixels of the original, and scales it.
    pub(crate) fn cut(&self, area: Area, size: (u32, u32), filter: FilterType, outside: Outside) -> Cut {
        resample::cut(&self.pixels, area.scaled(self.scale), size, filter, outside)
    }
}
