//! A picture of one number a pixel, and the running mean over a square.

/// Rows whose running means are made together: a sum must wait for the one before it, but not for its neighbours'.
const TOGETHER: usize = 8;

/// One number a pixel, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    /// Numbers in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The numbers.
    pub values: Vec<f32>,
}

impl Plane {
    /// The number at a column and row, both inside.
    pub(crate) fn at(&self, column: usize, row: usize) -> f32 {
        self.values[row * self.width + column]
    }

    /// One row.
    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// A plane of the same size whose numbers are `f` of these.
    pub(crate) fn map(&self, f: impl Fn(f32) -> f32) -> Self {
        Self { width: self.width, height: self.height, values: self.values.iter().map(|&value| f(value)).collect() }
    }

    /// A plane of the same size whose numbers are `f` of both planes' numbers.
    pub(crate) fn zip(&self, other: &Self, f: impl Fn(f32, f32) -> f32) -> Self {
        debug_assert_eq!((self.width, self.height), (other.width, other.height));
        let values = self.values.iter().zip(&other.values).map(|(&one, &two)| f(one, two)).collect();
        Self { width: self.width, height: self.height, values }
    }

    /// The mean over the square of `2 * radius + 1` pixels round each pixel, as far as it lies inside.
    /// The time does not depend on the radius.
    pub(crate) fn mean(&self, radius: usize) -> Self {
        let across = self.mean_across(radius);
        across.mean_down(radius)
    }

    fn mean_across(&self, radius: usize) -> Self {
        let mut values = vec![0.0; self.values.len()];
        let block = TOGETHER * self.width;
        for (from, to) in self.values.chunks(block).zip(values.chunks_mut(block)) {
            if from.len() == block {
                means_across::<TOGETHER>(from, to, self.width, radius);
            } else {
                let rows = from.chunks_exact(self.width).zip(to.chunks_exact_mut(self.width));
                rows.for_each(|(from, to)| means_across::<1>(from, to, self.width, radius));
            }
        }
        Self { width: self.width, height: self.height, values }
    }

    fn mean_down(&self, radius: usize) -> Self {
        let mut values = Vec::with_capacity(self.values.len());
        let mut sums = vec![0.0_f32; self.width];
        let mut count = 0.0_f32;
        for row in 0..radius.min(self.height) {
            sums.iter_mut().zip(self.row(row)).for_each(|(sum, value)| *sum += value);
            count += 1.0;
        }
        for row in 0..self.height {
            if row + radius < self.height {
                sums.iter_mut().zip(self.row(row + radius)).for_each(|(sum, value)| *sum += value);
                count += 1.0;
            }
            if row > radius {
                sums.iter_mut().zip(self.row(row - radius - 1)).for_each(|(sum, value)| *sum -= value);
                count -= 1.0;
            }
            let share = 1.0 / count;
            values.extend(sums.iter().map(|sum| sum * share));
        }
        Self { width: self.width, height: self.height, values }
    }
}

/// Running means along `ROWS` rows at once.
fn means_across<const ROWS: usize>(from: &[f32], to: &mut [f32], width: usize, radius: usize) {
    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &from[row * width..(row + 1) * width]);
    let reach = radius.min(width);
    let mut sums: [f32; ROWS] = rows.map(|row| row[..reach].iter().sum());
    let mut count = reach as f32;
    for column in 0..width {
        if column + radius < width {
            sums.iter_mut().zip(rows).for_each(|(sum, row)| *sum += row[column + radius]);
            count += 1.0;
        }
        if column > radius {
            sums.iter_mut().zip(rows).for_each(|(sum, row)| *sum -= row[column - radius - 1]);
            count -= 1.0;
        }
        for (row, mean) in sums.map(|sum| sum / count).into_iter().enumerate() {
            to[row * width + column] = mean;
        }
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
        for radius in [0, 1, 2, 4, 9] {
            let mean = plane.mean(radius);
            for row in 0..19 {
                for column in 0..7 {
                    let expected = by_hand(&plane, radius, column, row);
                    assert!((mean.at(column, row) - expected).abs() < 1e-4, "{radius} {column} {row}");
                }
            }
        }
    }
}
