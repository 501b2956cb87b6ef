//! The rim of old wall that shines through the outline. It is only taken away: shadows on the wall must not become
//! person.

use super::{BACK, OFF_WAY, SLACK, Wall, far_from, mean_colour, share};
use crate::stage::colours::{HALF, weighed};
use crate::stage::plane::Plane;

/// Alpha from which a pixel is surely person, and how far from everything below.
const FRONT: f32 = 0.98;
const FRONT_CLEAR_OF: usize = 2;
/// Radius in pixels in which the person's colour is taken.
const BESIDE: usize = 10;
/// Pixels from sure background up to which the wall may shine through wholly, and up to which by half.
const FREE: usize = 6;
const HALF_FREE: usize = 10;

impl Wall<'_> {
    /// `alpha` with no more person at the outline than the colours bear out.
    pub(in crate::stage) fn without_rim(&self, alpha: Plane) -> Plane {
        let coarse = alpha.shrunk(HALF);
        let back = coarse.map(|alpha| if alpha > BACK { 0.0 } else { 1.0 });
        let (free, beside) = (back.mean(FREE / HALF), back.mean(HALF_FREE / HALF));
        let front = far_from(&coarse, |alpha| alpha < FRONT, FRONT_CLEAR_OF / HALF);
        let person = self.picture.half.zip(&front, weighed).mean(BESIDE / HALF);
        let mut less = alpha;
        for row in 0..less.height {
            for column in 0..less.width {
                let (pixel, square) = (row * less.width + column, coarse.holding((column, row), HALF));
                let own = &mut less.values[pixel];
                // Running sums leave crumbs of rounding, hence no comparison with 0 itself.
                if *own <= BACK || beside.values[square] <= 1e-3 {
                    continue;
                }
                let Some((wall, person)) = self.near(pixel).zip(mean_colour(person.values[square])) else { continue };
                let least = if free.values[square] > 1e-3 { 0.0 } else { 0.5 };
                if let Some(share) = share(self.picture.fine.values[pixel], wall, person, OFF_WAY) {
                    *own = own.min((share + SLACK).max(least));
                }
            }
        }
        less
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SIDE, scene};
    use super::*;
    use crate::stage::colours::Colours;

    #[test]
    fn a_rim_is_taken_away_and_no_person_is() {
        // Two columns beside the person are wall that the network took for it, the last of the person is half wall.
        let (mut alpha, mut colours) = scene(0.7, 0.2, 0.2, 1.0);
        for row in 50..SIDE {
            for column in [28, 29] {
                alpha.values[row * SIDE + column] = 0.6;
            }
            colours.values[row * SIDE + 30] = [0.45; 3];
        }
        let colours = Colours::from_fine(colours);
        let wall = Wall::behind(&alpha, &alpha, &colours).expect("an even wall");
        let kept = wall.without_rim(alpha);
        let at = |column: usize| kept.values[80 * SIDE + column];
        assert!(at(28) < 0.1 && at(29) < 0.1, "{} {}", at(28), at(29));
        assert!((at(30) - 0.56).abs() < 0.02, "{}", at(30));
        assert_eq!((at(31), at(60), at(10)), (1.0, 1.0, 0.0));
    }
}
