//! The wall behind a person, where it is even: its colour tells what the network cannot.
//!
//! Two faults of soft segmenters are mended by it: patches of old wall taken for person (beside a neck, under a
//! ponytail, in a loop of hair), and a rim of old wall that shines through the outline. A pixel at the outline is a
//! mixture of the wall and of the person near by, so how far its colour lies from the wall's to the person's is how
//! much person there is (difference matting, Smith and Blinn 1996). Here it only takes away: shadows on the wall must
//! not become person.
//!
//! A third fault is hair that falls beside the neck, of which the network believes a half, so that the new background
//! shines through it. What is far too dark for a shadow on a light wall is hair.

use fast_image_resize::FilterType;

use super::component;
use super::plane::Plane;
use super::refine::Colours;
use super::resample::scale_plane;

/// Alpha below which a pixel is background, and how far from everything above, in pixels, it is surely so.
const BACK: f32 = 0.02;
const CLEAR_OF: usize = 3;
/// The wall's colour is taken at this fraction of the resolution, in this radius (48 pixels of the picture), where
/// at least this share of it is wall.
const SUBSAMPLE: usize = 4;
const AROUND: usize = 12;
const LEAST_SHARE: f32 = 0.02;
/// Greatest deviation of an even wall's colour, and how far from it a pixel still is wall, of 0 to 1 over all three
/// colours: 8 and 10 levels. Noise and JPEG leave 2 to 4.
const EVEN: f32 = 8.0 / 255.0;
const SAME: f32 = 10.0 / 255.0;
/// What surrounds a patch differs from the wall by at least this, 30 levels: skin and hair do, the folds of a white
/// shirt and the shine of a forehead pass into it.
const OTHER: f32 = 30.0 / 255.0;
/// Share of the surroundings that must.
const MOSTLY: f32 = 0.75;
/// Width of the surroundings in pixels, one that belongs to the patch's own soft edge left out.
const RING: usize = 4;
/// Least patch in pixels: smaller ones nobody sees.
const LEAST: usize = 24;
/// Alpha that a patch has at most on average: of what it surely took for person the network is right more often than
/// the colour, for a white collar on a dark jacket has the colour of a white wall.
const DOUBTED: f32 = 0.85;

/// The person's colour is taken at this fraction of the resolution.
const HALF: usize = 2;
/// Alpha from which a pixel is surely person, and how far from everything below.
const FRONT: f32 = 0.98;
const FRONT_CLEAR_OF: usize = 2;
/// Radius in pixels in which the person's colour is taken.
const BESIDE: usize = 10;
/// Pixels from sure background up to which the wall may shine through wholly, and up to which by half.
const FREE: usize = 6;
const HALF_FREE: usize = 10;
/// Wall and person differ by at least this, 40 levels, or nobody can tell how much of each there is.
const TELLS: f32 = 40.0 / 255.0;
/// How far a mixture's colour may lie off the straight way from wall to person: 10 levels. An ear before dark hair
/// lies farther off.
const OFF_WAY: f32 = 10.0 / 255.0;
/// As much person as noise alone could hide is left.
const SLACK: f32 = 0.06;

/// Alpha from which hair is suspected.
const SUSPECTED: f32 = 0.1;
/// Brightness of hair as a share of the wall's, at most, and how far from the wall's colour it is at least, 100 levels.
/// The hair that was lost in `london` 007 and 094 has 0.13 to 0.24 of its wall's; how deep shadows get was not measured.
const DARK: f32 = 0.45;
const FAR: f32 = 100.0 / 255.0;
/// Radius in pixels in which the hair's own colour is taken.
const STRAND: usize = 10;

/// The wall near each pixel.
pub(crate) struct Wall {
    /// Its colours, at a fraction of the resolution: they change little.
    colours: Colours,
    /// How far each pixel is from the wall's colour; 1 where there is no even wall near.
    off: Plane,
    /// The colour of all the wall, where nearly all of the background is even.
    usual: Option<[f32; 3]>,
}

