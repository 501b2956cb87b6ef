//! Parts of the portrait, and numbers of their pixels.

use image::Rgb;

use super::Subject;
use crate::model::{Area, Point};
pub(super) use crate::stage::colours::distance;
use crate::stage::pixels::row;
use crate::stage::portrait::{FACE_PX, Portrait};

/// Radius of a patch round a point of the mesh, over the face's width: a fingertip.
const PATCH_SHARE: f32 = 0.035;

/// The line round the face on the canonical mesh, clockwise from the forehead.
pub(super) const OVAL: [usize; 36] = [
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
];
/// Middle of the cheeks, under the eyes and beside the nose; the same places on both sides.
pub(super) const CHEEKS: [[usize; 5]; 2] = [[50, 205, 101, 117, 187], [280, 425, 330, 346, 411]];
/// Outer and inner corner of each eye, and its two pairs of lids; the eye at the left of the picture first.
pub(super) const EYES: [[usize; 6]; 2] = [[33, 160, 158, 133, 153, 144], [362, 385, 387, 263, 373, 380]];

/// Middle of the iris of each eye; only meshes of 478 points have them.
pub(super) const IRISES: [usize; 2] = [468, 473];

/// Levels of red, green and blue.
pub(super) type Colour = [f32; 3];

/// Chroma in levels under which skin has no colour.
pub(super) const GREY: f32 = 2.0;

/// Largest less smallest level: 0 is grey.
pub(super) fn chroma(colour: Colour) -> f32 {
    let [red, green, blue] = colour;
    red.max(green).max(blue) - red.min(green).min(blue)
}

/// The angle on the colour wheel in degrees, red 0, green 120, blue 240; 0 for greys.
pub(super) fn hue(colour: Colour) -> f32 {
    let ([red, green, blue], spread) = (colour, chroma(colour));
    let top = red.max(green).max(blue);
    if spread <= 0.0 {
        0.0
    } else if top <= red {
        (60.0 * (green - blue) / spread).rem_euclid(360.0)
    } else if top <= green {
        120.0 + 60.0 * (blue - red) / spread
    } else {
        240.0 + 60.0 * (red - green) / spread
    }
}

/// Share of chroma in the brightest level, 0 to 1.
pub(super) fn saturation(colour: Colour) -> f32 {
    let [red, green, blue] = colour;
    chroma(colour) / red.max(green).max(blue).max(1.0)
}

/// A colour without its brightness: levels of the same shares that add up to three hundred.
pub(super) fn balance(colour: Colour) -> Colour {
    let sum = colour.iter().sum::<f32>().max(1.0);
    colour.map(|level| level * 300.0 / sum)
}

pub(super) fn colour(pixel: &Rgb<u8>) -> Colour {
    pixel.0.map(f32::from)
}

/// The value that a share of the values lies under; `None` of nothing.
pub(super) fn quantile(mut values: Vec<f32>, share: f32) -> Option<f32> {
    let at = (values.len().checked_sub(1)? as f32 * share).round() as usize;
    Some(*values.select_nth_unstable_by(at, f32::total_cmp).1)
}

/// The colour of the middle level in each channel; `None` of nothing.
pub(super) fn median(colours: &[Colour]) -> Option<Colour> {
    let channel = |of: usize| quantile(colours.iter().map(|colour| colour[of]).collect(), 0.5);
    Some([channel(0)?, channel(1)?, channel(2)?])
}

/// Colours round points of the mesh.
pub(super) fn patches(subject: &Subject<'_>, points: &[usize]) -> Vec<Colour> {
    points.iter().flat_map(|&index| patch(&subject.portrait, subject.point(index))).collect()
}

/// Colours round a place of the original.
pub(super) fn patch(portrait: &Portrait, place: Point) -> Vec<Colour> {
    let (centre, radius) = (portrait.at(place), PATCH_SHARE * FACE_PX);
    let range = |middle: f32, size: u32| {
        let limit = size as f32;
        ((middle - radius).clamp(0.0, limit) as u32, (middle + radius + 1.0).clamp(0.0, limit) as u32)
    };
    let (columns, rows) = (range(centre.x, portrait.pixels.width()), range(centre.y, portrait.pixels.height()));
    let mut found = Vec::new();
    for row in rows.0..rows.1 {
        for column in columns.0..columns.1 {
            let place = Point { x: column as f32 + 0.5, y: row as f32 + 0.5 };
            if place.distance(centre) <= radius && portrait.shows(column, row) {
                found.push(colour(portrait.pixels.get_pixel(column, row)));
            }
        }
    }
    found
}

