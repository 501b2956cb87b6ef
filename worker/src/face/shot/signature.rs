//! A face in small: brightness on a grid that is aligned by the face and freed of light and contrast, and where points
//! of the face lie beside their mean places. 253 bytes, from which nobody is recognised.

use gradphoto_shared::face::ShotSignature;
use gradphoto_shared::{Error, Result};

use crate::model::Point;
use crate::model::embed::UPRIGHT_SIDE;
use crate::stage::brightness::brightness;
use crate::stage::landmark::Landmarked;
use crate::stage::plane::Plane;
use crate::stage::square::Square;
use crate::stage::view::View;

/// First byte of a signature: other layouts are not compared.
const LAYOUT: u8 = 1;
/// Cells of the grid across and down, and pixels across and down whose mean each is.
const CELLS: usize = 20;
const CELL_PX: usize = 4;
/// Side of the upright square in pixels; places below are in them.
const SIDE: f32 = UPRIGHT_SIDE as f32;
/// The grid's middle: a little lower than the square's, so that it reaches the chin.
const MIDDLE: Point = Point { x: 56.0, y: 62.5 };
/// Cells to either side with which the brightness of a cell is compared.
const NEAR: usize = 2;
/// Levels added to the deviation there, so that flat skin is not blown up to noise.
const CALM: f32 = 2.0;
/// Deviations of all cells that one of the 16 steps of a cell is worth.
const CELL_STEP: f32 = 1.0 / 3.0;
/// Cells at the rim that are not compared: what is shifted in there is not known.
const RIM: usize = 2;
/// Shifts that are tried in each direction, in cells: the points by which the grid lies fall a little differently on a
/// mirrored or turned photo.
const SHIFTS: [f32; 7] = [-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75];
/// Points whose places are compared: the picture's left, its mirror image (the point itself in the middle of the face),
/// and the mean place of the former in the upright square on 624 faces.
const POINTS: [(usize, usize, f32, f32); 13] = [
    (70, 300, 23.0, 44.8),
    (105, 334, 32.4, 40.4),
    (107, 336, 47.7, 42.1),
    (159, 386, 37.3, 50.8),
    (145, 374, 38.1, 55.3),
    (98, 327, 46.4, 78.1),
    (61, 291, 40.3, 92.1),
    (234, 454, 14.7, 64.0),
    (172, 397, 23.0, 101.1),
    (4, 4, 56.0, 72.2),
    (0, 0, 56.0, 87.9),
    (13, 13, 56.0, 91.1),
    (152, 152, 56.0, 122.3),
];
/// Pixels of the upright square that one step of a place is worth.
const POINT_STEP: f32 = 0.15;
/// Cheek to cheek of the mean face in the upright square.
const FACE_PX: f32 = 82.6;
/// Bytes of the grid: two cells each.
const GRID_BYTES: usize = CELLS * CELLS / 2;

/// The signature of the shot of a face whose upright square is `square`.
pub(in crate::face) fn make(view: &View, face: &Landmarked, square: Square) -> Result<ShotSignature> {
    let mut bytes = vec![LAYOUT];
    bytes.extend(pack(&flattened(view, square.about(MIDDLE.scaled(1.0 / SIDE), 1.0))));
    for (left, right, x, y) in POINTS {
        for (index, x) in [(left, x), (right, SIDE - x)] {
            let place = square.place_of(face.points[index]).scaled(SIDE);
            let step = |beside: f32| (beside / POINT_STEP).round().clamp(-127.0, 127.0) as i8;
            bytes.extend([step(place.x - x), step(place.y - y)].map(i8::cast_unsigned));
        }
    }
    ShotSignature::new(bytes).ok_or(Error::Broken { stage: "embed" })
}

/// Brightness in a square of the photo, beside the brightness near it.
fn flattened(view: &View, square: Square) -> Plane {
    let fine = square.cut(view, (CELLS * CELL_PX) as u32);
    let mut values = vec![0.0; CELLS * CELLS];
    for (x, y, pixel) in fine.enumerate_pixels() {
        values[y as usize / CELL_PX * CELLS + x as usize / CELL_PX] += brightness(pixel.0.map(f32::from));
    }
    let levels = Plane { width: CELLS, height: CELLS, values }.map(|sum| sum / (CELL_PX * CELL_PX) as f32);
    let steps = levels.zip(&levels.mean(NEAR), |level, near| level - near);
    let deviation = steps.map(|step| step * step).mean(NEAR);
    steps.zip(&deviation, |step, square| step / (square.sqrt() + CALM))
}

