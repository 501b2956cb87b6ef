//! Pictures of one or several numbers a pixel, and the running mean over a square.

use std::iter::{repeat, repeat_n};

/// Rows whose running means are made together: a sum must wait for the one before it, but not for its neighbours'.
const TOGETHER: usize = 8;

/// Something a pixel, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<T> {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// What each pixel has.
    pub values: Vec<T>,
}

/// One number a pixel.
pub type Plane = Field<f32>;

/// What can be added up: a number, or several at once.
pub trait Sum: Copy {
    /// Nothing.
    const ZERO: Self;

    /// Both together.
    fn plus(self, other: Self) -> Self;

    /// This without the other.
    fn minus(self, other: Self) -> Self;

    /// This so many times.
    fn times(self, factor: f32) -> Self;
}

impl Sum for f32 {
    const ZERO: Self = 0.0;

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn times(self, factor: f32) -> Self {
        self * factor
    }
}

impl<const N: usize> Sum for [f32; N] {
    const ZERO: Self = [0.0; N];

    fn plus(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] + other[i])
    }

    fn minus(self, other: Self) -> Self {
        std::array::from_fn(|i| self[i] - other[i])
    }

    fn times(self, factor: f32) -> Self {
        self.map(|number| number * factor)
    }
}

impl<T: Copy> Field<T> {
    /// What the pixel at a column and row has, both inside.
    pub(crate) fn at(&self, column: usize, row: usize) -> T {
        self.values[row * self.width + column]
    }

    /// One row.
    pub(crate) fn row(&self, row: usize) -> &[T] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// A field of the same size with `f` of each pixel.
    pub(crate) fn map<U>(&self, f: impl Fn(T) -> U) -> Field<U> {
        Field { width: self.width, height: self.height, values: self.values.iter().map(|&value| f(value)).collect() }
    }

    /// A field of the same size with `f` of both fields' pixels.
    pub(crate) fn zip<U: Copy, V>(&self, other: &Field<U>, f: impl Fn(T, U) -> V) -> Field<V> {
        debug_assert_eq!((self.width, self.height), (other.width, other.height));
        let values = self.values.iter().zip(&other.values).map(|(&one, &two)| f(one, two)).collect();
        Field { width: self.width, height: self.height, values }
    }

    /// A field of the same size with `f` of each pixel and of the one that holds it in a field `step` times as small.
    pub(crate) fn zip_coarser<U: Copy, V>(&self, coarse: &Field<U>, step: usize, f: impl Fn(T, U) -> V) -> Field<V> {
        let mut values = Vec::with_capacity(self.values.len());
        for row in 0..self.height {
            let coarse = coarse.row(row / step);
            values.extend(self.row(row).iter().enumerate().map(|(column, &value)| f(value, coarse[column / step])));
        }
        Field { width: self.width, height: self.height, values }
    }

    /// The mean of `f` over each square of `step` pixels: a pixel of the smaller field for each, those at the right
    /// and lower border of what is left there. `f` is given the places of pixels in `values`.
    pub(crate) fn shrunk_by<U: Sum>(&self, step: usize, f: impl Fn(usize) -> U) -> Field<U> {
        let (width, height) = (self.width.div_ceil(step), self.height.div_ceil(step));
        let mut values = Vec::with_capacity(width * height);
        let mut sums = vec![U::ZERO; width];
        for top in (0..self.height).step_by(step) {
            let rows = top..(top + step).min(self.height);
            let count = rows.len();
            sums.fill(U::ZERO);
            for start in rows.map(|row| row * self.width) {
                for (sum, column) in sums.iter_mut().zip((0..self.width).step_by(step)) {
                    let columns = start + column..start + (column + step).min(self.width);
                    *sum = columns.fold(*sum, |sum, pixel| sum.plus(f(pixel)));
                }
            }
            let across = |column: usize| step.min(self.width - column * step);
            let means = sums.iter().enumerate().map(|(column, sum)| sum.times(1.0 / (count * across(column)) as f32));
            values.extend(means);
        }
        Field { width, height, values }
    }

    /// The place in `values` of the pixel that shows the pixel `(column, row)` of a field `step` times as large.
    pub(crate) fn holding(&self, (column, row): (usize, usize), step: usize) -> usize {
        row / step * self.width + column / step
    }
}

