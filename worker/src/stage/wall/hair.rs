//! Dark hair beside the neck, of which the network believes a half, so that the new background shines through it. What
//! is far too dark for a shadow on a light wall is hair.

use super::{STRAND, SUSPECTED, Wall, mean_colour};
use crate::stage::brightness::brightness;
use crate::stage::colours::{Colour, HALF, distance};
use crate::stage::plane::Plane;

/// Brightness of hair as a share of the wall's, at most, and how far from the wall's colour it is at least, 100 levels.
/// The hair that was lost in `london` 007 and 094 has 0.13 to 0.24 of its wall's; how deep shadows get was not measured.
const DARK: f32 = 0.45;
const FAR: f32 = 100.0 / 255.0;

impl Wall<'_> {
    /// `alpha` with the dark hair that it only half believes, as far as the colours bear it out.
    pub(in crate::stage) fn with_hair(&self, alpha: Plane) -> Plane {
        let Some(wall) = self.usual else { return alpha };
        let colours = &self.picture.fine;
        let strands = self.suspects(&alpha, |_, colour| f32::from(u8::from(is_dark(colour, wall)))).mean(STRAND / HALF);
        let is_hair = |pixel: usize| alpha.values[pixel] > SUSPECTED && is_dark(colours.values[pixel], wall);
        let given_back = |pixel: usize| {
            let square = strands.holding((pixel % alpha.width, pixel / alpha.width), HALF);
            let strand = mean_colour(strands.values[square])?;
            Some((distance(colours.values[pixel], wall) / distance(strand, wall)).min(1.0))
        };
        let more = alpha.values.iter().enumerate().map(|(pixel, &own)| {
            if own < 1.0 && is_hair(pixel) { given_back(pixel).map_or(own, |hair| own.max(hair)) } else { own }
        });
        Plane { width: alpha.width, height: alpha.height, values: more.collect() }
    }
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