/// Cells in 16 steps about their mean, two a byte.
fn pack(grid: &Plane) -> Vec<u8> {
    let count = grid.values.len() as f32;
    let mean = grid.values.iter().sum::<f32>() / count;
    let deviation = (grid.values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count).sqrt().max(1e-6);
    let step = |value: f32| ((value - mean) / (deviation * CELL_STEP)).round().clamp(-7.0, 8.0) as i8 + 7;
    grid.values.chunks_exact(2).map(|pair| (step(pair[0]) << 4 | step(pair[1])).cast_unsigned()).collect()
}

/// A signature as it is compared.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    grid: Plane,
    /// Beside the mean place, in pixels of the upright square: left and right of each of [`POINTS`].
    beside: Vec<[Point; 2]>,
}

impl Sketch {
    /// Reads a signature; `None` where it is of another layout.
    pub(super) fn read(signature: &ShotSignature) -> Option<Self> {
        let (layout, bytes) = signature.as_bytes().split_first()?;
        if *layout != LAYOUT || bytes.len() != GRID_BYTES + 4 * POINTS.len() {
            return None;
        }
        let (cells, places) = bytes.split_at(GRID_BYTES);
        let values = cells.iter().flat_map(|pair| [pair >> 4, pair & 15]).map(|step| f32::from(step) - 7.0).collect();
        let place = |bytes: &[u8]| {
            let [x, y] = [bytes[0], bytes[1]].map(|byte| f32::from(byte.cast_signed()) * POINT_STEP);
            Point { x, y }
        };
        let beside = places.chunks_exact(4).map(|both| [place(&both[..2]), place(&both[2..])]).collect();
        Some(Self { grid: Plane { width: CELLS, height: CELLS, values }, beside })
    }

    /// The same face seen in a mirror.
    pub(super) fn mirrored(&self) -> Self {
        let rows = (0..CELLS).map(|row| self.grid.row(row));
        let values = rows.flat_map(|row| row.iter().rev().copied()).collect();
        let turned = |point: Point| Point { x: -point.x, ..point };
        let beside = self.beside.iter().map(|[left, right]| [turned(*right), turned(*left)]).collect();
        Self { grid: Plane { values, ..self.grid }, beside }
    }

    /// Correlation with another grid, -1 to 1, at the shift at which it is highest.
    pub(super) fn correlation(&self, other: &Self) -> f32 {
        let inner = |grid: &Plane, shift: (f32, f32)| {
            let cells = RIM..CELLS - RIM;
            cells
                .clone()
                .flat_map(|row| cells.clone().map(move |column| (column, row)))
                .map(|(column, row)| between(grid, column as f32 + shift.0, row as f32 + shift.1))
                .collect::<Vec<f32>>()
        };
        let fixed = standard(inner(&other.grid, (0.0, 0.0)));
        let shifts = SHIFTS.iter().flat_map(|x| SHIFTS.iter().map(move |y| (*x, *y)));
        let alike = shifts.map(|shift| {
            let moved = standard(inner(&self.grid, shift));
            moved.iter().zip(&fixed).map(|(one, other)| one * other).sum::<f32>()
        });
        alike.fold(-1.0, f32::max)
    }

    /// What places differ by apart from a common shift, in hundredths of the face's width (root mean square).
    pub(super) fn distance(&self, other: &Self) -> f32 {
        let pairs = self.beside.iter().flatten().zip(other.beside.iter().flatten());
        let steps: Vec<Point> = pairs.map(|(one, other)| Point { x: one.x - other.x, y: one.y - other.y }).collect();
        let count = steps.len() as f32;
        let mean = |of: fn(&Point) -> f32| steps.iter().map(of).sum::<f32>() / count;
        let common = Point { x: mean(|step| step.x), y: mean(|step| step.y) };
        let square = steps.iter().map(|step| step.distance(common).powi(2)).sum::<f32>() / count;
        100.0 * square.sqrt() / FACE_PX
    }
}

/// The number at a place between cells, by the four round it.
fn between(grid: &Plane, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = (x - left, y - top);
    let at = |column: f32, row: f32| grid.at(column as usize, row as usize);
    // Shifts are smaller than the rim, so all four are cells.
    let upper = at(left, top) * (1.0 - fx) + at(left + 1.0, top) * fx;
    let lower = at(left, top + 1.0) * (1.0 - fx) + at(left + 1.0, top + 1.0) * fx;
    upper * (1.0 - fy) + lower * fy
}

