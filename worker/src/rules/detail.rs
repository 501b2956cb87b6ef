//! The face at a small size, for rules about its finest detail.

use fast_image_resize::FilterType;
use gradphoto_shared::check::NotAssessed;

use super::Scene;
use crate::model::{Area, Point};
use crate::stage::brightness::levels;
use crate::stage::plane::Plane;
use crate::stage::resample::Outside;

/// Cheek to cheek in pixels: every photo that is not refused for too few pixels can be compared at it.
const FACE_PX: f32 = 128.0;
/// Least real pixels from cheek to cheek; fewer would be enlarged, and enlarging blurs.
const LEAST_PX: f32 = 115.0;
/// Radius in pixels of the further blur.
const BLUR: usize = 2;

/// Brightness of the face in levels, from the brows to the chin.
#[derive(Debug)]
pub(super) struct Detail {
    levels: Plane,
    /// Its corner, in pixels of the original.
    from: Point,
    /// Its pixels per pixel of the original.
    scale: f32,
}

/// The finest brightness changes of a part of the face.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grain {
    /// Their standard deviation in levels: how far a pixel is from the mean of it and its eight neighbours.
    pub(super) deviation: f32,
    /// Mean brightness of the part in levels.
    pub(super) brightness: f32,
}

impl Detail {
    pub(super) fn of(scene: &Scene<'_>) -> Result<Self, NotAssessed> {
        let subject = scene.subject()?;
        subject.detailed(LEAST_PX)?;
        let face = subject.face_area();
        let scale = FACE_PX / subject.face.face_width();
        // The inner face: cheeks' edges are the background's business.
        let area = Area {
            left: face.left + face.width * 0.1,
            top: face.top + face.height * 0.15,
            width: face.width * 0.8,
            height: face.height * 0.85,
        };
        let side = |length: f32| (length * scale).round().max(8.0) as u32;
        let size = (side(area.width), side(area.height));
        let cut = scene.view.cut(area, size, FilterType::Bilinear, Outside::Edge).picture;
        let from = Point { x: area.left, y: area.top };
        Ok(Self { levels: levels(&cut, 0..size.0, 0..size.1), from, scale })
    }

    /// The grain of areas of the original, taken together; `None` where the face shows no pixel of them.
    pub(super) fn grain(&self, areas: &[Area]) -> Option<Grain> {
        // Pixels with eight neighbours.
        let inside = |from: f32, to: f32, size: usize| {
            let at = |place: f32| ((place * self.scale).max(1.0) as usize).min(size - 1);
            at(from)..at(to)
        };
        let (mut steps, mut brightness, mut count) = (0.0, 0.0, 0);
        for area in areas {
            let (left, top) = (area.left - self.from.x, area.top - self.from.y);
            let columns = inside(left, left + area.width, self.levels.width);
            for row in inside(top, top + area.height, self.levels.height) {
                let rows = [row - 1, row, row + 1].map(|row| self.levels.row(row));
                for column in columns.clone() {
                    let mean = rows.iter().flat_map(|row| &row[column - 1..=column + 1]).sum::<f32>() / 9.0;
                    let level = rows[1][column];
                    steps += (level - mean).powi(2);
                    brightness += level;
                    count += 1;
                }
            }
        }
        let share = |sum: f32| sum / count as f32;
        (count > 0).then(|| Grain { deviation: share(steps).sqrt(), brightness: share(brightness) })
    }

    /// How much of the steps between pixels a further blur takes away, 0 to 1, in the blurrier direction
    /// (no-reference blur of Crete, Dolmiere, Ladret and Nicolas 2007).
    pub(super) fn sharpness(&self) -> f32 {
        let blurred = self.levels.mean(BLUR);
        let lost = |steps: &dyn Fn(&Plane) -> Vec<f32>| {
            let (own, softer) = (steps(&self.levels), steps(&blurred));
            let gone: f32 = own.iter().zip(softer).map(|(own, softer)| (own - softer).max(0.0)).sum();
            gone / own.iter().sum::<f32>().max(1.0)
        };
        lost(&across).min(lost(&down))
    }

