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

use super::brightness::brightness;
use super::colours::{Colour, Colours, HALF, distance, weighed};
use super::component;
use super::plane::{Field, Plane};

/// Alpha below which a pixel is background, and how far from everything above, in pixels, it is surely so.
const BACK: f32 = 0.02;
const CLEAR_OF: usize = 3;
/// The wall's colour is taken for squares of so many pixels, in this radius (48 pixels of the picture), where
/// at least this share of it is wall.
const SQUARE: usize = 4;
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
pub(crate) struct Wall<'a> {
    picture: &'a Colours,
    /// The wall's colour near each square, where it is even: it changes little.
    near: Field<Option<Colour>>,
    /// The colour of all the wall, where nearly all of the background is even.
    usual: Option<Colour>,
}

impl<'a> Wall<'a> {
    /// The wall behind the person of `alpha`; `None` where there is no even wall.
    pub(crate) fn behind(alpha: &Plane, picture: &'a Colours) -> Option<Self> {
        let colours = picture.half.shrunk(SQUARE / HALF);
        let back = squares_clear(alpha);
        let moments = colours.zip(&back, |colour, is_back| {
            let weight = f32::from(u8::from(is_back));
            let (once, twice) = (weighed(colour, weight), weighed(colour.map(|level| level * level), weight));
            [once[0], once[1], once[2], twice[0], twice[1], twice[2], weight]
        });
        let near = moments.mean(AROUND).map(even);
        if near.values.iter().all(Option::is_none) {
            return None;
        }
        // The mean over the wall of what is its colour there.
        let walls = back.zip(&near, |is_back, near| near.filter(|_| is_back));
        let (sum, wall) = walls.values.iter().flatten().fold(([0.0; 3], 0_usize), |(sum, count), colour| {
            (std::array::from_fn(|channel| sum[channel] + colour[channel]), count + 1)
        });
        let all = back.values.iter().filter(|is_back| **is_back).count();
        let usual = (wall as f32 > MOSTLY * all as f32).then(|| sum.map(|sum| sum / wall as f32));
        Some(Self { picture, near, usual })
    }

    /// The wall's colour near a pixel of the picture.
    fn near(&self, pixel: usize) -> Option<Colour> {
        let width = self.picture.fine.width;
        self.near.values[self.near.holding((pixel % width, pixel / width), SQUARE)]
    }

    /// How far a pixel's colour is from the wall's; 1 where there is no even wall near.
    fn off(&self, pixel: usize) -> f32 {
        self.near(pixel).map_or(1.0, |wall| distance(self.picture.fine.values[pixel], wall).min(1.0))
    }

    /// `alpha` with patches of wall set to 0; `is_face` tells pixels in which no wall can show.
    pub(crate) fn without_patches(&self, alpha: &Plane, is_face: impl Fn(usize) -> bool) -> Plane {
        let mut cleared = alpha.clone();
        let is_person = |pixel: usize| alpha.values[pixel] > BACK;
        let walls: Vec<bool> = (0..alpha.values.len())
            .map(|pixel| is_person(pixel) && self.off(pixel) < SAME && !is_face(pixel))
            .collect();
        for patch in component::regions(alpha, |pixel| walls[pixel]).iter().filter(|patch| patch.len() >= LEAST) {
            let mean = patch.iter().map(|&pixel| alpha.values[pixel]).sum::<f32>() / patch.len() as f32;
            if mean < DOUBTED && self.is_enclosed(patch, alpha) {
                patch.iter().for_each(|&pixel| cleared.values[pixel] = 0.0);
            }
        }
        cleared
    }

    /// Whether the person round a patch has clearly another colour than the wall.
    fn is_enclosed(&self, patch: &[usize], alpha: &Plane) -> bool {
        // Only the patch with its surroundings: patches are many and small.
        let width = alpha.width;
        let columns = span(patch.iter().map(|pixel| pixel % width), width);
        let rows = span(patch.iter().map(|pixel| pixel / width), alpha.height);
        let size = (columns.1 - columns.0, rows.1 - rows.0);
        let mut member = Plane { width: size.0, height: size.1, values: vec![0.0; size.0 * size.1] };
        for pixel in patch {
            member.values[(pixel / width - rows.0) * size.0 + pixel % width - columns.0] = 1.0;
        }
        let (near, soft) = (member.mean(RING), member.mean(1));
        let round = (0..member.values.len())
            .filter(|&local| near.values[local] > 1e-4 && soft.values[local] < 1e-4)
            .map(|local| (rows.0 + local / size.0) * width + columns.0 + local % size.0)
            .filter(|&pixel| alpha.values[pixel] > BACK);
        let count = |(all, other), pixel: usize| (all + 1, other + u32::from(self.off(pixel) > OTHER));
        let (all, other) = round.fold((0, 0), count);
        all > 0 && other as f32 >= MOSTLY * all as f32
    }

