//! Alpha at output resolution: the matte's edge moved to the edges of the colours (fast guided filter,
//! He and Sun 2015, on a guide of three colours).

use super::colours::{Colours, QUARTER};
use super::plane::{Field, Plane};

/// Radius in pixels of the finished picture, and regularisation for colours of 0 to 1: found best by eye
/// on plain walls, studio backgrounds and streets. The linear models are made at a quarter of the resolution and applied
/// at the full one.
const RADIUS: usize = 8;
const EPSILON: f32 = 1e-4;
/// Pixels on each side of the matte's edge that are refined.
const BAND: usize = 10;
/// Alpha is stretched so that what the network leaves between is settled.
const STRETCH_LOW: f32 = 0.04;
const STRETCH_RANGE: f32 = 0.92;

/// Where the products of two colours stand behind alpha, the colours and their products with alpha.
const PAIRS: [(usize, usize); 6] = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];

/// Moves the edge of `coarse` to the edges in `colours`; pixels far from the edge become 0 or 1.
pub(crate) fn refine(coarse: &Plane, colours: &Colours) -> Plane {
    let near = band(coarse);
    let models = fit(coarse, &colours.quarter);
    let values = (0..coarse.values.len()).map(|pixel| {
        if !near[pixel] {
            return f32::from(u8::from(coarse.values[pixel] >= 0.5));
        }
        let [red, green, blue, shift] = models.between((pixel % coarse.width, pixel / coarse.width), QUARTER);
        let [r, g, b] = colours.fine.values[pixel];
        ((red * r + green * g + blue * b + shift - STRETCH_LOW) / STRETCH_RANGE).clamp(0.0, 1.0)
    });
    Plane { width: coarse.width, height: coarse.height, values: values.collect() }
}

/// Pixels within [`BAND`] of the edge, and those the network left soft.
fn band(coarse: &Plane) -> Vec<bool> {
    let soft = |alpha: f32| alpha > STRETCH_LOW && alpha < STRETCH_LOW + STRETCH_RANGE;
    let near = at_outline(&coarse.values, coarse.width, BAND);
    near.iter().zip(&coarse.values).map(|(&is_near, &alpha)| is_near || soft(alpha)).collect()
}

/// Which pixels lie within `reach` of the outline along rows and columns: the square round them holds both person, of an
/// alpha over a half, and background. `alpha` is row by row, each of `width`.
#[must_use]
pub fn at_outline(alpha: &[f32], width: usize, reach: usize) -> Vec<bool> {
    let kinds: Vec<u8> = alpha.iter().map(|&alpha| if alpha > 0.5 { PERSON } else { BACKGROUND }).collect();
    around(&kinds, width, reach).into_iter().map(|kinds| kinds == PERSON | BACKGROUND).collect()
}

/// Which pixels have one that `holds` within `reach` along rows and columns; row by row, each of `width`.
pub(crate) fn near(holds: &[bool], width: usize, reach: usize) -> Vec<bool> {
    let kinds: Vec<u8> = holds.iter().map(|&holds| u8::from(holds)).collect();
    around(&kinds, width, reach).into_iter().map(|kinds| kinds != 0).collect()
}

/// All bits in the square round each pixel.
fn around(kinds: &[u8], width: usize, reach: usize) -> Vec<u8> {
    let mut near = kinds.to_vec();
    let mut before = near.clone();
    for step in steps(reach) {
        for (near, before) in near.chunks_mut(width.max(1)).zip(before.chunks(width.max(1))) {
            spread(near, before, step);
        }
        before.copy_from_slice(&near);
    }
    for step in steps(reach) {
        spread(&mut near, &before, step * width);
        before.copy_from_slice(&near);
    }
    near
}

/// How far to spread one time after the other to come as far as `reach` and leave nothing out: what has come so far fills
/// twice as many places and one.
fn steps(reach: usize) -> impl Iterator<Item = usize> {
    let mut come = 0;
    std::iter::from_fn(move || {
        let step = (2 * come + 1).min(reach - come);
        come += step;
        (step > 0).then_some(step)
    })
}

/// What a pixel is, and what is near it: both bits where both are.
const PERSON: u8 = 1;
const BACKGROUND: u8 = 2;

/// Adds to what is near each pixel what lies `step` before and behind it.
fn spread(near: &mut [u8], own: &[u8], step: usize) {
    if step < own.len() {
        let (before, behind) = (&own[..own.len() - step], &own[step..]);
        near[step..].iter_mut().zip(before).for_each(|(near, own)| *near |= own);
        near.iter_mut().zip(behind).for_each(|(near, own)| *near |= own);
    }
}

