//! Patches of old wall taken for person: beside a neck, under a ponytail, in a loop of hair.

use super::{BACK, OTHER, SAME, Wall, round};
use crate::stage::component;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Plane};

/// Share of the surroundings that differ from the wall by [`OTHER`].
const MOSTLY: f32 = 0.75;
/// Least patch in pixels: smaller ones nobody sees.
const LEAST: usize = 24;
/// Alpha that a patch has at most on average: of what it surely took for person the network is right more often than
/// the colour, for a white collar on a dark jacket has the colour of a white wall.
const DOUBTED: f32 = 0.85;

impl Wall<'_> {
    /// `alpha` with patches of wall set to 0.
    pub(in crate::stage) fn without_patches(&self, alpha: &Plane, head: &Head) -> Plane {
        let mut cleared = alpha.clone();
        let walls = Field::of_places(alpha.size(), |place| {
            alpha.at(place.0, place.1) > BACK && self.off(place) < SAME && !head.is_face(place)
        });
        for patch in component::regions(alpha, |pixel| walls.values[pixel]).iter().filter(|patch| patch.len() >= LEAST)
        {
            let mean = patch.iter().map(|&pixel| alpha.values[pixel]).sum::<f32>() / patch.len() as f32;
            if mean < DOUBTED && self.is_enclosed(patch, alpha) {
                patch.iter().for_each(|&pixel| cleared.values[pixel] = 0.0);
            }
        }
        cleared
    }

    /// Whether the person round a patch has clearly another colour than the wall.
    fn is_enclosed(&self, patch: &[usize], alpha: &Plane) -> bool {
        let person = round(patch, alpha).filter(|&pixel| alpha.values[pixel] > BACK);
        let count = |(all, other), pixel: usize| (all + 1, other + u32::from(self.off(alpha.place(pixel)) > OTHER));
        let (all, other) = person.fold((0, 0), count);
        all > 0 && other as f32 >= MOSTLY * all as f32
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SIDE, head, scene};
    use super::*;
    use crate::stage::colours::Colours;

    #[test]
    fn wall_that_hair_encloses_is_cleared_and_nothing_else() {
        for (person, patch, taken, is_face, cleared) in [
            (0.2, 0.705, 0.6, false, true),
            // In the face it is shine.
            (0.2, 0.705, 0.6, true, false),
            // Another colour is a piece of cloth.
            (0.2, 0.8, 0.6, false, false),
            // What the network is sure of is a white collar.
            (0.2, 0.705, 1.0, false, false),
            // A shirt nearly as light as the wall has folds of the wall's colour.
            (0.74, 0.705, 0.6, false, false),
        ] {
            let (alpha, colours) = scene(0.7, person, patch, taken);
            let colours = Colours::from_fine(colours);
            let wall = Wall::behind(&alpha, &alpha, &colours).expect("an even wall");
            let kept = wall.without_patches(&alpha, &head(if is_face { 75.0 } else { 10.0 }));
            let at = |x: usize, y: usize| kept.values[y * SIDE + x];
            assert_eq!(at(49, 65), if cleared { 0.0 } else { taken }, "{person} {patch} {taken} {is_face}");
            assert_eq!((at(60, 100), at(10, 10)), (1.0, 0.0));
        }
    }
}