impl Wall {
    /// The wall behind the person of `alpha`; `None` where there is no even wall.
    pub(crate) fn behind(alpha: &Plane, picture: &Colours) -> Option<Self> {
        let small = (alpha.width.div_ceil(SUBSAMPLE), alpha.height.div_ceil(SUBSAMPLE));
        let down = |plane: &Plane| scale_plane(plane, small, FilterType::Box);
        let back = down(&far_from(alpha, |alpha| alpha > BACK, CLEAR_OF));
        let back = back.map(|share| if share > 0.99 { 1.0 } else { 0.0 });
        let weight = back.mean(AROUND);
        let mut spread = weight.map(|_| 0.0);
        let colours = picture.each_ref().map(|colour| {
            let colour = down(colour);
            let mean = back.zip(&colour, |back, level| back * level).mean(AROUND);
            let mean = mean.zip(&weight, |sum, share| sum / share.max(LEAST_SHARE));
            let square = back.zip(&colour, |back, level| back * level * level).mean(AROUND);
            let square = square.zip(&weight, |sum, share| sum / share.max(LEAST_SHARE));
            let own = square.zip(&mean, |square, mean| (square - mean * mean).max(0.0));
            spread = spread.zip(&own, |all, own| all + own);
            mean
        });
        let is_even = |spread: f32, share: f32| share > LEAST_SHARE && spread < EVEN * EVEN;
        let even = spread.zip(&weight, |spread, share| if is_even(spread, share) { 1.0 } else { 0.0 });
        if even.values.iter().all(|&even| even == 0.0) {
            return None;
        }
        let mut off = alpha.map(|_| 1.0);
        for (pixel, off) in off.values.iter_mut().enumerate() {
            let near = within(alpha, &even, pixel);
            if even.values[near] > 0.0 {
                *off = distance(at(picture, pixel), at(&colours, near)).min(1.0);
            }
        }
        let wall = back.zip(&even, |back, even| back * even);
        let sum = |plane: &Plane| plane.values.iter().sum::<f32>();
        let usual = colours.each_ref().map(|colour| sum(&wall.zip(colour, |wall, level| wall * level)) / sum(&wall));
        let usual = (sum(&wall) > MOSTLY * sum(&back)).then_some(usual);
        Some(Self { colours, off, usual })
    }

    /// `alpha` with patches of wall set to 0; `is_face` tells pixels in which no wall can show.
    pub(crate) fn without_patches(&self, alpha: &Plane, is_face: impl Fn(usize) -> bool) -> Plane {
        let person = alpha.map(|alpha| if alpha > BACK { 1.0 } else { 0.0 });
        let is_wall = |pixel: usize| person.values[pixel] > 0.0 && self.off.values[pixel] < SAME && !is_face(pixel);
        let mut cleared = alpha.clone();
        for patch in component::regions(alpha, is_wall).iter().filter(|patch| patch.len() >= LEAST) {
            let mean = patch.iter().map(|&pixel| alpha.values[pixel]).sum::<f32>() / patch.len() as f32;
            if mean < DOUBTED && self.is_enclosed(patch, &person) {
                patch.iter().for_each(|&pixel| cleared.values[pixel] = 0.0);
            }
        }
        cleared
    }

    /// Whether the person round a patch has clearly another colour than the wall.
    fn is_enclosed(&self, patch: &[usize], person: &Plane) -> bool {
        // Only the patch with its surroundings: patches are many and small.
        let width = person.width;
        let columns = span(patch.iter().map(|pixel| pixel % width), width);
        let rows = span(patch.iter().map(|pixel| pixel / width), person.height);
        let size = (columns.1 - columns.0, rows.1 - rows.0);
        let mut member = Plane { width: size.0, height: size.1, values: vec![0.0; size.0 * size.1] };
        for pixel in patch {
            member.values[(pixel / width - rows.0) * size.0 + pixel % width - columns.0] = 1.0;
        }
        let (near, soft) = (member.mean(RING), member.mean(1));
        let round = (0..member.values.len())
            .filter(|&local| near.values[local] > 1e-4 && soft.values[local] < 1e-4)
            .map(|local| (rows.0 + local / size.0) * width + columns.0 + local % size.0)
            .filter(|&pixel| person.values[pixel] > 0.0);
        let count = |(all, other), pixel: usize| (all + 1, other + u32::from(self.off.values[pixel] > OTHER));
        let (all, other) = round.fold((0, 0), count);
        all > 0 && other as f32 >= MOSTLY * all as f32
    }