/// The linear model of each neighbourhood at a quarter of the resolution, averaged: three factors and a shift.
fn fit(coarse: &Plane, guide: &Field<[f32; 3]>) -> Field<[f32; 4]> {
    let radius = RADIUS / QUARTER;
    let alpha = coarse.shrunk(QUARTER);
    let moments = alpha.zip(guide, |alpha, [r, g, b]: [f32; 3]| {
        [alpha, r, g, b, r * alpha, g * alpha, b * alpha, r * r, r * g, r * b, g * g, g * b, b * b]
    });
    moments.mean_by(radius, |_, mean| model(mean)).mean(radius)
}

/// The linear model that fits mean values best.
fn model(mean: [f32; 13]) -> [f32; 4] {
    let (alpha, centre) = (mean[0], [mean[1], mean[2], mean[3]]);
    let spread: [f32; 6] = std::array::from_fn(|i| {
        let (one, other) = PAIRS[i];
        let regular = if one == other { EPSILON } else { 0.0 };
        mean[7 + i] - centre[one] * centre[other] + regular
    });
    let target: [f32; 3] = std::array::from_fn(|channel| mean[4 + channel] - centre[channel] * alpha);
    let [red, green, blue] = solve(spread, target);
    [red, green, blue, alpha - red * centre[0] - green * centre[1] - blue * centre[2]]
}

/// Solves a symmetric 3x3 system given as its upper triangle; it is positive by [`EPSILON`].
fn solve([a, b, c, d, e, f]: [f32; 6], [x, y, z]: [f32; 3]) -> [f32; 3] {
    let (aa, bb, cc) = (d * f - e * e, c * e - b * f, b * e - c * d);
    let (dd, ee, ff) = (a * f - c * c, b * c - a * e, a * d - b * b);
    let determinant = a * aa + b * bb + c * cc;
    if determinant.abs() < f32::MIN_POSITIVE {
        return [0.0; 3];
    }
    let share = 1.0 / determinant;
    [(aa * x + bb * y + cc * z) * share, (bb * x + dd * y + ee * z) * share, (cc * x + ee * y + ff * z) * share]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_system_is_solved() {
        let [x, y, z] = solve([4.0, 1.0, 0.5, 3.0, 0.2, 2.0], [4.0 + 2.0 + 1.5, 1.0 + 6.0 + 0.6, 0.5 + 0.4 + 6.0]);
        assert!((x - 1.0).abs() < 1e-4 && (y - 2.0).abs() < 1e-4 && (z - 3.0).abs() < 1e-4, "{x} {y} {z}");
    }

    #[test]
    fn the_outline_is_where_both_kinds_are_near() {
        // One pixel of person in the third column, and alpha of a half beside it, which is none.
        let mut alpha = [0.0; 8 * 6];
        (alpha[2 * 8 + 2], alpha[2 * 8 + 3]) = (0.51, 0.5);
        for (reach, columns, rows) in [(0, 0..0, 0..0), (1, 1..4, 1..4), (2, 0..5, 0..5), (9, 0..8, 0..6)] {
            let found = at_outline(&alpha, 8, reach);
            let expected: Vec<bool> =
                (0..48).map(|pixel| columns.contains(&(pixel % 8)) && rows.contains(&(pixel / 8))).collect();
            assert_eq!(found, expected, "{reach}");
        }
        assert_eq!(at_outline(&[1.0; 12], 4, 3), [false; 12]);
        for (reach, expected) in
            [(0, &[][..]), (1, &[1]), (2, &[1, 1]), (4, &[1, 3]), (10, &[1, 3, 6]), (14, &[1, 3, 9, 1])]
        {
            assert_eq!(steps(reach).collect::<Vec<_>>(), expected);
        }
        assert_eq!(near(&[false, false, true, false], 2, 1), [true; 4]);
        assert_eq!(near(&[true, false, false], 3, 1), [true, true, false]);
        assert!(at_outline(&[], 0, 3).is_empty());
    }

    #[test]
    fn the_edge_moves_to_where_the_colours_change() {
        // Colours change at column 32; the coarse matte is a soft ramp three pixels beside it.
        let columns = Field { width: 64, height: 48, values: (0..64 * 48).map(|pixel| pixel % 64).collect() };
        let dark = |column: usize| if column < 32 { 0.1 } else { 0.9 };
        let colours = Colours::from_fine(columns.map(|column| [dark(column), 0.5, dark(column)]));
        let coarse = columns.map(|column| ((35.0 - column as f32) / 8.0 + 0.5).clamp(0.0, 1.0));
        let alpha = refine(&coarse, &colours);
        // The ramp alone has 0.63 at column 34.
        assert!(alpha.at(29, 24) > 0.9 && alpha.at(34, 24) < 0.4, "{:?}", &alpha.row(24)[26..40]);
        assert_eq!((alpha.at(2, 24), alpha.at(60, 24)), (1.0, 0.0));
    }
}
