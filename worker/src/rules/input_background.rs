//! The wall behind the person is plain.

use gradphoto_shared::check::NotAssessed;

use super::region::{distance, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::pixels::row;

pub(super) const RULE: Rule = Rule {
    id: "input_background",
    about: "How far a tenth of the background is, at least, from the even fall of light that explains most of it.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "uneven_background",
        en: "The background is not plain. Please stand in front of an even, bare wall, a step away from it.",
        zh: "背景不均匀，请在纯色墙面前拍摄，并与墙面保持一步距离。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let pixels = &scene.subject()?.portrait.pixels;
    let wall = scene.wall()?;
    let (width, height) = pixels.dimensions();
    let stretches = || wall.stretches.iter().map(|(at, columns)| (*at, columns.start, row(pixels, *at, columns.clone())));
    let side = width.max(height);
    let light = fall(stretches(), side);
    let mut apart = Vec::with_capacity(wall.count);
    for (at, first, colours) in stretches() {
        let y = at as f32 / side as f32;
        // Along a row a surface is a curve.
        let curves = light.map(|[level, x, down, xx, xy, yy]| [level + down * y + yy * y * y, x + xy * y, xx]);
        apart.extend(colours.iter().zip(first..).map(|(colour, column)| {
            let x = column as f32 / side as f32;
            distance(colour.map(f32::from), curves.map(|[level, once, twice]| level + x * (once + x * twice)))
        }));
    }
    Ok(Measure::of(quantile(apart, 0.9).ok_or(NotAssessed::NotInPicture)?))
}

/// The factors of the terms of a curved surface over a place: lamps fade and lenses darken towards the corners in such.
type Light = [f32; TERMS];
const TERMS: usize = 6;
/// The powers of across and down in each term.
const POWERS: [(usize, usize); TERMS] = [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2)];

/// The surfaces that come nearest to the channels of the wall (least squares), of which stretches are given: the row,
/// the first column, and the pixels. A place is a share of `side`.
fn fall<'a>(wall: impl Iterator<Item = (u32, u32, &'a [[u8; 3]])>, side: u32) -> [Light; 3] {
    let share = |at: u32| f64::from(at) / f64::from(side);
    let powers = |of: f64| [1.0, of, of * of, of * of * of, of * of * of * of];
    // Sums of the powers of across times those of down, alone and times each channel.
    let (mut alone, mut times) = ([[0.0_f64; 5]; 5], [[[0.0_f64; 3]; 3]; 3]);
    for (at, first, colours) in wall {
        let (mut row, mut channels) = ([0.0; 5], [[0.0; 3]; 3]);
        for (colour, column) in colours.iter().zip(first..) {
            let powers = powers(share(column));
            row.iter_mut().zip(powers).for_each(|(sum, power)| *sum += power);
            for (sums, level) in channels.iter_mut().zip(colour) {
                sums.iter_mut().zip(powers).for_each(|(sum, power)| *sum += power * f64::from(*level));
            }
        }
        // Down is the same for all the stretch.
        for (down, power) in powers(share(at)).into_iter().enumerate() {
            alone[down].iter_mut().zip(row).for_each(|(sum, across)| *sum += power * across);
            if let Some(times) = times.get_mut(down) {
                let sums = times.as_flattened_mut().iter_mut().zip(channels.as_flattened());
                sums.for_each(|(sum, across)| *sum += power * across);
            }
        }
    }
    std::array::from_fn(|channel| {
        let row = |(across, down): (usize, usize)| -> [f64; TERMS + 1] {
            std::array::from_fn(|term| match POWERS.get(term) {
                Some((too, and)) => alone[down + and][across + too],
                None => times[down][channel][across],
            })
        };
        solve(POWERS.map(row)).map(|factor| factor as f32)
    })
}

/// Solves as many equations as unknowns by elimination; one without a solution is left out.
fn solve(mut rows: [[f64; TERMS + 1]; TERMS]) -> [f64; TERMS] {
    for pivot in 0..TERMS {
        let largest = (pivot..TERMS).max_by(|&one, &other| rows[one][pivot].abs().total_cmp(&rows[other][pivot].abs()));
        rows.swap(pivot, largest.unwrap_or(pivot));
        let lead = rows[pivot];
        if lead[pivot].abs() < 1e-9 {
            continue;
        }
        for (_, row) in rows.iter_mut().enumerate().filter(|(at, _)| *at != pivot) {
            let share = row[pivot] / lead[pivot];
            row.iter_mut().zip(lead).for_each(|(value, lead)| *value -= share * lead);
        }
    }
    std::array::from_fn(|at| if rows[at][at].abs() < 1e-9 { 0.0 } else { rows[at][TERMS] / rows[at][at] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_fall_of_light_is_found() {
        let factors = [130.0, -30.0, 12.0, 50.0, -70.0, 20.0];
        let level = |column: u32, row: u32| {
            let (x, y) = (column as f32 / 400.0, row as f32 / 400.0);
            [1.0, x, y, x * x, x * y, y * y].iter().zip(factors).map(|(term, factor)| term * factor).sum::<f32>()
        };
        // Levels are whole numbers, hence many of them.
        let rows: Vec<Vec<[u8; 3]>> =
            (0..400).map(|row| (0..300).map(|column| [level(column, row).round() as u8; 3]).collect()).collect();
        let found = fall(rows.iter().zip(0..).map(|(pixels, row)| (row, 0, pixels.as_slice())), 400);
        for factors_found in found {
            let apart = factors_found.iter().zip(factors).map(|(one, other)| (one - other).abs());
            assert!(apart.fold(0.0, f32::max) < 0.5, "{factors_found:?}");
        }
    }

    #[test]
    fn a_wall_of_one_place_has_its_level_and_no_fall() {
        let wall = std::iter::repeat_n((0, 0, &[[90, 80, 70]][..]), 10);
        let levels = fall(wall, 20).map(|factors| factors[0]);
        assert!(levels.iter().zip([90.0, 80.0, 70.0]).all(|(one, other)| (one - other).abs() < 1e-3), "{levels:?}");
    }
}
