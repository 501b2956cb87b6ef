//! Undoes a lens out of focus: the Wiener filter of a round blur.

use image::GrayImage;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Noise as a share of the signal, in power: the photos' JPEG noise of 1 to 2 levels beside the 40 to 60
/// levels that the modules of a blurred code still differ by. Of 0.01 and 0.003, the smaller read all three
/// strongly blurred codes of `qr_chsi_like` at their true blur, the larger one of them.
const NOISE: f32 = 0.003;

/// Most of its range by which a blurred picture may change from one pixel to the next: an edge under a Gaussian blur
/// of 2.2 pixels, the least that is undone, changes by 0.18; one that is sharp by 0.4 and more.
const STEEPEST_MAX: f32 = 0.25;
/// Share of the steps, and of the levels at either end, that noise and dust may make.
const STRAY: f32 = 0.005;

/// Whether a place is so blurred that undoing a blur can bring anything out. A sharp one costs a transform for each
/// width of blur and is never read better for it.
pub(super) fn is_blurred(pixels: &GrayImage) -> bool {
    let width = pixels.width() as usize;
    if width < 2 {
        return false;
    }
    let (mut levels, mut steps) = ([0_u32; 256], [0_u32; 256]);
    for row in pixels.as_raw().chunks_exact(width) {
        row.iter().for_each(|&level| levels[usize::from(level)] += 1);
        row.windows(2).for_each(|pair| steps[usize::from(pair[0].abs_diff(pair[1]))] += 1);
    }
    let range = upper(&levels).saturating_sub(lower(&levels));
    upper(&steps) as f32 <= STEEPEST_MAX * range as f32
}

/// The value below which all but the stray ones lie.
fn upper(counts: &[u32; 256]) -> usize {
    let mut left = (counts.iter().sum::<u32>() as f32 * STRAY) as u32;
    let above = counts.iter().rposition(|&count| {
        let is_stray = count <= left;
        left = left.saturating_sub(count);
        !is_stray
    });
    above.unwrap_or_default()
}

/// The value above which all but the stray ones lie.
fn lower(counts: &[u32; 256]) -> usize {
    let mut turned = *counts;
    turned.reverse();
    counts.len() - 1 - upper(&turned)
}

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
    fn what_is_blurred_is_told_from_what_is_sharp() {
        let sharp = squares(150, 131);
        for sigma in [2.2, 2.9, 5.0] {
            assert!(is_blurred(&image::imageops::blur(&sharp, sigma)), "{sigma}");
        }
        for sigma in [0.4, 0.8] {
            assert!(!is_blurred(&image::imageops::blur(&sharp, sigma)), "{sigma}");
        }
        assert!(!is_blurred(&sharp) && !is_blurred(&GrayImage::new(1, 9)) && !is_blurred(&GrayImage::new(0, 0)));
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