/// Middle of an eye between its lids, in pixels of the original.
pub(super) fn middle(subject: &Subject<'_>, [_, upper, upper_too, _, lower_too, lower]: [usize; 6]) -> Point {
    let between = |one: usize, other: usize| subject.point(one).middle(subject.point(other));
    between(upper, lower).middle(between(upper_too, lower_too))
}

/// Colours of the portrait's pixels inside a closed line through points of the mesh, as far as they show the photo.
pub(super) fn inside(subject: &Subject<'_>, line: &[usize]) -> Vec<Colour> {
    let portrait = &subject.portrait;
    let corners: Vec<Point> = line.iter().map(|&index| portrait.at(subject.point(index))).collect();
    let column = |x: f32| (x.round().max(0.0) as u32).clamp(portrait.columns.0, portrait.columns.1);
    let mut found = Vec::new();
    for at in portrait.rows.0..portrait.rows.1 {
        let mut crossings = crossings(&corners, at as f32 + 0.5);
        crossings.sort_by(f32::total_cmp);
        for [from, to] in crossings.as_chunks::<2>().0 {
            let pixels = row(&portrait.pixels, at, column(*from)..column(*to));
            found.extend(pixels.iter().map(|pixel| pixel.map(f32::from)));
        }
    }
    found
}

/// Where a closed line crosses a height.
fn crossings(corners: &[Point], y: f32) -> Vec<f32> {
    let next = corners.iter().cycle().skip(1);
    let crossed = corners.iter().zip(next).filter(|(from, to)| (from.y > y) != (to.y > y));
    crossed.map(|(from, to)| from.x + (y - from.y) / (to.y - from.y) * (to.x - from.x)).collect()
}

/// The box round points of the mesh, grown by a share of its size on each side, in pixels of the original.
pub(super) fn around(subject: &Subject<'_>, points: &[usize], grown: f32) -> Area {
    let places = || points.iter().map(|&index| subject.point(index));
    let (left, right) = range(places().map(|place| place.x));
    let (top, bottom) = range(places().map(|place| place.y));
    let (across, down) = ((right - left) * grown, (bottom - top).max((right - left) / 2.0) * grown);
    Area { left: left - across, top: top - down, width: right - left + 2.0 * across, height: bottom - top + 2.0 * down }
}

fn range(values: impl Iterator<Item = f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(least, most), value| (least.min(value), most.max(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_are_where_painters_have_them() {
        for (colour, expected) in [
            ([255.0, 0.0, 0.0], 0.0),
            ([0.0, 255.0, 0.0], 120.0),
            ([0.0, 0.0, 255.0], 240.0),
            ([255.0, 0.0, 255.0], 300.0),
            ([100.0, 197.0, 255.0], 202.4),
            ([7.0, 7.0, 7.0], 0.0),
        ] {
            assert!((hue(colour) - expected).abs() < 0.1, "{colour:?}: {}", hue(colour));
        }
        assert_eq!(saturation([0.0, 50.0, 100.0]), 1.0);
        assert_eq!(saturation([0.0; 3]), 0.0);
    }

    #[test]
    fn a_quantile_is_a_value_of_the_list() {
        let values = || vec![5.0, 1.0, 3.0, 2.0, 4.0];
        for (share, expected) in [(0.0, 1.0), (0.5, 3.0), (1.0, 5.0)] {
            assert_eq!(quantile(values(), share), Some(expected));
        }
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }

    #[test]
    fn a_line_is_crossed_twice_between_top_and_bottom() {
        let corners = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)].map(|(x, y)| Point { x, y });
        let mut found = crossings(&corners, 5.0);
        found.sort_by(f32::total_cmp);
        assert_eq!(found, [0.0, 10.0]);
        assert!(crossings(&corners, 11.0).is_empty());
    }
}
