//! Places that look like a code: busy across and down alike.

use image::GrayImage;

use crate::model::Area;

/// Side of a cell in pixels: at least three modules of a code that can be read at all.
const CELL: usize = 16;
/// Least mean step in levels from pixel to pixel, across and down: the strongly blurred codes of `qr_chsi_like`
/// have 2 to 7 in every cell, plain paper beside them 0.
const STEP_MIN: f32 = 2.0;
/// Least difference in levels between the darkest and the lightest pixel of a cell: noise of 4 levels, as in a dim
/// room, stays under 24.
const RANGE_MIN: u8 = 32;
/// Most by which one direction may be busier than the other: text and stripes have more.
const LEANING_MAX: f32 = 2.5;
/// Least cells across and down.
const SIDE_MIN: usize = 3;
/// Most by which one side may be longer than the other: a code seen at a slant of 60 degrees.
const SLANT_MAX: f32 = 2.0;
/// Least share of busy cells in the box: a square that stands on its corner fills half of its box.
const FILL_MIN: f32 = 0.45;
/// Least share of a place's cells whose range is half of the place's largest: ink on paper differs by the same
/// everywhere, hair and leaves do not.
const ALIKE_MIN: f32 = 0.7;

/// The places that look most like a code, largest first, at most `most`, in pixels of the picture.
pub(super) fn busy(pixels: &GrayImage, most: usize) -> Vec<Area> {
    let (columns, cells) = cells(pixels);
    let mut groups = groups(columns, cells);
    groups.sort_by_key(|group| std::cmp::Reverse(group.cells));
    groups.iter().filter(|group| group.is_code_like()).take(most).map(Group::area).collect()
}

/// Whether a place of more than one cell a side is busy: the least that a code at the edge of being read is.
pub(super) fn is_any_busy(pixels: &GrayImage) -> bool {
    let (columns, cells) = cells(pixels);
    groups(columns, cells).iter().any(|group| group.cells >= 4)
}

/// The range in levels of each busy cell and 0 of the others, row by row, and how many there are in a row.
fn cells(pixels: &GrayImage) -> (usize, Vec<u8>) {
    let width = pixels.width() as usize;
    let columns = width / CELL;
    if columns == 0 {
        return (0, Vec::new());
    }
    let rows: Vec<&[u8]> = pixels.as_raw().chunks_exact(width).collect();
    let busy = rows.chunks_exact(CELL).flat_map(|rows| {
        let (mut across, mut down) = (vec![0; columns], vec![0; columns]);
        let mut levels = vec![(u8::MAX, 0); columns];
        for (at, row) in rows.iter().enumerate() {
            let below = rows.get(at + 1);
            for (column, values) in row.chunks_exact(CELL).enumerate() {
                across[column] += steps(values, &values[1..]);
                levels[column] =
                    values.iter().fold(levels[column], |(low, high), &value| (low.min(value), high.max(value)));
                down[column] += below.map_or(0, |below| steps(values, &below[column * CELL..(column + 1) * CELL]));
            }
        }
        let range = |column: usize| {
            let (low, high) = levels[column];
            let is_busy = high - low >= RANGE_MIN && is_even(across[column], down[column]);
            if is_busy { high - low } else { 0 }
        };
        (0..columns).map(range).collect::<Vec<_>>()
    });
    (columns, busy.collect())
}

fn steps(from: &[u8], to: &[u8]) -> u32 {
    from.iter().zip(to).map(|(from, to)| u32::from(from.abs_diff(*to))).sum()
}

fn is_even(across: u32, down: u32) -> bool {
    let pairs = (CELL * (CELL - 1)) as f32;
    let (across, down) = (across as f32 / pairs, down as f32 / pairs);
    across.min(down) >= STEP_MIN && across.max(down) <= LEANING_MAX * across.min(down)
}

/// Busy cells that hang together.
struct Group {
    cells: usize,
    /// Cells whose range is at least half of the largest.
    alike: usize,
    columns: (usize, usize),
    rows: (usize, usize),
}

