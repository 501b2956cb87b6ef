//! The one connected region of a matte that belongs to the subject.

use super::plane::{Field, Plane};
use super::refine::near;
use crate::model::Area;

/// Alpha from which a pixel can join the subject: under it the networks' haze round objects in the
/// background begins to bridge to the person.
const JOINS: f32 = 0.3;
/// Pixels of the network's picture round the subject in which soft alpha stays: hair fades over 3 to 5.
const FRINGE: usize = 5;

/// A box of pixels: first and one past the last column and row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed {
    pub(crate) columns: (usize, usize),
    pub(crate) rows: (usize, usize),
}

/// Alpha of what is connected to the face, everything else 0; `None` where no pixel of the face is taken
/// for a person. Holes that the subject encloses below `body_row` are closed: hair and arms can enclose
/// background above it, but a shirt has no windows.
pub(crate) fn subject(alpha: &Plane, face: Seed, body_row: usize) -> Option<Plane> {
    let taken = alpha.map(|value| value > JOINS);
    let seeds = (face.rows.0..face.rows.1)
        .flat_map(|row| (face.columns.0..face.columns.1).map(move |column| row * alpha.width + column));
    let subject = flood(&taken, seeds);
    if !subject.contains(&true) {
        return None;
    }
    let border = (0..alpha.width).chain((0..alpha.height).flat_map(|row| {
        let first = row * alpha.width;
        [first, first + alpha.width - 1]
    }));
    let last_row = (alpha.height - 1) * alpha.width..alpha.height * alpha.width;
    let free = Field { values: subject.iter().map(|member| !member).collect(), ..taken };
    let open = flood(&free, border.chain(last_row));
    let near = near(&subject, alpha.width, FRINGE);
    let values = (0..alpha.values.len()).map(|pixel| {
        let enclosed = !subject[pixel] && !open[pixel];
        if enclosed && pixel / alpha.width >= body_row {
            1.0
        } else if subject[pixel] || (near[pixel] && alpha.values[pixel] <= JOINS) {
            alpha.values[pixel]
        } else {
            0.0
        }
    });
    Some(Plane { width: alpha.width, height: alpha.height, values: values.collect() })
}

/// A connected region of a plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Region {
    /// How many pixels it has.
    pub(crate) count: usize,
    /// The least box round them.
    pub(crate) area: Area,
}

/// The largest connected region where `member` holds.
pub(crate) fn largest(shape: &Plane, member: impl Fn(usize) -> bool) -> Option<Region> {
    regions(shape, member).into_iter().max_by_key(Vec::len).map(|pixels| boxed(shape, &pixels))
}

/// A region of these pixels of `shape`.
pub(crate) fn boxed(shape: &Plane, pixels: &[usize]) -> Region {
    let place = |&pixel: &usize| Area {
        left: (pixel % shape.width) as f32,
        top: (pixel / shape.width) as f32,
        width: 1.0,
        height: 1.0,
    };
    let area = pixels.iter().map(place).reduce(|one, other| one.with(&other));
    Region { count: pixels.len(), area: area.expect("a region has a pixel") }
}

/// The pixels of each connected region where `member` holds.
pub(crate) fn regions(shape: &Plane, member: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let mut seen = vec![false; shape.values.len()];
    let mut regions = Vec::new();
    for start in 0..seen.len() {
        if seen[start] || !member(start) {
            continue;
        }
        seen[start] = true;
        let (mut region, mut next) = (vec![start], 0);
        while let Some(&pixel) = region.get(next) {
            next += 1;
            for side in sides(shape, pixel) {
                if !seen[side] && member(side) {
                    seen[side] = true;
                    region.push(side);
                }
            }
        }
        regions.push(region);
    }
    regions
}