    /// `alpha` with no more person at the outline than the colours of `picture` bear out.
    pub(crate) fn without_rim(&self, alpha: &Plane, picture: &Colours) -> Plane {
        let small = (alpha.width.div_ceil(HALF), alpha.height.div_ceil(HALF));
        let down = |plane: &Plane| scale_plane(plane, small, FilterType::Box);
        let coarse = down(alpha);
        let back = coarse.map(|alpha| if alpha > BACK { 0.0 } else { 1.0 });
        let (near, beside) = (back.mean(FREE / HALF), back.mean(HALF_FREE / HALF));
        let front = far_from(&coarse, |alpha| alpha < FRONT, FRONT_CLEAR_OF / HALF);
        let weight = front.mean(BESIDE / HALF);
        let sums =
            picture.each_ref().map(|colour| front.zip(&down(colour), |front, level| front * level).mean(BESIDE / HALF));
        let mut less = alpha.clone();
        for (pixel, own) in less.values.iter_mut().enumerate().filter(|(_, own)| **own > BACK) {
            let place = within(alpha, &coarse, pixel);
            // Running sums leave crumbs of rounding, hence no comparison with 0 itself.
            let (close, weight) = (beside.values[place] > 1e-3, weight.values[place]);
            if !close || weight < LEAST_SHARE || self.off.values[pixel] >= 1.0 {
                continue;
            }
            let least = if near.values[place] > 1e-3 { 0.0 } else { 0.5 };
            let (wall, person) = (within(alpha, &self.colours[0], pixel), at(&sums, place).map(|sum| sum / weight));
            if let Some(share) = share(at(picture, pixel), at(&self.colours, wall), person) {
                *own = own.min((share + SLACK).max(least));
            }
        }
        less
    }

    /// `alpha` with the dark hair that it only half believes, as far as the colours of `picture` bear it out.
    pub(crate) fn with_hair(&self, alpha: Plane, picture: &Colours) -> Plane {
        let Some(wall) = self.usual else { return alpha };
        let hair = (0..alpha.values.len()).map(|pixel| {
            let colour = at(picture, pixel);
            let is_dark = brightness(colour) < DARK * brightness(wall) && distance(colour, wall) > FAR;
            f32::from(u8::from(is_dark && alpha.values[pixel] > SUSPECTED))
        });
        let hair = Plane { width: alpha.width, height: alpha.height, values: hair.collect() };
        let weight = hair.mean(STRAND);
        let sums = picture.each_ref().map(|colour| hair.zip(colour, |hair, level| hair * level).mean(STRAND));
        let mut more = alpha;
        for (pixel, own) in more.values.iter_mut().enumerate().filter(|(pixel, _)| hair.values[*pixel] > 0.0) {
            let strand = at(&sums, pixel).map(|sum| sum / weight.values[pixel]);
            *own = own.max((distance(at(picture, pixel), wall) / distance(strand, wall)).min(1.0));
        }
        more
    }
}

