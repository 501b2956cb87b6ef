//! The pictures of an order as pixels, one at a time.

use gradphoto_shared::layout::{FaultCode, LayoutFault};
use image::RgbImage;

use super::Subject;
use crate::stage::decode::{DecodeLimits, Source};

/// Decodes pictures as they are drawn and keeps the last one: copies of a subject follow each other.
pub(super) struct Prints<'a, B> {
    subjects: &'a [Subject<B>],
    limits: &'a DecodeLimits,
    last: Option<(usize, RgbImage)>,
}

impl<'a, B: AsRef<[u8]>> Prints<'a, B> {
    pub(super) fn new(subjects: &'a [Subject<B>], limits: &'a DecodeLimits) -> Self {
        Self { subjects, limits, last: None }
    }

    /// The picture of subject `at`, decoded at the smallest scale that fills `width` x `height` pixels.
    pub(super) fn picture(&mut self, at: usize, (width, height): (u32, u32)) -> Result<&RgbImage, LayoutFault> {
        let picture = match self.last.take() {
            // Prints of one order differ by the rounding of their edges only: never by a whole scale.
            Some((known, picture)) if known == at => picture,
            _ => {
                let source = Source::open(self.subjects[at].file.as_ref(), self.limits);
                let pixels = source.and_then(|source| {
                    let (has_width, has_height) = source.size();
                    let scale = (width as f32 / has_width as f32).max(height as f32 / has_height as f32);
                    source.pixels(scale.min(1.0))
                });
                pixels.map_err(|_| FaultCode::PictureUnfit.of(at))?
            }
        };
        Ok(&self.last.insert((at, picture)).1)
    }
}
