//! The colours of the final frame as numbers.

use image::RgbImage;

use super::plane::Field;

/// Red, green and blue, 0 to 1.
pub(crate) type Colour = [f32; 3];

/// Pixels along a side of one at half resolution, and at a quarter of it.
pub(super) const HALF: usize = 2;
pub(super) const QUARTER: usize = 4;

/// The colours of a picture, and the same at half and a quarter of its resolution: what changes little from pixel to
/// pixel is reckoned there, at a quarter and a sixteenth of the cost.
#[derive(Clone, Debug)]
pub(crate) struct Colours {
    pub(crate) fine: Field<Colour>,
    pub(crate) half: Field<Colour>,
    pub(super) quarter: Field<Colour>,
}

impl Colours {
    pub(crate) fn of(picture: &RgbImage) -> Self {
        let levels = picture.as_raw().as_chunks::<3>().0.iter();
        let values = levels.map(|pixel| pixel.map(|level| f32::from(level) / 255.0)).collect();
        Self::from_fine(Field { width: picture.width() as usize, height: picture.height() as usize, values })
    }

    pub(super) fn from_fine(fine: Field<Colour>) -> Self {
        let half = fine.shrunk(HALF);
        let quarter = half.shrunk(QUARTER / HALF);
        Self { fine, half, quarter }
    }
}

/// The way from one colour to another: how much more there is of red, green and blue.
pub(crate) fn way(from: Colour, to: Colour) -> Colour {
    std::array::from_fn(|channel| to[channel] - from[channel])
}

/// How far two colours lie apart.
pub(crate) fn distance(one: Colour, other: Colour) -> f32 {
    (0..3).map(|channel| (one[channel] - other[channel]).powi(2)).sum::<f32>().sqrt()
}

/// A colour of which there is so much, with how much there is: sums of both give the mean colour.
pub(super) fn weighed([red, green, blue]: Colour, weight: f32) -> [f32; 4] {
    [red * weight, green * weight, blue * weight, weight]
}
