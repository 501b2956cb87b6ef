//! The person on the flat background.

use image::{Rgb, RgbImage};

use super::foreground::Layers;
use super::matte::Matted;

/// Lays the person on `background`. Where alpha is 0 the pixel is exactly the background, where it is 1
/// exactly the photo's.
#[must_use]
pub fn compose(matted: &Matted, background: [u8; 3]) -> RgbImage {
    let Matted { picture, colours, alpha, .. } = matted;
    let layers = Layers::estimate(colours, alpha);
    let mut picture = picture.clone();
    for (row, pixels) in picture.rows_mut().enumerate() {
        let shares = alpha.row(row).iter().zip(colours.fine.row(row));
        for (column, (pixel, (&alpha, &colour))) in pixels.zip(shares).enumerate() {
            if alpha <= 0.0 {
                *pixel = Rgb(background);
            } else if alpha < 1.0 {
                *pixel = blend(layers.front((column, row), colour, alpha), alpha, background);
            }
        }
    }
    picture
}

fn blend(front: [f32; 3], alpha: f32, background: [u8; 3]) -> Rgb<u8> {
    Rgb(std::array::from_fn(|channel| {
        (front[channel] * 255.0 * alpha + f32::from(background[channel]) * (1.0 - alpha) + 0.5) as u8
    }))
}
