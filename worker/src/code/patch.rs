//! Grey copies of a picture or of a part of it.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use gradphoto_shared::outcome::ReasonCode;
use image::GrayImage;

use super::corners::Corners;
use crate::model::Area;
use crate::stage::decode::Source;

/// A grey copy, and where it stands in the upright original.
#[derive(Clone)]
pub(super) struct Patch {
    pub(super) pixels: GrayImage,
    /// Left edge in pixels of the original.
    left: f32,
    /// Upper edge in pixels of the original.
    top: f32,
    /// Pixels of the original per pixel of the copy.
    step: f32,
}

impl Patch {
    /// The whole picture, decoded at the largest scale that the decoder offers with no more than about
    /// `most` pixels; at its smallest where even that has more.
    ///
    /// # Errors
    /// The reason for which the picture is refused.
    pub(super) fn whole(source: &Source<'_>, most: f32) -> Result<Self, ReasonCode> {
        let (width, height) = source.size();
        let wanted = (most / (width as f32 * height as f32)).sqrt();
        // The decoder gives the next scale above what it is asked for, so this asks for one it has.
        let offered = [1.0, 0.5, 0.25].into_iter().find(|&scale| scale <= wanted);
        let pixels = source.grey(offered.unwrap_or(0.125))?;
        let step = width as f32 / pixels.width() as f32;
        Ok(Self { pixels, left: 0.0, top: 0.0, step })
    }

    /// A picture of its own.
    #[cfg(test)]
    pub(super) fn of(pixels: GrayImage) -> Self {
        Self { pixels, left: 0.0, top: 0.0, step: 1.0 }
    }

    /// A part, given in pixels of the original, scaled to `scale` pixels per pixel of this copy. What
    /// reaches out of the copy is cut off.
    pub(super) fn part(&self, area: Area, scale: f32) -> Self {
        let size = self.pixels.dimensions();
        let along = |start: f32, length: f32, size: u32| {
            let first = start.clamp(0.0, size as f32 - 1.0).floor();
            let last = (start + length).clamp(first + 1.0, size as f32).ceil();
            (first, last - first)
        };
        let (left, width) = along((area.left - self.left) / self.step, area.width / self.step, size.0);
        let (top, height) = along((area.top - self.top) / self.step, area.height / self.step, size.1);
        let part = Area { left, top, width, height };
        let pixels = scaled(&self.pixels, part, ((width * scale) as u32, (height * scale) as u32));
        let step = self.step * width / pixels.width() as f32;
        Self { pixels, left: self.left + left * self.step, top: self.top + top * self.step, step }
    }

    /// The same at half its size.
    pub(super) fn shrunk(&self) -> Self {
        let (width, height) = self.pixels.dimensions();
        let pixels = scaled(&self.pixels, all(&self.pixels), (width / 2, height / 2));
        Self { step: self.step * width as f32 / pixels.width() as f32, pixels, ..*self }
    }

    /// Another treatment of the same pixels.
    pub(super) fn treated(&self, treat: impl FnOnce(&GrayImage) -> GrayImage) -> Self {
        Self { pixels: treat(&self.pixels), ..*self }
    }

    /// Corners in this copy as corners in the original.
    pub(super) fn placed(&self, corners: Corners) -> Corners {
        corners.map(|(x, y)| (self.left + x * self.step, self.top + y * self.step))
    }

    /// An area of this copy as an area of the original.
    pub(super) fn placed_area(&self, area: Area) -> Area {
        Area {
            left: self.left + area.left * self.step,
            top: self.top + area.top * self.step,
            width: area.width * self.step,
            height: area.height * self.step,
        }
    }

    /// Pixels of the original per pixel of the copy.
    pub(super) fn step(&self) -> f32 {
        self.step
    }
}

/// A part scaled to a size of at least one pixel.
pub(super) fn scaled(pixels: &GrayImage, part: Area, (width, height): (u32, u32)) -> GrayImage {
    let (width, height) = (width.max(1), height.max(1));
    let source = ImageRef::new(pixels.width(), pixels.height(), pixels.as_raw(), PixelType::U8)
        .expect("a picture's buffer has its size");
    let mut out = Image::new(width, height, PixelType::U8);
    let (left, top) = (f64::from(part.left), f64::from(part.top));
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(
        left,
        top,
        f64::from(part.width),
        f64::from(part.height),
    );
    Resizer::new().resize(&source, &mut out, &options).expect("the part lies inside the picture");
    GrayImage::from_raw(width, height, out.into_vec()).expect("the buffer has the picture's size")
}

/// The whole of a picture, for [`scaled`].
pub(super) fn all(pixels: &GrayImage) -> Area {
    Area { left: 0.0, top: 0.0, width: pixels.width() as f32, height: pixels.height() as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp() -> Patch {
        let pixels = GrayImage::from_fn(100, 50, |x, _| image::Luma([2 * x as u8]));
        Patch { pixels, left: 0.0, top: 0.0, step: 2.0 }
    }

    #[test]
    fn a_part_knows_its_place() {
        let part = ramp().part(Area { left: 40.0, top: 20.0, width: 60.0, height: 40.0 }, 2.0);
        assert_eq!(part.pixels.dimensions(), (60, 40));
        let corner = part.placed(Corners([(0.0, 0.0), (60.0, 0.0), (60.0, 40.0), (0.0, 40.0)]));
        assert_eq!(corner.bounds(), Area { left: 40.0, top: 20.0, width: 60.0, height: 40.0 });
        assert!(part.pixels.get_pixel(0, 20)[0].abs_diff(40) <= 1);
    }

    #[test]
    fn what_reaches_out_is_cut_off() {
        for area in [
            Area { left: -50.0, top: -50.0, width: 100.0, height: 100.0 },
            Area { left: 190.0, top: 90.0, width: 100.0, height: 100.0 },
            Area { left: 900.0, top: 900.0, width: 1.0, height: 1.0 },
        ] {
            let part = ramp().part(area, 1.0);
            assert!(part.pixels.width() >= 1 && part.pixels.width() <= 100, "{area:?}");
        }
    }
}