impl Group {
    /// Of cells with their column, row and range.
    fn of(members: &[(usize, usize, u8)]) -> Self {
        let span = |axis: fn(&(usize, usize, u8)) -> usize| {
            let values = || members.iter().map(axis);
            (values().min().unwrap_or(0), values().max().unwrap_or(0) + 1)
        };
        let most = members.iter().map(|member| member.2).max().unwrap_or(0);
        Self {
            cells: members.len(),
            alike: members.iter().filter(|member| member.2 >= most / 2).count(),
            columns: span(|member| member.0),
            rows: span(|member| member.1),
        }
    }

    fn is_code_like(&self) -> bool {
        let (wide, high) = (self.columns.1 - self.columns.0, self.rows.1 - self.rows.0);
        let slant = wide.max(high) as f32 / wide.min(high) as f32;
        let fill = self.cells as f32 / (wide * high) as f32;
        let alike = self.alike as f32 / self.cells as f32;
        wide.min(high) >= SIDE_MIN && slant <= SLANT_MAX && fill >= FILL_MIN && alike >= ALIKE_MIN
    }

    /// Its box with a cell of margin, which holds what the grid of cells cuts off.
    fn area(&self) -> Area {
        let along =
            |(first, end): (usize, usize)| ((first as f32 - 1.0) * CELL as f32, (end - first + 2) as f32 * CELL as f32);
        let ((left, width), (top, height)) = (along(self.columns), along(self.rows));
        Area { left, top, width, height }
    }
}

fn groups(columns: usize, mut ranges: Vec<u8>) -> Vec<Group> {
    let mut found = Vec::new();
    let mut next_start = 0;
    while let Some(start) = (next_start..ranges.len()).find(|&cell| ranges[cell] > 0) {
        let mut open = vec![(start, std::mem::take(&mut ranges[start]))];
        let mut members = Vec::new();
        while let Some((cell, range)) = open.pop() {
            members.push((cell % columns, cell / columns, range));
            for side in neighbours(cell, columns) {
                if let Some(range) = ranges.get_mut(side).filter(|range| **range > 0) {
                    open.push((side, std::mem::take(range)));
                }
            }
        }
        found.push(Group::of(&members));
        next_start = start + 1;
    }
    found
}

/// The cells at the four sides.
fn neighbours(cell: usize, columns: usize) -> impl Iterator<Item = usize> {
    let column = cell % columns;
    let sides = [
        cell.checked_sub(columns),
        Some(cell + columns),
        (column > 0).then(|| cell - 1),
        (column + 1 < columns).then(|| cell + 1),
    ];
    sides.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grey picture with a square of noise made of modules of 4 px.
    fn picture(left: u32, top: u32, side: u32) -> GrayImage {
        GrayImage::from_fn(400, 300, |x, y| {
            let inside = (left..left + side).contains(&x) && (top..top + side).contains(&y);
            let mixed = (x / 4).wrapping_mul(374_761_393).wrapping_add((y / 4).wrapping_mul(668_265_263));
            let mixed = (mixed ^ (mixed >> 13)).wrapping_mul(1_274_126_177);
            image::Luma([if inside && (mixed >> 16) % 2 == 0 { 20 } else { 200 }])
        })
    }

    #[test]
    fn a_square_of_modules_is_found_with_its_margin() {
        let found = busy(&picture(100, 80, 120), 3);
        assert_eq!(found.len(), 1, "{found:?}");
        let Area { left, top, width, height } = found[0];
        assert!(left <= 100.0 && top <= 80.0 && left + width >= 220.0 && top + height >= 200.0, "{found:?}");
        assert!(width <= 180.0 && height <= 180.0, "{found:?}");
    }

    #[test]
    fn stripes_ramps_and_dots_are_no_code() {
        let stripes = GrayImage::from_fn(400, 300, |x, _| image::Luma([if x / 4 % 2 == 0 { 20 } else { 200 }]));
        let ramp = GrayImage::from_fn(400, 300, |x, _| image::Luma([(x / 2) as u8]));
        for picture in [stripes, ramp, picture(100, 80, 20), GrayImage::new(1, 1), GrayImage::new(0, 0)] {
            assert!(busy(&picture, 3).is_empty());
        }
    }
}