    /// Standard deviation of noise in levels (Immerkaer 1996): what is left where neither a slope nor an
    /// edge is.
    pub(super) fn noise(&self) -> f32 {
        let (width, height) = (self.levels.width, self.levels.height);
        let mut sum = 0.0;
        for row in 1..height - 1 {
            for column in 1..width - 1 {
                let at = |x: usize, y: usize| self.levels.at(column + x - 1, row + y - 1);
                let corners = at(0, 0) + at(2, 0) + at(0, 2) + at(2, 2);
                let sides = at(1, 0) + at(0, 1) + at(2, 1) + at(1, 2);
                sum += (corners - 2.0 * sides + 4.0 * at(1, 1)).abs();
            }
        }
        let count = ((width - 2) * (height - 2)) as f32;
        (std::f32::consts::FRAC_PI_2).sqrt() * sum / (6.0 * count)
    }
}

/// Steps between neighbours in a row.
fn across(plane: &Plane) -> Vec<f32> {
    let rows = (0..plane.height).map(|row| plane.row(row));
    rows.flat_map(|row| row.windows(2).map(|pair| (pair[0] - pair[1]).abs())).collect()
}

/// Steps between neighbours in a column.
fn down(plane: &Plane) -> Vec<f32> {
    let upper = &plane.values[..plane.values.len() - plane.width];
    upper.iter().zip(&plane.values[plane.width..]).map(|(one, other)| (one - other).abs()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(level: impl Fn(usize, usize) -> f32) -> Detail {
        let values = (0..64 * 64).map(|at| level(at % 64, at / 64)).collect();
        Detail { levels: Plane { width: 64, height: 64, values }, from: Point { x: 10.0, y: 20.0 }, scale: 0.5 }
    }

    #[test]
    fn a_blurred_picture_loses_little_to_a_further_blur() {
        let sharp = detail(|x, y| if (x / 8 + y / 8) % 2 == 0 { 200.0 } else { 50.0 });
        let blurred = Detail { levels: sharp.levels.mean(4).mean(4), ..sharp };
        assert!(sharp.sharpness() > 0.6 && blurred.sharpness() < 0.3, "{} {}", sharp.sharpness(), blurred.sharpness());
        let moved = detail(|x, _| x as f32 * 3.0);
        assert!(moved.sharpness() < 0.1, "one sharp direction is not enough: {}", moved.sharpness());
    }

    #[test]
    fn noise_is_what_neither_slope_nor_edge_explains() {
        assert!(detail(|x, y| (2 * x + y) as f32).noise() < 1e-3);
        // Two levels by a fixed shuffle: standard deviation 10.
        let shuffled = detail(|x, y| if (x * 7919 + y * 104_729 + x * y * 31) % 13 < 6 { 90.0 } else { 110.0 });
        assert!((7.0..15.0).contains(&shuffled.noise()), "{}", shuffled.noise());
    }

    #[test]
    fn grain_is_that_of_the_places_asked_for() {
        // Slopes have none; at the right every second column is 9 levels brighter.
        let half = detail(|x, y| 50.0 + y as f32 + if x >= 32 && x % 2 == 0 { 9.0 } else { 0.0 });
        // Of three columns one or two are brighter: a pixel is 6 levels from their mean.
        for (left, width, expected) in [(10.0, 60.0, 0.0), (78.0, 60.0, 6.0)] {
            let grain = half.grain(&[Area { left, top: 20.0, width, height: 128.0 }]).expect("pixels");
            assert!((grain.deviation - expected).abs() < 1e-3, "{left}: {grain:?}");
            assert!((80.0..90.0).contains(&grain.brightness), "{left}: {grain:?}");
        }
        let beside = Area { left: 300.0, top: 20.0, width: 40.0, height: 40.0 };
        assert!(half.grain(&[beside]).is_none());
    }
}
