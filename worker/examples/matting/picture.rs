//! Pictures as numbers: three planes of 0 to 255, and running means.

use image::RgbImage;

/// One number a pixel, row by row.
#[derive(Clone)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

/// Red, green and blue.
pub(crate) type Colour = [f32; 3];

impl Plane {
    pub(crate) fn new(width: usize, height: usize, of: impl Fn(usize, usize) -> f32) -> Self {
        let values = (0..width * height).map(|pixel| of(pixel % width, pixel / width)).collect();
        Self { width, height, values }
    }

    pub(crate) fn map(&self, of: impl Fn(f32) -> f32) -> Self {
        Self { values: self.values.iter().map(|&value| of(value)).collect(), ..*self }
    }

    /// The mean over a square of `2 * radius + 1` pixels, as far as it lies inside.
    pub(crate) fn mean(&self, radius: usize) -> Self {
        self.along(radius, 1, self.width, self.width, self.height).along(radius, self.width, self.height, 1, self.width)
    }

    /// The mean along lines of `length` numbers `step` apart; there are `lines` of them, `next` apart.
    fn along(&self, radius: usize, step: usize, length: usize, next: usize, lines: usize) -> Self {
        let mut values = vec![0.0; self.values.len()];
        for line in 0..lines {
            let at = |index: usize| line * next + index * step;
            let mut sums = vec![0.0_f64; length + 1];
            for index in 0..length {
                sums[index + 1] = sums[index] + f64::from(self.values[at(index)]);
            }
            for index in 0..length {
                let (from, to) = (index.saturating_sub(radius), (index + radius + 1).min(length));
                values[at(index)] = ((sums[to] - sums[from]) / (to - from) as f64) as f32;
            }
        }
        Self { values, ..*self }
    }

    /// The number at a place between pixels; 0 outside.
    pub(crate) fn between(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (across, down) = (x - left, y - top);
        let at = |column: f32, row: f32| {
            let inside = column >= 0.0 && row >= 0.0 && column < self.width as f32 && row < self.height as f32;
            if inside { self.values[row as usize * self.width + column as usize] } else { 0.0 }
        };
        let line = |row: f32| at(left, row) * (1.0 - across) + at(left + 1.0, row) * across;
        line(top) * (1.0 - down) + line(top + 1.0) * down
    }
}

/// A picture's planes.
pub(crate) fn planes(picture: &RgbImage) -> [Plane; 3] {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    std::array::from_fn(|channel| {
        let levels = picture.as_raw().iter().skip(channel).step_by(3);
        Plane { width, height, values: levels.map(|&level| f32::from(level)).collect() }
    })
}

/// The colour of a pixel.
pub(crate) fn colour(planes: &[Plane; 3], pixel: usize) -> Colour {
    std::array::from_fn(|channel| planes[channel].values[pixel])
}

/// Straight distance in levels.
pub(crate) fn distance(one: Colour, other: Colour) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum::<f32>().sqrt()
}

/// All pixels that hang together with a seed over their four sides while `member` holds.
pub(crate) fn flood(shape: &Plane, seeds: impl Iterator<Item = usize>, member: impl Fn(usize) -> bool) -> Vec<bool> {
    let mut inside = vec![false; shape.values.len()];
    let mut open: Vec<usize> = Vec::new();
    for seed in seeds {
        if !inside[seed] && member(seed) {
            inside[seed] = true;
            open.push(seed);
        }
    }
    while let Some(pixel) = open.pop() {
        let column = pixel % shape.width;
        let sides = [
            (column > 0).then(|| pixel - 1),
            (column + 1 < shape.width).then(|| pixel + 1),
            pixel.checked_sub(shape.width),
            Some(pixel + shape.width).filter(|&below| below < inside.len()),
        ];
        for side in sides.into_iter().flatten() {
            if !inside[side] && member(side) {
                inside[side] = true;
                open.push(side);
            }
        }
    }
    inside
}