/// Weighed as in BT.601, as JPEG has it.
fn brightness([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// The pixel of a smaller plane that shows the place of one of a larger plane.
fn within(large: &Plane, small: &Plane, pixel: usize) -> usize {
    let (column, row) = (pixel % large.width, pixel / large.width);
    row * small.height / large.height * small.width + column * small.width / large.width
}

/// First and one past the last of some columns or rows, with the width of the surroundings on both sides.
fn span(places: impl Iterator<Item = usize> + Clone, length: usize) -> (usize, usize) {
    let (first, last) = (places.clone().min().unwrap_or_default(), places.max().unwrap_or_default());
    (first.saturating_sub(RING), (last + RING + 1).min(length))
}

/// How far a colour lies on the way from one to another, 0 to 1; `None` where it lies off that way, or the way is
/// too short to tell.
fn share(colour: [f32; 3], from: [f32; 3], to: [f32; 3]) -> Option<f32> {
    let way: [f32; 3] = std::array::from_fn(|channel| to[channel] - from[channel]);
    let length = way.iter().map(|part| part * part).sum::<f32>();
    let along: f32 = (0..3).map(|channel| way[channel] * (colour[channel] - from[channel])).sum();
    let share = (along / length.max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
    let mixture: [f32; 3] = std::array::from_fn(|channel| from[channel] + share * way[channel]);
    (length > TELLS * TELLS && distance(colour, mixture) < OFF_WAY).then_some(share)
}

/// 1 where no pixel within `reach` holds, else 0.
fn far_from(alpha: &Plane, holds: impl Fn(f32) -> bool, reach: usize) -> Plane {
    let held = alpha.map(|alpha| if holds(alpha) { 1.0 } else { 0.0 });
    held.mean(reach).map(|share| if share > 1e-3 { 0.0 } else { 1.0 })
}

fn at(colours: &Colours, pixel: usize) -> [f32; 3] {
    std::array::from_fn(|channel| colours[channel].values[pixel])
}

fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
    (0..3).map(|channel| (one[channel] - other[channel]).powi(2)).sum::<f32>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 120;

    /// A dark person in the lower middle before a wall of `wall`, with a square of `patch` in it that the network
    /// takes for person as far as `taken`.
    fn scene(wall: f32, person: f32, patch: f32, taken: f32) -> (Plane, Colours) {
        let inside = |x: usize, y: usize| (30..90).contains(&x) && y >= 40;
        let hole = |x: usize, y: usize| (44..54).contains(&x) && (60..70).contains(&y);
        let plane = |of: &dyn Fn(usize, usize) -> f32| Plane {
            width: SIDE,
            height: SIDE,
            values: (0..SIDE * SIDE).map(|pixel| of(pixel % SIDE, pixel / SIDE)).collect(),
        };
        let level = |x: usize, y: usize| match (hole(x, y), inside(x, y)) {
            (true, _) => patch,
            (_, true) => person,
            // A wall has noise, here of 2 levels.
            _ => wall + ((x * 7 + y * 13) % 5) as f32 / 255.0,
        };
        let colour = plane(&level);
        let alpha = plane(&|x, y| match (hole(x, y), inside(x, y)) {
            (true, _) => taken,
            (_, person) => f32::from(u8::from(person)),
        });
        (alpha, [colour.clone(), colour.clone(), colour])
    }

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
            let wall = Wall::behind(&alpha, &colours).expect("an even wall");
            let kept = wall.without_patches(&alpha, |_| is_face);
            let at = |x: usize, y: usize| kept.values[y * SIDE + x];
            assert_eq!(at(49, 65), if cleared { 0.0 } else { taken }, "{person} {patch} {taken} {is_face}");
            assert_eq!((at(60, 100), at(10, 10)), (1.0, 0.0));
        }
    }

    #[test]
    fn before_an_uneven_ground_nothing_is_told() {
        let (alpha, mut colours) = scene(0.7, 0.2, 0.705, 0.6);
        for (pixel, level) in colours[0].values.iter_mut().enumerate() {
            *level = (*level + 0.3 * ((pixel / 9 % 2) as f32)).min(1.0);
        }
        assert!(Wall::behind(&alpha, &colours).is_none());
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
            let found = Wall::behind(&alpha, &colours).expect("an even wall").with_hair(alpha, &colours);
            let at = |x: usize, y: usize| found.values[y * SIDE + x];
            assert!((at(49, 65) - expected).abs() < 0.01, "{wall} {piece} {taken}: {}", at(49, 65));
            assert_eq!((at(60, 100), at(10, 10)), (1.0, 0.0));
        }
    }

    #[test]
    fn a_rim_is_taken_away_and_no_person_is() {
        // Two columns beside the person are wall that the network took for it, the last of the person is half wall.
        let (mut alpha, mut colours) = scene(0.7, 0.2, 0.2, 1.0);
        for row in 50..SIDE {
            for column in [28, 29] {
                alpha.values[row * SIDE + column] = 0.6;
            }
            colours.iter_mut().for_each(|colour| colour.values[row * SIDE + 30] = 0.45);
        }
        let wall = Wall::behind(&alpha, &colours).expect("an even wall");
        let kept = wall.without_rim(&alpha, &colours);
        let at = |column: usize| kept.values[80 * SIDE + column];
        assert!(at(28) < 0.1 && at(29) < 0.1, "{} {}", at(28), at(29));
        assert!((at(30) - 0.56).abs() < 0.02, "{}", at(30));
        assert_eq!((at(31), at(60), at(10)), (1.0, 1.0, 0.0));
    }

    #[test]
    fn a_colour_off_the_way_is_no_mixture() {
        let grey = |level: f32| [level; 3];
        for (colour, from, to, expected) in [
            (grey(0.5), grey(0.8), grey(0.2), Some(0.5)),
            (grey(0.9), grey(0.8), grey(0.2), None),
            ([0.7, 0.5, 0.4], grey(0.8), grey(0.2), None),
            (grey(0.77), grey(0.8), grey(0.74), None),
        ] {
            let found = share(colour, from, to);
            assert_eq!(found.map(|share| (share * 100.0).round() / 100.0), expected, "{colour:?}");
        }
    }
}
