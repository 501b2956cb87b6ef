//! Pictures of one or several numbers a pixel, and the running mean over a square.

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

/// Column and row of a pixel.
pub(crate) type Place = (usize, usize);

/// One number a pixel.
pub type Plane = Field<f32>;

/// What can be added up: a number, or several at once.
pub trait Sum: Copy {
    /// Nothing.
    const ZERO: Self;

    /// Both together.
    fn plus(self, other: Self) -> Self;

    /// This so many times.
    fn times(self, factor: f32) -> Self;
}

impl Sum for f32 {
    const ZERO: Self = 0.0;

    fn plus(self, other: Self) -> Self {
        self + other
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

    fn times(self, factor: f32) -> Self {
        self.map(|number| number * factor)
    }
}

impl<T> Field<T> {
    /// A field of so many columns and rows with `f` of each place.
    pub(crate) fn of_places((width, height): (usize, usize), f: impl Fn(Place) -> T) -> Self {
        let mut values = Vec::with_capacity(width * height);
        (0..height).for_each(|row| values.extend((0..width).map(|column| f((column, row)))));
        Self { width, height, values }
    }

    /// Columns and rows.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Where in `values` a place is.
    pub(crate) fn pixel(&self, (column, row): Place) -> usize {
        row * self.width + column
    }

    /// The place of a pixel of `values`.
    pub(crate) fn place(&self, pixel: usize) -> Place {
        (pixel % self.width, pixel / self.width)
    }
}

impl<T: Copy> Field<T> {
    /// What the pixel at a column and row has, both inside.
    pub(crate) fn at(&self, column: usize, row: usize) -> T {
        self.values[self.pixel((column, row))]
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
    pub(crate) fn holding(&self, (column, row): Place, step: usize) -> usize {
        row / step * self.width + column / step
    }
}

impl<T: Sum> Field<T> {
    /// The means over squares of `step` pixels: see [`Self::shrunk_by`].
    pub(crate) fn shrunk(&self, step: usize) -> Self {
        self.shrunk_by(step, |pixel| self.values[pixel])
    }

    /// What the pixel `(column, row)` of a field `step` times as large has, between the four pixels round it.
    pub(crate) fn between(&self, (column, row): Place, step: usize) -> T {
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
    /// The time grows with the logarithm of the radius.
    pub(crate) fn mean(&self, radius: usize) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        each_mean(&self.values, self.size(), radius, |_, means| values.extend_from_slice(means));
        Self { width: self.width, height: self.height, values }
    }

    /// The mean over the square of `2 * radius + 1` pixels round one pixel, as far as it lies inside.
    pub(crate) fn mean_at(&self, place: Place, radius: usize) -> f32 {
        self.mean_of(place, radius, |value| value)
    }

    /// The mean square of how far the same pixels lie from their mean.
    pub(crate) fn variance_at(&self, place: Place, radius: usize) -> f32 {
        let mean = self.mean_at(place, radius);
        self.mean_of(place, radius, |value| (value - mean).powi(2))
    }

    fn mean_of(&self, (column, row): Place, radius: usize, f: impl Fn(f32) -> f32) -> f32 {
        let round = |place: usize, length: usize| place.saturating_sub(radius)..(place + radius + 1).min(length);
        let (columns, rows) = (round(column, self.width), round(row, self.height));
        let count = columns.len() * rows.len();
        let sum = |row: usize| self.row(row)[columns.clone()].iter().map(|&value| f(value)).sum::<f32>();
        rows.map(sum).sum::<f32>() / count as f32
    }
}

impl<const N: usize> Field<[f32; N]> {
    /// The mean of each number over the square of `2 * radius + 1` pixels round each pixel, as far as it lies inside.
    /// The time grows with the logarithm of the radius.
    pub(crate) fn mean(&self, radius: usize) -> Self {
        self.mean_by(radius, |_, mean| mean)
    }

