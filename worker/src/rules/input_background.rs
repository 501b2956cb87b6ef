//! The wall behind the person is plain.

use gradphoto_shared::check::NotAssessed;

use super::region::{Colour, colour, distance, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};

/// Pixels of the portrait round the person that are left out: hair and shadows of the matte's edge.
const CLEAR_PX: usize = 8;
/// Least share of the portrait that must be background to tell.
const LEAST_SHARE: f32 = 0.04;

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
    let subject = scene.subject()?;
    let portrait = &subject.portrait;
    // Other people are background here too: the rule about them says so by itself.
    let near = subject.alpha()?.mean(CLEAR_PX);
    let wall = |column: u32, row: u32| {
        portrait.shows(column, row) && near.at(column as usize, row as usize) < 0.01
    };
    let pixels = portrait.pixels.enumerate_pixels().filter(|&(column, row, _)| wall(column, row));
    let side = portrait.pixels.width().max(portrait.pixels.height()) as f32;
    let wall: Vec<(Place, Colour)> =
        pixels.map(|(column, row, pixel)| (place(column as f32 / side, row as f32 / side), colour(pixel))).collect();
    if (wall.len() as f32) < LEAST_SHARE * near.values.len() as f32 {
        return Err(NotAssessed::NotInPicture);
    }
    let light = fall(&wall);
    let lit = |place: &Place| light.map(|factors| factors.iter().zip(place).map(|(factor, term)| factor * term).sum());
    let apart = wall.iter().map(|(place, colour)| distance(*colour, lit(place))).collect();
    Ok(Measure::of(quantile(apart, 0.9).ok_or(NotAssessed::NotInPicture)?))
}

/// The terms of a curved surface over a place: lamps fade and lenses darken towards the corners in such.
type Place = [f32; TERMS];
const TERMS: usize = 6;

fn place(x: f32, y: f32) -> Place {
    [1.0, x, y, x * x, x * y, y * y]
}

/// The surfaces that come nearest to the channels of the wall (least squares).
fn fall(wall: &[(Place, Colour)]) -> [Place; 3] {
    // What the terms have with one another is the same for all channels.
    let (mut among, mut with) = ([[0.0_f64; TERMS]; TERMS], [[0.0_f64; TERMS]; 3]);
    for (place, colour) in wall {
        let (place, colour) = (place.map(f64::from), colour.map(f64::from));
        for (row, term) in among.iter_mut().zip(place) {
            row.iter_mut().zip(place).for_each(|(sum, other)| *sum += term * other);
        }
        for (row, level) in with.iter_mut().zip(colour) {
            row.iter_mut().zip(place).for_each(|(sum, term)| *sum += term * level);
        }
    }
    with.map(|with| {
        let row = |at: usize| std::array::from_fn(|other| if other < TERMS { among[at][other] } else { with[at] });
        solve(std::array::from_fn(row)).map(|factor| factor as f32)
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
        let factors = [200.0, -30.0, 12.0, 5.0, -7.0, 20.0];
        let at = |index: usize| place((index % 20) as f32 / 20.0, (index / 20) as f32 / 20.0);
        let level = |place: Place| place.iter().zip(factors).map(|(term, factor)| term * factor).sum::<f32>();
        let wall: Vec<(Place, Colour)> = (0..400).map(|index| (at(index), [level(at(index)); 3])).collect();
        let found = fall(&wall)[1];
        assert!(found.iter().zip(factors).all(|(one, other)| (one - other).abs() < 0.1), "{found:?}");
    }

    #[test]
    fn a_wall_of_one_place_has_its_level_and_no_fall() {
        let wall = vec![(place(0.0, 0.0), [90.0; 3]); 10];
        assert!((fall(&wall)[0][0] - 90.0).abs() < 1e-3);
    }
}