impl<T: Sum> Field<T> {
    /// The means over squares of `step` pixels: see [`Self::shrunk_by`].
    pub(crate) fn shrunk(&self, step: usize) -> Self {
        self.shrunk_by(step, |pixel| self.values[pixel])
    }

    /// What the pixel `(column, row)` of a field `step` times as large has, between the four pixels round it.
    pub(crate) fn between(&self, (column, row): (usize, usize), step: usize) -> T {
        // Where the middle of the large pixel lies among the middles of the small ones: the one before, the one after,
        // and the share of the way between them.
        let among = |place: usize, length: usize| {
            let middle = ((place as f32 + 0.5) / step as f32 - 0.5).max(0.0);
            let before = (middle as usize).min(length - 1);
            (before, (before + 1).min(length - 1), middle - before as f32)
        };
        let ((left, right, across), (top, bottom, down)) = (among(column, self.width), among(row, self.height));
        let along = |row: usize| self.at(left, row).times(1.0 - across).plus(self.at(right, row).times(across));
        along(top).times(1.0 - down).plus(along(bottom).times(down))
    }
}

impl Plane {
    /// The mean over the square of `2 * radius + 1` pixels round each pixel, as far as it lies inside.
    /// The time does not depend on the radius.
    pub(crate) fn mean(&self, radius: usize) -> Self {
        let block = (TOGETHER * self.width).max(1);
        let mut values = vec![0.0; self.values.len()];
        let mut down = Down::new(self, radius);
        let shares = shares(self.width, radius);
        let (mut sums, mut scales) = (vec![0.0; block], [0.0; TOGETHER]);
        for to in values.chunks_mut(block) {
            let rows = to.len() / self.width;
            for (sums, scale) in sums.chunks_exact_mut(self.width).zip(&mut scales).take(rows) {
                let (next, share) = down.next();
                sums.copy_from_slice(next);
                *scale = share;
            }
            // In the last block some rows are still those of the block before: nobody takes them.
            means_across(&sums, &shares, radius, |row, column, mean| {
                if row < rows {
                    to[row * shares.len() + column] = mean * scales[row];
                }
            });
        }
        Self { width: self.width, height: self.height, values }
    }
}

impl<const N: usize> Field<[f32; N]> {
    /// The mean of each number over the square of `2 * radius + 1` pixels round each pixel, as far as it lies inside.
    /// The time does not depend on the radius; several numbers take little longer than one.
    pub(crate) fn mean(&self, radius: usize) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        let mut down = Down::new(self, radius);
        let shares = shares(self.width, radius);
        for _ in 0..self.height {
            let (sums, scale) = down.next();
            let mut sum = sums[..radius.min(self.width)].iter().fold(Sum::ZERO, |sum: [f32; N], next| sum.plus(*next));
            let coming = sums.iter().skip(radius).chain(repeat(&Sum::ZERO));
            let going = repeat_n(&Sum::ZERO, radius + 1).chain(sums);
            values.extend(shares.iter().zip(coming.zip(going)).map(|(share, (coming, going))| {
                sum = sum.plus(coming.minus(*going));
                sum.times(share * scale)
            }));
        }
        Self { width: self.width, height: self.height, values }
    }
}

/// Running sums down the columns of a field, row by row.
struct Down<'a, T> {
    field: &'a Field<T>,
    radius: usize,
    sums: Vec<T>,
    row: usize,
    count: f32,
}

impl<'a, T: Sum> Down<'a, T> {
    fn new(field: &'a Field<T>, radius: usize) -> Self {
        let reach = radius.min(field.height);
        let mut down = Self { field, radius, sums: vec![T::ZERO; field.width], row: 0, count: reach as f32 };
        (0..reach).for_each(|row| down.each(row, T::plus));
        down
    }

    /// The sums of the next row, and one over the rows in them.
    fn next(&mut self) -> (&[T], f32) {
        let (coming, going) = (self.row + self.radius, self.row.checked_sub(self.radius + 1));
        if coming < self.field.height {
            self.each(coming, T::plus);
            self.count += 1.0;
        }
        if let Some(going) = going {
            self.each(going, T::minus);
            self.count -= 1.0;
        }
        self.row += 1;
        (&self.sums, 1.0 / self.count)
    }