    /// A field of the same size with `f` of each place and of the mean round it: see [`Self::mean`].
    pub(crate) fn mean_by<U>(&self, radius: usize, f: impl Fn(Place, [f32; N]) -> U) -> Field<U> {
        let mut values = Vec::with_capacity(self.values.len());
        each_mean(self.values.as_flattened(), self.size(), radius, |row, means| {
            values.extend(means.as_chunks().0.iter().enumerate().map(|(column, &mean)| f((column, row), mean)));
        });
        Field { width: self.width, height: self.height, values }
    }
}

/// Gives each row's means over squares to `take`, of so many columns and rows of one or several numbers.
///
/// Down the columns a sum runs from row to row; along the rows each sum is put together from sums half as wide. So no sum
/// waits for its neighbour and several are made at once.
fn each_mean(from: &[f32], (width, height): (usize, usize), radius: usize, mut take: impl FnMut(usize, &[f32])) {
    if from.is_empty() {
        return;
    }
    let (row_len, numbers) = (from.len() / height, from.len() / height / width);
    let row = |row: usize| &from[row * row_len..(row + 1) * row_len];
    let within = |place: usize, length: usize| ((place + radius + 1).min(length) - place.saturating_sub(radius)) as f32;
    let shares: Vec<f32> = (0..row_len).map(|number| 1.0 / within(number / numbers, width)).collect();
    // The sums down the columns, with nothing on both sides of them.
    let sides = radius * numbers;
    let mut padded = vec![0.0; row_len + 2 * sides];
    let mut across = Across::new(padded.len());
    let mut means = vec![0.0; row_len];
    for coming in 0..radius.min(height) {
        add(&mut padded[sides..sides + row_len], row(coming));
    }
    for at in 0..height {
        let sums = &mut padded[sides..sides + row_len];
        if at + radius < height {
            add(sums, row(at + radius));
        }
        if at > radius {
            sums.iter_mut().zip(row(at - radius - 1)).for_each(|(sum, going)| *sum -= going);
        }
        let share = 1.0 / within(at, height);
        let sums = across.sums(&padded, numbers, 2 * radius + 1);
        means.iter_mut().zip(sums.iter().zip(&shares)).for_each(|(mean, (sum, across))| *mean = sum * (share * across));
        take(at, &means);
    }
}

/// Sums over neighbours along a row.
struct Across {
    sums: Vec<f32>,
    wider: Vec<f32>,
}

impl Across {
    fn new(length: usize) -> Self {
        Self { sums: vec![0.0; length], wider: vec![0.0; length] }
    }

    /// For each of `row` that has as many behind it the sum over `count`, every `step`th of them.
    fn sums(&mut self, row: &[f32], step: usize, count: usize) -> &[f32] {
        self.sums.copy_from_slice(row);
        // From the highest binary digit of the count down: a sum and its neighbour make one twice as wide, and where the
        // digit is 1 the next single one comes to it.
        let mut wide = 1;
        for digit in (0..count.ilog2()).rev() {
            let length = self.sums.len() - wide * step;
            let pairs = self.sums[..length].iter().zip(&self.sums[wide * step..]);
            self.wider[..length].iter_mut().zip(pairs).for_each(|(wider, (one, next))| *wider = one + next);
            std::mem::swap(&mut self.sums, &mut self.wider);
            wide *= 2;
            if count >> digit & 1 == 1 {
                add(&mut self.sums, &row[wide * step..]);
                wide += 1;
            }
        }
        &self.sums
    }
}

/// Adds to the first of some sums what is next to each.
fn add(sums: &mut [f32], next: &[f32]) {
    sums.iter_mut().zip(next).for_each(|(sum, next)| *sum += next);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_the_border_the_mean_is_that_of_what_lies_inside() {
        let plane = Plane::of_places((5, 4), |(column, row)| (10 * row + column) as f32);
        for (place, radius, expected) in [((2, 1), 0, 12.0), ((2, 1), 1, 12.0), ((0, 0), 1, 5.5), ((4, 3), 9, 17.0)] {
            assert_eq!(plane.mean_at(place, radius), expected, "{place:?} {radius}");
        }
        assert_eq!(plane.place(7), (2, 1));
        // Of 11, 12, 13 and the rows ten above and below.
        assert!((plane.variance_at((2, 1), 1) - 202.0 / 3.0).abs() < 1e-3);
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
                    let expected = plane.mean_at((column, row), radius);
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
