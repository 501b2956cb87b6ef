//! Waves in the pixels that a screen or a printed raster leaves when it is photographed.

use std::f32::consts::TAU;
use std::sync::Arc;

use image::RgbImage;
use realfft::{RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::stage::brightness;
use crate::stage::plane::Plane;

/// Side of a tile in pixels, and the least side that tells anything.
const TILE: usize = 512;
const LEAST_TILE: usize = 128;
/// Every so many rows of a tile are looked at for its mean, which is taken away lest the window spread it.
const MEAN_ROWS: usize = 8;
/// Columns whose waves are turned together: a cache holds as many numbers of a row.
const COLUMNS: usize = 8;
/// Pixels of the spectrum round each, over whose mean a wave stands out.
const AROUND: usize = 9;
/// Waves longer than these, in waves a pixel, belong to the picture itself: in any direction, and along an axis,
/// where straight edges lie.
const COARSE: f32 = 0.08;
const ALONG: f32 = 0.02;
/// JPEG's blocks of eight leave waves of their own, as near as this to multiples of their number.
const BLOCKS: f32 = 8.0;
const NEAR_BLOCKS: f32 = 0.006;

/// Deviation under which a picture is flat, and its spectrum is what numbers lose by rounding; that of photos, the
/// smoothest too, is a hundred times as much.
const LEAST_DEVIATION: f32 = 0.01;

/// How far the strongest fine wave stands out of the picture's spectrum, in standard deviations of all; `None`
/// for pictures too small. Full-size pixels are needed: scaling down takes the waves away. It is a hint: chats
/// scale pictures and lose the waves, and cloth or print in the picture can show some.
#[must_use]
pub fn strongest_wave(picture: &RgbImage) -> Option<f32> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let side = TILE.min(width).min(height);
    if side < LEAST_TILE {
        return None;
    }
    let mut tiles = Tiles::new(side);
    // Four tiles between the middle and the corners. Here 98 portraits reach 3.4 and drawn rasters start at 4.7; with
    // nine tiles from border to border, at twice the cost, it was 4.2 and 4.7.
    let starts = |length: usize| {
        let mut starts = vec![(length - side) / 4, (length - side) * 3 / 4];
        starts.dedup();
        starts
    };
    for top in starts(height) {
        for left in starts(width) {
            tiles.add(picture, (left, top));
        }
    }
    let sum = tiles.upright();
    let above = sum.zip(&sum.mean(AROUND), |value, around| value - around);
    most_over_deviation(&above)
}

/// The spectra of tiles, multiplied: one logarithm of the product is the sum of the logarithms.
struct Tiles {
    side: usize,
    window: Vec<f32>,
    across: Arc<dyn RealToComplex<f32>>,
    down: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Levels of a row.
    levels: Vec<f32>,
    /// Waves along the rows of a tile, row by row.
    rows: Vec<Complex<f32>>,
    /// Waves of a few columns, column by column, so that the second pass runs along memory.
    turned: Vec<Complex<f32>>,
    /// What was multiplied, column by column; a factor is at most 255 times the area, so four are far from the limit.
    products: Vec<f64>,
}

impl Tiles {
    fn new(side: usize) -> Self {
        let (across, down) = (RealFftPlanner::new().plan_fft_forward(side), FftPlanner::new().plan_fft_forward(side));
        let (zero, area) = (Complex::new(0.0, 0.0), (side / 2 + 1) * side);
        Self {
            side,
            window: (0..side).map(|i| 0.5 - 0.5 * (TAU * i as f32 / (side - 1) as f32).cos()).collect(),
            scratch: vec![zero; across.get_scratch_len().max(down.get_inplace_scratch_len())],
            across,
            down,
            levels: vec![0.0; side],
            rows: vec![zero; area],
            turned: vec![zero; COLUMNS * side],
            products: vec![1.0; area],
        }
    }