/// All members that hang together with a seed over their four sides.
pub(super) fn flood(members: &Field<bool>, seeds: impl Iterator<Item = usize>) -> Vec<bool> {
    let (width, member) = (members.width, &members.values);
    let mut inside = vec![false; member.len()];
    let mut starts: Vec<usize> = Vec::new();
    for seed in seeds {
        starts.push(seed);
        while let Some(start) = starts.pop() {
            if inside[start] || !member[start] {
                continue;
            }
            // The whole run of members along the row, then where runs begin above and below it.
            let row = start - start % width;
            let before = member[row..start].iter().rev().take_while(|is_member| **is_member).count();
            let after = member[start..row + width].iter().take_while(|is_member| **is_member).count();
            let run = start - before..start + after;
            inside[run.clone()].fill(true);
            let above = run.start.checked_sub(width);
            let below = Some(run.start + width).filter(|below| *below < member.len());
            for beside in [above, below].into_iter().flatten() {
                let mut was_open = false;
                for pixel in beside..beside + run.len() {
                    let is_open = member[pixel] && !inside[pixel];
                    if is_open && !was_open {
                        starts.push(pixel);
                    }
                    was_open = is_open;
                }
            }
        }
    }
    inside
}

/// The pixels at the four sides of one, as far as they lie inside.
pub(super) fn sides(shape: &Plane, pixel: usize) -> impl Iterator<Item = usize> + use<> {
    let (width, column) = (shape.width, pixel % shape.width);
    let below = Some(pixel + width).filter(|&below| below < shape.values.len());
    let (left, right) = ((column > 0).then(|| pixel - 1), (column + 1 < width).then(|| pixel + 1));
    [left, right, pixel.checked_sub(width), below].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(rows: &[&str]) -> Plane {
        let values = rows.concat().bytes().map(|byte| f32::from(byte - b'0') / 9.0).collect();
        Plane { width: rows[0].len(), height: rows.len(), values }
    }

    const FACE: Seed = Seed { columns: (1, 3), rows: (1, 2) };

    #[test]
    fn what_hangs_not_together_with_the_face_goes() {
        let alpha = plane(&["000000000000", "099000000000", "099200000099", "099000000099"]);
        let subject = subject(&alpha, FACE, 4).expect("the face is a person");
        assert_eq!(subject, plane(&["000000000000", "099000000000", "099200000000", "099000000000"]));
    }

    #[test]
    fn a_hole_is_closed_in_the_body_and_left_in_the_hair() {
        let alpha = plane(&["99999", "99909", "99999", "99909", "99999"]);
        let subject = subject(&alpha, FACE, 2).expect("the face is a person");
        assert_eq!(subject, plane(&["99999", "99909", "99999", "99999", "99999"]));
    }

    #[test]
    fn no_person_where_the_face_is() {
        let alpha = plane(&["0000", "0000", "0099", "0099"]);
        assert!(subject(&alpha, FACE, 4).is_none());
    }

    #[test]
    fn what_hangs_together_round_corners_is_filled_and_nothing_else() {
        let shape = plane(&["90990", "90909", "99909", "00909", "99990"]).map(|value| value > 0.5);
        let filled = |seed: usize| {
            let inside = flood(&shape, std::iter::once(seed));
            inside.iter().map(|&inside| if inside { '9' } else { '0' }).collect::<String>()
        };
        assert_eq!(filled(0), ["90990", "90900", "99900", "00900", "99990"].concat());
        assert_eq!(filled(9), ["00000", "00009", "00009", "00009", "00000"].concat());
        assert_eq!(filled(1), "0".repeat(25));
    }

    #[test]
    fn the_largest_region_is_counted_and_boxed() {
        let shape = plane(&["90099", "90099", "00000", "99000"]);
        let area = Area { left: 3.0, top: 0.0, width: 2.0, height: 2.0 };
        assert_eq!(largest(&shape, |pixel| shape.values[pixel] > 0.5), Some(Region { count: 4, area }));
        assert_eq!(largest(&shape, |_| false), None);
    }
}
