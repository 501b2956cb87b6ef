//! The person on the flat background.

use image::{Rgb, RgbImage};

use super::foreground;
use super::matte::Matted;
use super::refine::Colours;

/// Lays the person on `background`. Where alpha is 0 the pixel is exactly the background, where it is 1
/// exactly the photo's.
#[must_use]
pub fn compose(matted: &Matted, background: [u8; 3]) -> RgbImage {
    let front = foreground::estimate(&matted.colours, &matted.alpha);
    let mut picture = matted.picture.clone();
    for (index, (pixel, &alpha)) in picture.pixels_mut().zip(&matted.alpha.values).enumerate() {
        if alpha <= 0.0 {
            *pixel = Rgb(background);
        } else if alpha < 1.0 {
            *pixel = blend(&front, index, alpha, background);
        }
    }
    picture
}

fn blend(front: &Colours, index: usize, alpha: f32, background: [u8; 3]) -> Rgb<u8> {
    Rgb(std::array::from_fn(|channel| {
        let own = front[channel].values[index] * 255.0;
        (own * alpha + f32::from(background[channel]) * (1.0 - alpha) + 0.5) as u8
    }))
}
