//! Dark hair beside the neck, of which the network believes a half, so that the new background shines through it. What
//! is far too dark for a shadow on a light wall is hair.

use std::cell::LazyCell;

use super::{STRAND, SUSPECTED, Wall, mean_colour};
use crate::stage::brightness::brightness;
use crate::stage::colours::{Colour, HALF, distance};
use crate::stage::component;
use crate::stage::plane::Plane;

/// Brightness of hair as a share of the wall's, at most, and how far from the wall's colour it is at least, 100 levels.
/// The hair that was lost in `london` 007 and 094 has 0.13 to 0.24 of its wall's; how deep shadows get was not measured.
const DARK: f32 = 0.45;
const FAR: f32 = 100.0 / 255.0;

/// Share of a dark piece that the network must suspect for all of it to be hair, where it ends inside the picture. A curl
/// beside the neck of `london` 007 has 0.17, all other hair there from 0.88; the edge of a thing behind a person is a
/// few hundredths of it.
const KNOWN: f32 = 0.1;

impl Wall<'_> {
    /// `alpha` with the dark hair that it only half believes, as far as the colours bear it out.
    pub(in crate::stage) fn with_hair(&self, alpha: Plane) -> Plane {
        let Some(wall) = self.usual else { return alpha };
        let colours = &self.picture.fine;
        let is_strand = |_, colour| f32::from(u8::from(is_dark(colour, wall)));
        let strands = LazyCell::new(|| self.suspects(&alpha, is_strand).mean(STRAND / HALF));
        let dark: Vec<bool> = alpha
            .values
            .iter()
            .zip(&colours.values)
            .map(|(&own, &colour)| own < 1.0 && is_dark(colour, wall))
            .collect();
        let mut more = alpha.clone();
        for piece in component::regions(&more, |pixel| dark[pixel]) {
            let suspected = piece.iter().filter(|&&pixel| more.values[pixel] > SUSPECTED).count();
            let is_whole = suspected as f32 > KNOWN * piece.len() as f32 && !touches_border(&piece, &more);
            for pixel in piece {
                let own = more.values[pixel];
                if !is_whole && own <= SUSPECTED {
                    continue;
                }
                let square = strands.holding((pixel % more.width, pixel / more.width), HALF);
                let hair = mean_colour(strands.values[square])
                    .map_or(1.0, |strand| distance(colours.values[pixel], wall) / distance(strand, wall));
                more.values[pixel] = own.max(hair.min(1.0));
            }
        }
        more
    }
}

/// Whether a piece goes on beyond the picture.
fn touches_border(piece: &[usize], shape: &Plane) -> bool {
    let (last_column, last_row) = (shape.width - 1, shape.height - 1);
    piece
        .iter()
        .map(|pixel| (pixel % shape.width, pixel / shape.width))
        .any(|(column, row)| column == 0 || column == last_column || row == 0 || row == last_row)
}

/// Whether a colour is far too dark for a shadow on a wall.
pub(super) fn is_dark(colour: Colour, wall: Colour) -> bool {
    brightness(colour) < DARK * brightness(wall) && distance(colour, wall) > FAR
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SIDE, scene};
    use super::*;
    use crate::stage::colours::Colours;

    #[test]
    fn a_curl_of_which_a_part_is_suspected_is_given_back_whole() {
        // Dark columns 91 to `last` beside the person, of which the network suspects those up to `known`.
        for (last, known, expected) in [(105, 96, 1.0), (105, 91, 0.0), (119, 100, 0.0)] {
            let (mut alpha, mut colours) = scene(0.8, 0.6, 0.6, 1.0);
            // In so small a picture the piece would be a large part of the wall.
            let mut raw = alpha.clone();
            for (x, y) in (60..70).flat_map(|y| (91..=last).map(move |x| (x, y))) {
                colours.values[y * SIDE + x] = [0.15; 3];
                alpha.values[y * SIDE + x] = if x <= known { 0.5 } else { 0.0 };
                raw.values[y * SIDE + x] = 0.05;
            }
            let colours = Colours::from_fine(colours);
            let found = Wall::behind(&alpha, &raw, &colours).expect("an even wall").with_hair(alpha);
            let at = |x: usize| found.values[65 * SIDE + x];
            assert_eq!(at(104), expected, "{last} {known}");
            assert!(at(91) > 0.99, "{}", at(91));
        }
    }

    #[test]
    fn hair_that_is_half_believed_is_given_back_and_a_shadow_is_not() {
        for (wall, piece, taken, expected) in [
            (0.8, 0.15, 0.5, 1.0),
            // A shadow on the wall.
            (0.8, 0.5, 0.5, 0.5),
            // What nobody suspects is a thing beside the person.
            (0.8, 0.15, 0.05, 0.05),
            // Before a dark wall nobody can tell.
            (0.3, 0.1, 0.5, 0.5),
        ] {
            let (alpha, colours) = scene(wall, 0.6, piece, taken);
            let colours = Colours::from_fine(colours);
            let found = Wall::behind(&alpha, &alpha, &colours).expect("an even wall").with_hair(alpha);
            let at = |x: usize, y: usize| found.values[y * SIDE + x];
            assert!((at(49, 65) - expected).abs() < 0.01, "{wall} {piece} {taken}: {}", at(49, 65));
            assert_eq!((at(60, 100), at(10, 10)), (1.0, 0.0));
        }
    }
}