    fn each(&mut self, row: usize, change: impl Fn(T, T) -> T) {
        self.sums.iter_mut().zip(self.field.row(row)).for_each(|(sum, value)| *sum = change(*sum, *value));
    }
}

/// One over the columns within `radius` of each column.
fn shares(width: usize, radius: usize) -> Vec<f32> {
    let columns = |column: usize| (column + radius + 1).min(width) - column.saturating_sub(radius);
    (0..width).map(|column| 1.0 / columns(column) as f32).collect()
}

/// Running means along [`TOGETHER`] rows of `from`; `shares` has one over the columns in each.
fn means_across(from: &[f32], shares: &[f32], radius: usize, mut take: impl FnMut(usize, usize, f32)) {
    let width = shares.len();
    let rows: [&[f32]; TOGETHER] = std::array::from_fn(|row| &from[row * width..(row + 1) * width]);
    let mut sums: [f32; TOGETHER] = rows.map(|row| row[..radius.min(width)].iter().sum());
    for (column, share) in shares.iter().enumerate() {
        if column + radius < width {
            sums.iter_mut().zip(rows).for_each(|(sum, row)| *sum += row[column + radius]);
        }
        if column > radius {
            sums.iter_mut().zip(rows).for_each(|(sum, row)| *sum -= row[column - radius - 1]);
        }
        sums.iter().enumerate().for_each(|(row, sum)| take(row, column, sum * share));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_hand(plane: &Plane, radius: usize, column: usize, row: usize) -> f32 {
        let (mut sum, mut count) = (0.0, 0.0);
        for y in row.saturating_sub(radius)..(row + radius + 1).min(plane.height) {
            for x in column.saturating_sub(radius)..(column + radius + 1).min(plane.width) {
                sum += plane.at(x, y);
                count += 1.0;
            }
        }
        sum / count
    }

    #[test]
    fn the_running_mean_is_the_mean() {
        let values = (0..7 * 19).map(|i| ((i * 37) % 11) as f32).collect();
        let plane = Plane { width: 7, height: 19, values };
        let both = plane.map(|value| [value, 3.0 - value]);
        for radius in [0, 1, 2, 4, 9, 30] {
            let (mean, means) = (plane.mean(radius), both.mean(radius));
            for row in 0..19 {
                for column in 0..7 {
                    let expected = by_hand(&plane, radius, column, row);
                    let [one, other] = means.at(column, row);
                    for (found, expected) in
                        [(mean.at(column, row), expected), (one, expected), (other, 3.0 - expected)]
                    {
                        assert!((found - expected).abs() < 1e-4, "{radius} {column} {row}: {found} {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_shrunk_field_has_the_means_of_squares_and_of_what_is_left_at_the_border() {
        let field = Plane { width: 5, height: 3, values: (0..15).map(|i| i as f32).collect() };
        let small = field.shrunk_by(2, |pixel| [field.values[pixel], 1.0]);
        assert_eq!((small.width, small.height), (3, 2));
        assert_eq!(small.values, [3.0, 5.0, 6.5, 10.5, 12.5, 14.0].map(|mean| [mean, 1.0]));
        assert_eq!(small.values[small.holding((4, 1), 2)], [6.5, 1.0]);
    }

    #[test]
    fn between_pixels_the_nearer_weighs_more_and_the_border_goes_on() {
        let small = Plane { width: 2, height: 2, values: vec![0.0, 4.0, 8.0, 12.0] };
        let large: Vec<f32> = (0..16).map(|pixel| small.between((pixel % 4, pixel / 4), 2)).collect();
        let row = [0.0, 1.0, 3.0, 4.0];
        for (found, down) in large.chunks_exact(4).zip([0.0, 2.0, 6.0, 8.0]) {
            assert_eq!(found, row.map(|across| across + down));
        }
        let larger: Vec<f32> = (0..8).map(|column| small.between((column, 0), 4)).collect();
        assert_eq!(larger, [0.0, 0.0, 0.5, 1.5, 2.5, 3.5, 4.0, 4.0]);
    }

    #[test]
    fn an_empty_field_stays_empty() {
        let empty = Plane { width: 0, height: 0, values: Vec::new() };
        assert!(empty.mean(3).values.is_empty() && empty.map(|value| [value]).mean(3).values.is_empty());
    }
}
