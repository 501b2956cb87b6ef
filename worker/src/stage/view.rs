//! The photo's pixels at some scale, addressed in pixels of the upright original.

use std::cell::OnceCell;

use fast_image_resize::FilterType;
use gradphoto_shared::outcome::ReasonCode;
use image::RgbImage;

use super::decode::Source;
use super::resample::{self, Cut, Outside};
use crate::model::Area;

/// Long side in pixels at which faces are looked for. The detectors take 640 and 192; twice the larger
/// leaves enough for the landmarks of a face that fills a fifth of the picture.
const WORKING_SIDE: f32 = 1280.0;

/// Pixels that must go into one of a glance, along each side, for which the view is halved before: halving then adds a
/// ninth to the blur of shrinking.
const SPARE: f32 = 1.5;

/// A decoded photo.
#[derive(Debug)]
pub struct View {
    /// Upright sRGB pixels.
    pub pixels: RgbImage,
    /// Pixels of this view per pixel of the upright original, at most 1.
    pub scale: f32,
    /// Width and height of the upright original.
    pub size: (u32, u32),
    /// The pixels halved once and twice, once somebody glances from far enough.
    halved: OnceCell<[RgbImage; 2]>,
}

impl View {
    /// A photo of `size` whose pixels are these, at `scale`.
    #[must_use]
    pub fn of(pixels: RgbImage, scale: f32, size: (u32, u32)) -> Self {
        Self { pixels, scale, size, halved: OnceCell::new() }
    }

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
        Ok(Self::of(pixels, scale, size))
    }

    /// Cuts `area`, given in pixels of the original, and scales it.
    pub(crate) fn cut(&self, area: Area, size: (u32, u32), filter: FilterType, outside: Outside) -> Cut {
        resample::cut(&self.pixels, area.scaled(self.scale), size, filter, outside)
    }

    /// As [`Self::cut`], for networks: many look at the same photo, most from afar, so where enough pixels go into one
    /// they are taken from a view that was halved once for all.
    pub(crate) fn glance(&self, area: Area, size: (u32, u32), outside: Outside) -> Cut {
        let area = area.scaled(self.scale);
        let into_one = (area.width / size.0 as f32).min(area.height / size.1 as f32);
        let (pixels, share) = match into_one / SPARE {
            share if share < 2.0 => (&self.pixels, 1.0),
            share if share < 4.0 => (&self.halved()[0], 0.5),
            _ => (&self.halved()[1], 0.25),
        };
        resample::cut(pixels, area.scaled(share), size, FilterType::Bilinear, outside)
    }

    /// The pixels halved as often as it takes for no side to be longer than `longest`, twice at most.
    pub(crate) fn reduced(&self, longest: u32) -> &RgbImage {
        let is_longer = |picture: &RgbImage| picture.width().max(picture.height()) > longest;
        match &self.pixels {
            pixels if is_longer(pixels) => {
                let [once, twice] = self.halved();
                if is_longer(once) { twice } else { once }
            }
            pixels => pixels,
        }
    }

    fn halved(&self) -> &[RgbImage; 2] {
        self.halved.get_or_init(|| {
            let once = halved(&self.pixels);
            let twice = halved(&once);
            [once, twice]
        })
    }
}

/// The means over squares of two pixels; an odd last row or column is left out.
fn halved(picture: &RgbImage) -> RgbImage {
    let (width, height) = (picture.width() / 2, picture.height() / 2);
    let (from, to) = (3 * picture.width() as usize, 3 * width as usize);
    let mut levels = vec![0; to * height as usize];
    let mut sums = vec![0_u16; from];
    for (rows, means) in picture.as_raw().chunks_exact(2 * from.max(1)).zip(levels.chunks_exact_mut(to.max(1))) {
        let (upper, lower) = rows.split_at(from);
        let pairs = upper.iter().zip(lower).map(|(&one, &other)| u16::from(one) + u16::from(other) + 1);
        sums.iter_mut().zip(pairs).for_each(|(sum, pair)| *sum = pair);
        for (mean, sums) in means.as_chunks_mut::<3>().0.iter_mut().zip(sums.as_chunks::<6>().0) {
            *mean = std::array::from_fn(|channel| ((sums[channel] + sums[channel + 3]) / 4) as u8);
        }
    }
    RgbImage::from_raw(width, height, levels).expect("the levels are those of the picture")
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn a_glance_shows_what_a_cut_shows() {
        // Smooth, so that shrinking in two steps may not show; odd sides, so that halving loses a row and a column.
        let pixels = RgbImage::from_fn(1203, 1601, |x, y| Rgb([(x / 5) as u8, (y / 7) as u8, ((x + y) / 12) as u8]));
        let view = View::of(pixels, 0.5, (2406, 3202));
        for (side, outside) in [(400, Outside::Black), (160, Outside::Edge), (48, Outside::Black)] {
            let area = Area { left: -200.0, top: 300.0, width: 2000.0, height: 1800.0 };
            let (cut, glance) =
                (view.cut(area, (side, side), FilterType::Bilinear, outside), view.glance(area, (side, side), outside));
            let apart = cut.picture.iter().zip(glance.picture.iter()).map(|(one, other)| one.abs_diff(*other));
            assert!(apart.max() <= Some(2), "{side}");
            assert_eq!((cut.columns, cut.rows), (glance.columns, glance.rows), "{side}");
        }
    }

    #[test]
    fn a_view_is_reduced_no_more_than_it_takes_and_twice_at_most() {
        for (size, expected) in [((960, 720), (960, 720)), ((1350, 1200), (675, 600)), ((30, 5000), (7, 1250))] {
            let view = View::of(RgbImage::new(size.0, size.1), 1.0, size);
            assert_eq!(view.reduced(960).dimensions(), expected);
        }
    }

    #[test]
    fn small_pictures_are_halved_to_what_is_left() {
        for (size, expected) in [((5, 3), (2, 1)), ((1, 1), (0, 0)), ((4, 1), (2, 0))] {
            assert_eq!(halved(&RgbImage::new(size.0, size.1)).dimensions(), expected);
        }
        let picture = RgbImage::from_raw(2, 2, [0, 10, 255, 1, 10, 255, 2, 10, 255, 3, 11, 254].to_vec()).unwrap();
        assert_eq!(halved(&picture).as_raw(), &[2, 10, 255]);
    }
}
