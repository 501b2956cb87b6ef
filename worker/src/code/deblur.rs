//! Undoes a lens out of focus: the Wiener filter of a round blur.

use image::GrayImage;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Noise as a share of the signal, in power: the photos' JPEG noise of 1 to 2 levels beside the 40 to 60
/// levels that the modules of a blurred code still differ by. Of 0.01 and 0.003, the smaller read all three
/// strongly blurred codes of `qr_chsi_like` at their true blur, the larger one of them.
const NOISE: f32 = 0.003;

/// A picture in the space of its frequencies, to be sharpened for one width of blur after another.
pub(super) struct Spectrum {
    width: usize,
    height: usize,
    /// Column by column.
    values: Vec<Complex<f32>>,
    planner: FftPlanner<f32>,
}

impl Spectrum {
    /// Takes a picture apart.
    pub(super) fn of(pixels: &GrayImage) -> Self {
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let mut planner = FftPlanner::new();
        let mut values: Vec<_> = pixels.as_raw().iter().map(|&value| Complex::new(f32::from(value), 0.0)).collect();
        rows(planner.plan_fft_forward(width).as_ref(), &mut values);
        let mut values = turned(&values, width, height);
        rows(planner.plan_fft_forward(height).as_ref(), &mut values);
        Self { width, height, values, planner }
    }

    /// The picture as it was before a Gaussian blur of `sigma` pixels.
    pub(super) fn sharpened(&mut self, sigma: f32) -> GrayImage {
        let (width, height) = (self.width, self.height);
        let blur = |at: usize, length: usize| {
            let frequency = at.min(length - at) as f32 / length as f32;
            (-2.0 * (std::f32::consts::PI * sigma * frequency).powi(2)).exp()
        };
        let down: Vec<f32> = (0..height).map(|row| blur(row, height)).collect();
        let mut values = Vec::with_capacity(self.values.len());
        for (column, line) in self.values.chunks_exact(height).enumerate() {
            let across = blur(column, width);
            let filtered = line.iter().zip(&down).map(|(value, down)| {
                let passed = across * down;
                value * (passed / (passed * passed + NOISE))
            });
            values.extend(filtered);
        }
        rows(self.planner.plan_fft_inverse(height).as_ref(), &mut values);
        let mut values = turned(&values, height, width);
        rows(self.planner.plan_fft_inverse(width).as_ref(), &mut values);
        let scale = 1.0 / (width * height) as f32;
        let levels = values.iter().map(|value| (value.re * scale).round().clamp(0.0, 255.0) as u8).collect();
        GrayImage::from_raw(width as u32, height as u32, levels).expect("one value a pixel")
    }
}

/// Transforms each row.
fn rows(transform: &dyn Fft<f32>, values: &mut [Complex<f32>]) {
    transform.process(values);
}

/// Rows as columns.
fn turned(values: &[Complex<f32>], width: usize, height: usize) -> Vec<Complex<f32>> {
    let mut out = vec![Complex::default(); values.len()];
    // Blocks of 16 keep both sides in the cache.
    for top in (0..height).step_by(16) {
        for left in (0..width).step_by(16) {
            for row in top..(top + 16).min(height) {
                for column in left..(left + 16).min(width) {
                    out[column * height + row] = values[row * width + column];
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(width: u32, height: u32) -> GrayImage {
        GrayImage::from_fn(width, height, |x, y| image::Luma([if (x / 8 + y / 8) % 2 == 0 { 220 } else { 30 }]))
    }

    fn contrast(pixels: &GrayImage) -> i32 {
        i32::from(pixels.get_pixel(68, 68)[0]) - i32::from(pixels.get_pixel(76, 68)[0])
    }

    #[test]
    fn a_blurred_pattern_comes_back() {
        let blurred = image::imageops::blur(&squares(150, 131), 4.0);
        let sharpened = Spectrum::of(&blurred).sharpened(4.0);
        assert!(contrast(&blurred) < 90, "{}", contrast(&blurred));
        assert!(contrast(&sharpened) > 140, "{}", contrast(&sharpened));
    }

    #[test]
    fn no_blur_changes_next_to_nothing() {
        let picture = squares(40, 24);
        let same = Spectrum::of(&picture).sharpened(0.0);
        assert!(picture.as_raw().iter().zip(same.as_raw()).all(|(one, two)| one.abs_diff(*two) <= 1));
    }
}