    /// `alpha` with no more person at the outline than the colours bear out.
    pub(crate) fn without_rim(&self, alpha: Plane) -> Plane {
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
                if let Some(share) = share(self.picture.fine.values[pixel], wall, person) {
                    *own = own.min((share + SLACK).max(least));
                }
            }
        }
        less
    }

    /// `alpha` with the dark hair that it only half believes, as far as the colours bear it out.
    pub(crate) fn with_hair(&self, alpha: Plane) -> Plane {
        let Some(wall) = self.usual else { return alpha };
        let colours = &self.picture.fine;
        let is_hair = |pixel: usize| {
            let colour = colours.values[pixel];
            alpha.values[pixel] > SUSPECTED
                && brightness(colour) < DARK * brightness(wall)
                && distance(colour, wall) > FAR
        };
        let strands =
            colours.shrunk_by(HALF, |pixel| weighed(colours.values[pixel], f32::from(u8::from(is_hair(pixel)))));
        let strands = strands.mean(STRAND / HALF);
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

/// The colour of an even wall of which the mean colour, the mean squares and the share are these.
fn even([r, g, b, rr, gg, bb, share]: [f32; 7]) -> Option<Colour> {
    let colour = [r, g, b].map(|sum| sum / share.max(LEAST_SHARE));
    let squares = [rr, gg, bb].map(|sum| sum / share.max(LEAST_SHARE));
    let spread: f32 = colour.iter().zip(squares).map(|(mean, square)| (square - mean * mean).max(0.0)).sum();
    (share > LEAST_SHARE && spread < EVEN * EVEN).then_some(colour)
}

/// The mean colour of which there is enough to tell.
fn mean_colour([red, green, blue, weight]: [f32; 4]) -> Option<Colour> {
    (weight >= LEAST_SHARE).then(|| [red / weight, green / weight, blue / weight])
}

/// Which squares of [`SQUARE`] pixels are surely background: nothing of the person is in them or near.
fn squares_clear(alpha: &Plane) -> Field<bool> {
    let (width, height) = (alpha.width.div_ceil(SQUARE), alpha.height.div_ceil(SQUARE));
    let reach = |square: usize, length: usize| {
        (square * SQUARE).saturating_sub(CLEAR_OF)..((square + 1) * SQUARE + CLEAR_OF).min(length)
    };
    // For each row of pixels the squares that it leaves clear, then for each square whether all its rows do.
    let rows: Vec<bool> = (0..alpha.height)
        .flat_map(|row| {
            let row = alpha.row(row);
            (0..width).map(move |square| row[reach(square, row.len())].iter().all(|&alpha| alpha <= BACK))
        })
        .collect();
    let values = (0..width * height)
        .map(|square| reach(square / width, alpha.height).all(|row| rows[row * width + square % width]));
    Field { width, height, values: values.collect() }
}

/// First and one past the last of some columns or rows, with the width of the surroundings on both sides.
fn span(places: impl Iterator<Item = usize> + Clone, length: usize) -> (usize, usize) {
    let (first, last) = (places.clone().min().unwrap_or_default(), places.max().unwrap_or_default());
    (first.saturating_sub(RING), (last + RING + 1).min(length))
}

/// How far a colour lies on the way from one to another, 0 to 1; `None` where it lies off that way, or the way is
/// too short to tell.
fn share(colour: Colour, from: Colour, to: Colour) -> Option<f32> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 120;

    /// A dark person in the lower middle before a wall of `wall`, with a square of `patch` in it that the network
    /// takes for person as far as `taken`.
    fn scene(wall: f32, person: f32, patch: f32, taken: f32) -> (Plane, Field<Colour>) {
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
        (alpha, colour.map(|level| [level; 3]))
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
            let colours = Colours::from_fine(colours);
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
        for (pixel, [red, ..]) in colours.values.iter_mut().enumerate() {
            *red = (*red + 0.3 * ((pixel / 9 % 2) as f32)).min(1.0);
        }
        assert!(Wall::behind(&alpha, &Colours::from_fine(colours)).is_none());
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
            let found = Wall::behind(&alpha, &colours).expect("an even wall").with_hair(alpha);
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
            colours.values[row * SIDE + 30] = [0.45; 3];
        }
        let colours = Colours::from_fine(colours);
        let wall = Wall::behind(&alpha, &colours).expect("an even wall");
        let kept = wall.without_rim(alpha);
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
