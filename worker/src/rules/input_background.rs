//! The wall behind the person is plain.

use std::ops::Range;

use gradphoto_shared::check::NotAssessed;
use image::RgbImage;

use super::region::{distance, median, quantile};
use super::wall::Wall;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::Area;
use crate::stage::component;
use crate::stage::pixels::row;
use crate::stage::plane::Plane;

/// Side of a square, in pixels of the portrait, that is marked or not: a fingertip, in which grain is evened out.
const SQUARE: u32 = 8;
/// A square is marked where it is so much of the reading from the wall's usual colour: what pulls the even fall of light
/// towards itself pushes it off the rest of the wall, by less.
const MARKED_SHARE: f32 = 0.5;

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
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let portrait = &scene.subject()?.portrait;
    let pixels = &portrait.pixels;
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
    let reading = quantile(apart, 0.9).ok_or(NotAssessed::NotInPicture)?;
    let place = marked(wall, pixels, reading * MARKED_SHARE);
    Ok(Measure::of(reading).in_area(place.map(|place| portrait.to_photo(place))))
}

/// The box round the part of the wall that differs most from its usual colour, as far as it differs by more than `far`, or
/// round all of it where no part does, in pixels of the portrait.
fn marked(wall: &Wall, pixels: &RgbImage, far: f32) -> Option<Area> {
    let (width, height) = pixels.dimensions();
    let (across, down) = (width.div_ceil(SQUARE) as usize, height.div_ceil(SQUARE) as usize);
    // Levels of each square's pixels together, and their count.
    let mut sums = vec![([0.0; 3], 0.0); across * down];
    for (at, columns) in &wall.stretches {
        let squares = &mut sums[(at / SQUARE) as usize * across..];
        for (column, pixel) in columns.clone().zip(row(pixels, *at, columns.clone())) {
            let (sum, count) = &mut squares[(column / SQUARE) as usize];
            sum.iter_mut().zip(pixel).for_each(|(sum, level)| *sum += f32::from(*level));
            *count += 1.0;
        }
    }
    let mean = |(sum, count): &([f32; 3], f32)| (*count > 0.0).then(|| sum.map(|sum| sum / count));
    let usual = median(&sums.iter().filter_map(mean).collect::<Vec<_>>())?;
    let apart = sums.iter().map(|square| mean(square).map_or(0.0, |mean| distance(mean, usual)));
    let apart = Plane { width: across, height: down, values: apart.collect() };
    let most = |part: &Vec<usize>| part.iter().map(|&square| apart.values[square]).fold(0.0, f32::max);
    let parts = component::regions(&apart, |square| apart.values[square] > far).into_iter();
    // Beside a wide shadow the bright rest of the wall is far from the usual too, over more squares but by less.
    let part = parts.max_by(|one, other| most(one).total_cmp(&most(other)));
    let stretch = |(at, columns): &(u32, Range<u32>)| Area {
        left: columns.start as f32,
        top: *at as f32,
        width: columns.len() as f32,
        height: 1.0,
    };
    let all = || wall.stretches.iter().map(stretch).reduce(|one, other| one.with(&other));
    part.map(|part| component::boxed(&apart, &part).area.scaled(SQUARE as f32)).or_else(all)
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
    use image::Rgb;

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
    fn the_part_that_differs_most_is_marked_and_of_grain_the_whole_wall() {
        let (width, height) = (80, 48);
        let wall = Wall { stretches: (0..height).map(|at| (at, 8..width)).collect(), count: (72 * height) as usize };
        let pixels = |level: &dyn Fn(u32, u32) -> u8| RgbImage::from_fn(width, height, |x, y| Rgb([level(x, y); 3]));
        let area = |left, top, width, height| Some(Area { left, top, width, height });
        // A poster of 16 by 24 pixels, and a wider one that is paler.
        let hung = pixels(&|x, y| match (x, y) {
            (40..56, 8..32) => 60,
            (8..64, 40..48) => 80,
            _ => 130 + (x / 8) as u8,
        });
        assert_eq!(marked(&wall, &hung, 40.0), area(40.0, 8.0, 16.0, 24.0));
        let grainy = pixels(&|x, y| 120 + 2 * ((x * 7 + y * 5) % 11) as u8);
        assert_eq!(marked(&wall, &grainy, 9.0), area(8.0, 0.0, 72.0, 48.0));
        let bare = Wall { stretches: Vec::new(), count: 0 };
        assert_eq!(marked(&bare, &grainy, 9.0), None);
    }

    #[test]
    fn a_wall_of_one_place_has_its_level_and_no_fall() {
        let wall = std::iter::repeat_n((0, 0, &[[90, 80, 70]][..]), 10);
        let levels = fall(wall, 20).map(|factors| factors[0]);
        assert!(levels.iter().zip([90.0, 80.0, 70.0]).all(|(one, other)| (one - other).abs() < 1e-3), "{levels:?}");
    }
}
