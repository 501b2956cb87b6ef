//! Old wall between loose strands of hair, which the network takes for person by half or wholly. It hangs together with
//! what the network doubts, has nearly the wall's colour, and hair or nothing is round it: pale cloth has cloth of other
//! shades round it.

use std::cell::LazyCell;

use super::{BACK, OFF_WAY, OTHER, SLACK, STRAND, TELLS, Wall, mean_colour, round, share};
use crate::stage::brightness::brightness;
use crate::stage::colours::{Colour, HALF, QUARTER, distance};
use crate::stage::component;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Plane};

/// Alpha under which the network doubts.
const DOUBTED: f32 = 0.985;
/// Radius in pixels in which hair is looked for where there is none within [`STRAND`].
const FAR_STRAND: usize = 28;
/// Alpha from which a pixel round a veil is person, and the share of the surroundings that may be pale person. Looked at
/// in eight portraits of `london`, four with loose hair and four whose shirts nearly have the wall's colour: veils have
/// up to 0.08, pieces of shirt from 0.11 but for narrow edges.
const PERSON: f32 = 0.5;
const PALE: f32 = 0.1;
/// How far a mixture with strands may lie off the straight way: strands differ in colour.
const OFF_STRANDS: f32 = 2.0 * OFF_WAY;

impl Wall<'_> {
    /// `alpha` without the wall that shines through loose hair; `coarse` is what the network said.
    pub(in crate::stage) fn without_veil(&self, alpha: Plane, coarse: &Plane, head: &Head) -> Plane {
        if self.usual.is_none() {
            return alpha;
        }
        let open = self.reached(&alpha, coarse, head);
        // Where no veil is found, or hair is near each, nobody asks for them.
        let strands = LazyCell::new(|| self.strands(&alpha, head));
        let near = LazyCell::new(|| strands.mean(STRAND / HALF));
        let far = LazyCell::new(|| strands.mean(FAR_STRAND / HALF));
        let is_pale = |pixel: usize| {
            alpha.values[pixel] > PERSON
                && !open[pixel]
                && self.at(pixel).is_some_and(|wall| is_pale(self.picture.fine.values[pixel], wall))
        };
        let mut less = alpha.clone();
        for veil in component::regions(&alpha, |pixel| open[pixel] && self.gap(pixel) < TELLS) {
            let (all, pale) =
                round(&veil, &alpha).fold((0, 0), |(all, pale), pixel| (all + 1, pale + u32::from(is_pale(pixel))));
            if pale as f32 > PALE * all as f32 {
                continue;
            }
            for pixel in veil {
                let place = strands.holding((pixel % alpha.width, pixel / alpha.width), HALF);
                let strand = mean_colour(near.values[place]).or_else(|| mean_colour(far.values[place]));
                let ends = self.at(pixel).zip(strand);
                let hair =
                    ends.and_then(|(wall, hair)| share(self.picture.fine.values[pixel], wall, hair, OFF_STRANDS));
                if let Some(hair) = hair {
                    let own = &mut less.values[pixel];
                    let most = ((hair - SLACK) / (1.0 - SLACK)).max(0.0);
                    *own -= head.is_bare(pixel) * (*own - most).max(0.0);
                }
            }
        }
        less
    }

    /// Which pixels the network doubts, and which hang together with them and nearly have the wall's colour.
    fn reached(&self, alpha: &Plane, coarse: &Plane, head: &Head) -> Vec<bool> {
        let (above, fading) = (head.first_clothes(), head.last_bare().min(alpha.height) * alpha.width);
        let doubted = |pixel: usize| coarse.values[pixel] < DOUBTED;
        let joins = |pixel: usize| {
            alpha.values[pixel] > BACK
                && pixel < fading
                && (doubted(pixel) || (pixel < above * alpha.width && head.is_beside(pixel) && self.gap(pixel) < TELLS))
        };
        component::flood(alpha, (0..fading).filter(|&pixel| doubted(pixel)), joins)
    }

    /// The colours of hair, at half resolution; the strands that are farthest from the wall's colour weigh most.
    fn strands(&self, alpha: &Plane, head: &Head) -> Field<[f32; 4]> {
        let (width, last) = (self.picture.half.width, head.last_bare() / HALF);
        self.suspects(alpha, |square, colour| {
            let place = (square % width, square / width);
            let wall = self.near.values[self.near.holding(place, QUARTER / HALF)].or(self.usual);
            wall.filter(|wall| place.1 < last && !is_pale(colour, *wall)).map_or(0.0, |wall| distance(colour, wall))
        })
    }
}

/// Whether a colour is about the wall's or brighter.
fn is_pale(colour: Colour, wall: Colour) -> bool {
    distance(colour, wall) < OTHER || brightness(colour) > brightness(wall)
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SIDE, head, scene};
    use super::*;
    use crate::stage::colours::Colours;

    #[test]
    fn wall_between_strands_goes_and_pale_cloth_stays() {
        for (chin, person, piece, taken, expected) in [
            // Wall in dark hair, of which the network believes a half.
            (110.0, 0.2, 0.705, 0.6, 0.0),
            // A strand so thin that it is an eighth of what is seen.
            (110.0, 0.2, 0.64, 0.9, 0.06),
            // Hair itself.
            (110.0, 0.2, 0.25, 0.6, 0.6),
            // A shirt nearly as pale as the wall.
            (110.0, 0.74, 0.705, 0.6, 0.6),
            // Far below the chin everything is clothes.
            (10.0, 0.2, 0.705, 0.6, 0.6),
        ] {
            let (alpha, colours) = scene(0.7, person, piece, taken);
            let colours = Colours::from_fine(colours);
            let wall = Wall::behind(&alpha, &alpha, &colours).expect("an even wall");
            let coarse = alpha.clone();
            let found = wall.without_veil(alpha, &coarse, &head(chin));
            let at = |x: usize, y: usize| found.values[y * SIDE + x];
            assert!((at(49, 65) - expected).abs() < 0.02, "{chin} {person} {piece}: {}", at(49, 65));
            assert_eq!((at(60, 100), at(10, 10)), (1.0, 0.0));
        }
    }
}