    /// Adds the tile of a picture from `left` and `top` on.
    fn add(&mut self, picture: &RgbImage, (left, top): (usize, usize)) {
        let Self { side, window, across, down, scratch, levels, rows, turned, products } = self;
        let (side, columns) = (*side, *side / 2 + 1);
        let pixels = |row: usize| {
            let start = ((top + row) * picture.width() as usize + left) * 3;
            &picture.as_raw()[start..start + side * 3]
        };
        let (mut sum, mut count) = (0.0, 0.0);
        for row in (0..side).step_by(MEAN_ROWS) {
            brightness::fill(pixels(row), levels);
            sum += levels.iter().sum::<f32>() / side as f32;
            count += 1.0;
        }
        let mean = sum / count;
        for (row, waves) in rows.chunks_exact_mut(columns).enumerate() {
            brightness::fill(pixels(row), levels);
            let weight = window[row];
            levels.iter_mut().zip(&*window).for_each(|(level, share)| *level = (*level - mean) * share * weight);
            across.process_with_scratch(levels, waves, scratch).expect("buffers have the lengths that were planned");
        }
        for (block, products) in products.chunks_mut(COLUMNS * side).enumerate() {
            let (first, turned) = (block * COLUMNS, &mut turned[..products.len()]);
            for (row, waves) in rows.chunks_exact(columns).enumerate() {
                let waves = &waves[first..columns.min(first + COLUMNS)];
                turned.chunks_exact_mut(side).zip(waves).for_each(|(column, wave)| column[row] = *wave);
            }
            down.process_with_scratch(turned, scratch);
            for (product, wave) in products.iter_mut().zip(turned) {
                *product *= f64::from((wave.re * wave.re + wave.im * wave.im).sqrt() + 1.0);
            }
        }
    }

    /// Columns from no wave to the shortest, rows from the shortest over none, in the middle, to the shortest again.
    fn upright(&self) -> Plane {
        let (side, columns) = (self.side, self.side / 2 + 1);
        let mut values = vec![0.0; self.products.len()];
        for (column, products) in self.products.chunks_exact(side).enumerate() {
            for (index, product) in products.iter().enumerate() {
                values[(index + side / 2) % side * columns + column] = product.ln() as f32;
            }
        }
        Plane { width: columns, height: side, values }
    }
}

/// The greatest value over the standard deviation, of the waves that are fine and not those of JPEG's blocks.
fn most_over_deviation(above: &Plane) -> Option<f32> {
    let side = above.height as f32;
    let near_blocks = |wave: f32| {
        let blocks = wave * BLOCKS;
        (blocks - blocks.round()).abs() / BLOCKS <= NEAR_BLOCKS
    };
    let counts = |wave: f32| wave.abs() > ALONG && !near_blocks(wave);
    let across: Vec<(bool, f32)> =
        (0..above.width).map(|column| column as f32 / side).map(|wave| (counts(wave), wave * wave)).collect();
    let (mut count, mut sum, mut squares, mut most) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f32);
    for row in 0..above.height {
        let down = (row as f32 - (above.height / 2) as f32) / side;
        if !counts(down) {
            continue;
        }
        for (&value, &(counts, square)) in above.row(row).iter().zip(&across) {
            if counts && down * down + square > COARSE * COARSE {
                count += 1.0;
                sum += f64::from(value);
                squares += f64::from(value).powi(2);
                most = most.max(value);
            }
        }
    }
    let deviation = (squares / count - (sum / count).powi(2)).sqrt() as f32;
    (deviation > LEAST_DEVIATION).then(|| most / deviation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// Grain, and a wave of some height over it.
    fn picture(side: u32, height: f32) -> RgbImage {
        let mut seed = 7_u32;
        RgbImage::from_fn(side, side, |x, y| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (seed >> 24) as f32 / 16.0;
            let wave = (TAU * (0.21 * x as f32 + 0.09 * y as f32)).sin() * height;
            Rgb([(120.0 + grain + wave) as u8; 3])
        })
    }

    #[test]
    fn a_fine_wave_stands_out_of_grain() {
        let (plain, waved) = (strongest_wave(&picture(300, 0.0)).unwrap(), strongest_wave(&picture(300, 4.0)).unwrap());
        assert!(plain < 5.0 && waved > 2.0 * plain, "{plain} {waved}");
    }

    #[test]
    fn small_and_flat_pictures_tell_nothing() {
        assert_eq!(strongest_wave(&picture(100, 4.0)), None);
        assert_eq!(strongest_wave(&RgbImage::new(200, 200)), None);
        assert_eq!(strongest_wave(&RgbImage::from_pixel(600, 800, Rgb([180, 190, 200]))), None);
        assert_eq!(strongest_wave(&RgbImage::new(0, 0)), None);
    }
}
