//! Waves in the pixels that a screen or a printed raster leaves when it is photographed.

use std::f32::consts::TAU;
use std::sync::Arc;

use image::RgbImage;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::stage::plane::Plane;

/// Side of a tile in pixels, and the least side that tells anything.
const TILE: usize = 512;
const LEAST_TILE: usize = 128;
/// Rows whose waves are turned together: a cache holds as many lines of a column.
const ROWS: usize = 8;
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
    let starts = |length: usize| {
        let mut starts = vec![0, (length - side) / 2, length - side];
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

/// The logarithms of tiles' spectra, added up.
struct Tiles {
    side: usize,
    window: Vec<f32>,
    fft: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Waves of a few rows.
    rows: Vec<Complex<f32>>,
    /// Waves of a tile by columns, so that the second pass runs along memory.
    turned: Vec<Complex<f32>>,
    /// What was added up, by columns.
    sums: Vec<f32>,
}

impl Tiles {
    fn new(side: usize) -> Self {
        let fft = FftPlanner::new().plan_fft_forward(side);
        let zero = Complex::new(0.0, 0.0);
        let area = (side / 2 + 1) * side;
        Self {
            side,
            window: (0..side).map(|i| 0.5 - 0.5 * (TAU * i as f32 / (side - 1) as f32).cos()).collect(),
            scratch: vec![zero; fft.get_inplace_scratch_len()],
            fft,
            rows: vec![zero; ROWS * side],
            turned: vec![zero; area],
            sums: vec![0.0; area],
        }
    }

    /// Adds the tile of a picture from `left` and `top` on.
    fn add(&mut self, picture: &RgbImage, (left, top): (usize, usize)) {
        let Self { side, window, fft, scratch, rows, turned, sums } = self;
        let side = *side;
        let mut tile: Vec<f32> = Vec::with_capacity(side * side);
        for row in top..top + side {
            let start = (row * picture.width() as usize + left) * 3;
            let pixels = picture.as_raw()[start..start + side * 3].as_chunks::<3>().0;
            // The weights of brightness in BT.601, as JPEG has them.
            let level = |&[r, g, b]: &[u8; 3]| 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
            tile.extend(pixels.iter().map(level));
        }
        let mean = tile.iter().sum::<f32>() / tile.len() as f32;
        for (block, levels) in tile.chunks(ROWS * side).enumerate() {
            let (first, waves) = (block * ROWS, &mut rows[..levels.len()]);
            for (at, (wave, level)) in waves.iter_mut().zip(levels).enumerate() {
                *wave = Complex::new((level - mean) * window[at % side] * window[first + at / side], 0.0);
            }
            fft.process_with_scratch(waves, scratch);
            let count = levels.len() / side;
            for (column, turned) in turned.chunks_exact_mut(side).enumerate() {
                let turned = turned[first..first + count].iter_mut().enumerate();
                turned.for_each(|(row, wave)| *wave = waves[row * side + column]);
            }
        }
        fft.process_with_scratch(turned, scratch);
        sums.iter_mut().zip(turned).for_each(|(sum, wave)| *sum += (wave.norm_sqr().sqrt() + 1.0).ln());
    }

    /// Columns from no wave to the shortest, rows from the shortest over none, in the middle, to the shortest again.
    fn upright(&self) -> Plane {
        let (side, columns) = (self.side, self.side / 2 + 1);
        let mut values = vec![0.0; self.sums.len()];
        for (column, sums) in self.sums.chunks_exact(side).enumerate() {
            for (index, sum) in sums.iter().enumerate() {
                values[(index + side / 2) % side * columns + column] = *sum;
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
    let (mut count, mut sum, mut squares, mut most) = (0.0_f64, 0.0_f64, 0.0_f64, 0.0_f32);
    for row in 0..above.height {
        let down = (row as f32 - (above.height / 2) as f32) / side;
        if !counts(down) {
            continue;
        }
        for (column, &value) in above.row(row).iter().enumerate() {
            let across = column as f32 / side;
            if counts(across) && down.hypot(across) > COARSE {
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