/// Numbers of mean 0 whose squares add up to 1; all 0 where they are one number.
fn standard(mut values: Vec<f32>) -> Vec<f32> {
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    values.iter_mut().for_each(|value| *value -= mean);
    let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 1e-6 {
        values.iter_mut().for_each(|value| *value /= length);
    }
    values
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, imageops};

    use super::super::super::see::align;
    use super::*;
    use crate::model::embed::UPRIGHT;

    /// A picture of blots whose face points lie where a mean face has them, moved and grown.
    fn shot(seed: f32, scale: f32, colour: impl Fn(f32) -> f32) -> (View, Landmarked) {
        let side = (200.0 * scale) as u32;
        let pixels = RgbImage::from_fn(side, side, |x, y| {
            let (x, y) = (x as f32 / scale / 17.0, y as f32 / scale / 17.0);
            let wave = (x * seed).sin() + (1.3 * y * seed - x * 0.4).cos() + (0.7 * x * y).sin();
            Rgb([colour(128.0 + 30.0 * wave).clamp(0.0, 255.0) as u8; 3])
        });
        let mut points = vec![Point { x: 0.0, y: 0.0 }; 478];
        let at = |x: f32, y: f32| Point { x: (44.0 + x) * scale, y: (40.0 + y) * scale };
        UPRIGHT.iter().for_each(|&(index, x, y)| points[index] = at(x, y));
        for (left, right, x, y) in POINTS.into_iter().filter(|(left, ..)| UPRIGHT.iter().all(|known| known.0 != *left))
        {
            (points[right], points[left]) = (at(SIDE - x, y), at(x, y));
        }
        let size = (side, side);
        (View::of(pixels, 1.0, size), Landmarked::from_points(points))
    }

    fn signature(view: &View, face: &Landmarked) -> ShotSignature {
        make(view, face, align(face, &UPRIGHT, UPRIGHT_SIDE).unwrap()).unwrap()
    }

    fn sketch(view: &View, face: &Landmarked) -> Sketch {
        Sketch::read(&signature(view, face)).unwrap()
    }

    #[test]
    fn light_and_size_change_no_signature_and_another_picture_does() {
        let (view, face) = shot(1.0, 1.0, |level| level);
        let own = sketch(&view, &face);
        for (what, scale, colour) in [
            ("brighter", 1.0, (|level| level * 0.8 + 40.0) as fn(f32) -> f32),
            ("larger", 1.6, |level| level),
            ("smaller", 0.7, |level| level),
        ] {
            let (view, face) = shot(1.0, scale, colour);
            let other = sketch(&view, &face);
            assert!(own.correlation(&other) > 0.95, "{what}: {}", own.correlation(&other));
            assert!(own.distance(&other) < 0.4, "{what}: {}", own.distance(&other));
        }
        let (view, face) = shot(2.0, 1.0, |level| level);
        assert!(own.correlation(&sketch(&view, &face)) < 0.8);
    }

    #[test]
    fn a_mirrored_sketch_is_that_of_the_mirrored_photo() {
        let (view, face) = shot(1.0, 1.0, |level| level);
        let own = sketch(&view, &face);
        let mirror = |point: Point| Point { x: view.size.0 as f32 - point.x, ..point };
        let mut points: Vec<Point> = face.points.iter().copied().map(mirror).collect();
        let pairs = [(33, 263), (133, 362)].into_iter().chain(POINTS.map(|(left, right, ..)| (left, right)));
        pairs.filter(|(left, right)| left != right).for_each(|(left, right)| points.swap(left, right));
        let pixels = imageops::flip_horizontal(&view.pixels);
        let seen = sketch(&View::of(pixels, view.scale, view.size), &Landmarked::from_points(points)).mirrored();
        assert!(own.correlation(&seen) > 0.97, "{}", own.correlation(&seen));
        assert!(own.distance(&seen) < 0.4, "{}", own.distance(&seen));
    }

    #[test]
    fn a_signature_is_short_and_others_are_not_read() {
        let (view, face) = shot(1.0, 1.0, |level| level);
        let signature = signature(&view, &face);
        assert_eq!(signature.as_bytes().len(), 1 + GRID_BYTES + 4 * POINTS.len());
        let mut bytes = signature.as_bytes().to_vec();
        bytes[0] = LAYOUT + 1;
        for other in [Vec::new(), vec![LAYOUT], bytes] {
            assert!(Sketch::read(&ShotSignature::new(other).unwrap()).is_none());
        }
        let nowhere = Landmarked::from_points(vec![Point { x: 5.0, y: 5.0 }; 478]);
        assert!(align(&nowhere, &UPRIGHT, UPRIGHT_SIDE).is_none());
    }
}
