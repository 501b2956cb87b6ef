//! A pale shirt before a pale wall, which the network hardly sees. What is brighter than an even wall is no wall and no
//! shadow on it.

use super::{SUSPECTED, Wall};
use crate::stage::colours::{QUARTER, distance};
use crate::stage::component;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Place, Plane};

/// Alpha of a pixel that needs no help.
const SURE: f32 = 0.98;
/// What is brighter than the wall by at least this, 20 levels, is another thing: twice what is still wall.
const BRIGHTER: f32 = 20.0 / 255.0;
/// Least piece of cloth in pixels; the shoulders that were lost in `london` 113 have 3,900 and 5,400.
const LEAST: usize = 400;

impl Wall<'_> {
    /// `alpha` with the pieces of bright cloth at the lower border that the network suspects.
    pub(in crate::stage) fn with_cloth(&self, alpha: Plane, head: &Head) -> Plane {
        if self.ground.usual.is_none() {
            return alpha;
        }
        let (width, count) = (alpha.width, alpha.values.len());
        let bright = Field::of_places(alpha.size(), |place| {
            head.is_below(place) && alpha.at(place.0, place.1) < SURE && self.is_brighter(place)
        });
        let mut more = alpha;
        for piece in component::regions(&more, |pixel| bright.values[pixel]) {
            let reaches_down = piece.iter().any(|&pixel| pixel + width >= count);
            let suspicion = |&pixel: &usize| self.suspected.values[self.suspected.holding(more.place(pixel), QUARTER)];
            let suspected = piece.iter().map(suspicion).sum::<f32>() / piece.len() as f32;
            let is_sure = |&pixel: &usize| component::sides(&more, pixel).any(|side| more.values[side] >= SURE);
            if piece.len() >= LEAST && reaches_down && suspected > SUSPECTED && piece.iter().any(is_sure) {
                piece.iter().for_each(|&pixel| more.values[pixel] = 1.0);
            }
        }
        more
    }

    /// Whether a place is clearly brighter than the wall, in every colour.
    fn is_brighter(&self, place: Place) -> bool {
        let colour = self.colour(place);
        self.ground.at(place).is_some_and(|wall| {
            distance(colour, wall) > BRIGHTER && colour.iter().zip(wall).all(|(own, wall)| *own > wall)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SIDE, head, scene};
    use super::*;
    use crate::stage::colours::Colours;

    #[test]
    fn a_pale_shoulder_is_given_back_and_nothing_else() {
        // A person in columns 30 to 90 whose shoulder reaches on to column 110 in the lower half.
        let shoulder = |x: usize, y: usize| (90..110).contains(&x) && y >= 80;
        for (level, suspected, expected) in [
            (0.85, 0.3, 1.0),
            // A board beside the person, of which the network suspects nothing.
            (0.85, 0.0, 0.0),
            // A shadow, and the wall itself.
            (0.6, 0.3, 0.0),
            (0.71, 0.3, 0.0),
        ] {
            let (alpha, mut colours) = scene(0.7, 0.2, 0.2, 1.0);
            let mut raw = alpha.clone();
            for pixel in (0..SIDE * SIDE).filter(|pixel| shoulder(pixel % SIDE, pixel / SIDE)) {
                colours.values[pixel] = [level; 3];
                raw.values[pixel] = suspected;
            }
            let colours = Colours::from_fine(colours);
            let wall = Wall::behind(&alpha, &raw, &colours).expect("an even wall");
            let found = wall.with_cloth(alpha, &head(20.0));
            let at = |x: usize, y: usize| found.values[y * SIDE + x];
            assert_eq!((at(100, 100), at(100, 60), at(60, 100)), (expected, 0.0, 1.0), "{level} {suspected}");
        }
    }
}
