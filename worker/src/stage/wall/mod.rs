//! The wall behind a person, where it is even: its colour tells what the network cannot.
//!
//! A pixel at the outline is a mixture of the wall and of the person near by, so how far its colour lies from the wall's
//! to the person's is how much person there is (difference matting, Smith and Blinn 1996). Five faults of soft
//! segmenters are mended by that, one in each file.

mod cloth;
mod hair;
mod patch;
mod rim;
#[cfg(test)]
mod scene;
mod veil;

use fast_image_resize::FilterType;

use super::colours::{Colour, Colours, HALF, QUARTER, distance, weighed};
use super::plane::{Field, Plane};
use super::resample::scale_plane;

/// Alpha below which a pixel is background, and how far from everything above, in pixels, it is surely so.
const BACK: f32 = 0.02;
const CLEAR_OF: usize = 3;
/// The wall's colour is taken at a quarter of the resolution, in this radius (48 pixels of the picture), where at least
/// this share of it is wall.
const AROUND: usize = 12;
const LEAST_SHARE: f32 = 0.02;
/// Greatest deviation of an even wall's colour, and how far from it a pixel still is wall, of 0 to 1 over all three
/// colours: 8 and 10 levels. Noise and JPEG leave 2 to 4.
const EVEN: f32 = 8.0 / 255.0;
const SAME: f32 = 10.0 / 255.0;
/// Skin and hair differ from the wall by at least this, 30 levels; the folds of a white shirt and the shine of a forehead
/// pass into it.
const OTHER: f32 = 30.0 / 255.0;
/// Wall and person differ by at least this, 40 levels, or nobody can tell how much of each there is.
const TELLS: f32 = 40.0 / 255.0;
/// How far a mixture's colour may lie off the straight way from wall to person: 10 levels. An ear before dark hair
/// lies farther off.
const OFF_WAY: f32 = 10.0 / 255.0;
/// As much person as noise alone could hide is left.
const SLACK: f32 = 0.06;
/// Alpha from which hair or cloth is suspected.
const SUSPECTED: f32 = 0.1;
/// Radius in pixels in which the hair's own colour is taken.
const STRAND: usize = 10;
/// Width in pixels of what is round an area, one that belongs to its own soft edge left out.
const RING: usize = 4;
/// Share of the background that must be even for the wall to have one colour.
const MOSTLY: f32 = 0.75;

/// The wall near each pixel.
pub(super) struct Wall<'a> {
    picture: &'a Colours,
    /// What the network takes for any person, for each square.
    suspected: Plane,
    /// The wall's colour near each square, where it is even: it changes little.
    near: Field<Option<Colour>>,
    /// The colour of all the wall, where nearly all of the background is even.
    usual: Option<Colour>,
}

impl<'a> Wall<'a> {
    /// The wall behind the person of `alpha`, where `raw` is what the network takes for any person; `None` where there
    /// is no even wall.
    pub(super) fn behind(alpha: &Plane, raw: &Plane, picture: &'a Colours) -> Option<Self> {
        let colours = &picture.quarter;
        let suspected = scale_plane(raw, (colours.width, colours.height), FilterType::Bilinear);
        let back = squares_clear(alpha).zip(&suspected, |is_clear, suspected| is_clear && suspected <= BACK);
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
        Some(Self { picture, suspected, near, usual })
    }

    /// The wall's colour near a pixel of the picture.
    fn near(&self, pixel: usize) -> Option<Colour> {
        let width = self.picture.fine.width;
        self.near.values[self.near.holding((pixel % width, pixel / width), QUARTER)]
    }

    /// The wall's colour near a pixel, or else that of all the wall.
    fn at(&self, pixel: usize) -> Option<Colour> {
        self.near(pixel).or(self.usual)
    }

    /// How far a pixel's colour is from the even wall's near it; 1 where there is none near.
    fn off(&self, pixel: usize) -> f32 {
        self.distance_from(self.near(pixel), pixel)
    }

    /// How far a pixel's colour is from that of the wall; 1 where that is unknown.
    fn gap(&self, pixel: usize) -> f32 {
        self.distance_from(self.at(pixel), pixel)
    }

    fn distance_from(&self, wall: Option<Colour>, pixel: usize) -> f32 {
        wall.map_or(1.0, |wall| distance(self.picture.fine.values[pixel], wall).min(1.0))
    }

    /// Whether a pixel's colour alone tells that it is the person, or else that it is the wall.
    pub(super) fn settles(&self, pixel: usize, is_person: bool) -> bool {
        let colour = self.picture.fine.values[pixel];
        self.usual.is_some_and(|wall| if is_person { hair::is_dark(colour, wall) } else { self.gap(pixel) < SAME })
    }

    /// The colours of all that is suspected to be the person, at half resolution, each as heavy as `weight` says of it.
    fn suspects(&self, alpha: &Plane, weight: impl Fn(usize, Colour) -> f32) -> Field<[f32; 4]> {
        let colours = &self.picture.half;
        let weigh = |(square, (&colour, alpha)): (usize, (&Colour, f32))| {
            weighed(colour, if alpha > SUSPECTED { weight(square, colour) } else { 0.0 })
        };
        let alpha = alpha.shrunk(HALF);
        let values = colours.values.iter().zip(alpha.values).enumerate().map(weigh);
        Field { width: colours.width, height: colours.height, values: values.collect() }
    }

    /// How far the network takes a pixel for any person.
    fn suspicion(&self, pixel: usize) -> f32 {
        let width = self.picture.fine.width;
        self.suspected.values[self.suspected.holding((pixel % width, pixel / width), QUARTER)]
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

/// Which squares of [`QUARTER`] pixels are surely background: nothing of the person is in them or near.
fn squares_clear(alpha: &Plane) -> Field<bool> {
    let (width, height) = (alpha.width.div_ceil(QUARTER), alpha.height.div_ceil(QUARTER));
    let reach = |square: usize, length: usize| {
        (square * QUARTER).saturating_sub(CLEAR_OF)..((square + 1) * QUARTER + CLEAR_OF).min(length)
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

/// The pixels up to [`RING`] round an area, those next to it left out.
fn round(area: &[usize], shape: &Plane) -> impl Iterator<Item = usize> + use<> {
    // Only the area with its surroundings: areas are many and small.
    let width = shape.width;
    let columns = span(area.iter().map(|pixel| pixel % width), width);
    let rows = span(area.iter().map(|pixel| pixel / width), shape.height);
    let size = (columns.1 - columns.0, rows.1 - rows.0);
    let mut member = Plane { width: size.0, height: size.1, values: vec![0.0; size.0 * size.1] };
    for pixel in area {
        member.values[(pixel / width - rows.0) * size.0 + pixel % width - columns.0] = 1.0;
    }
    let (near, soft) = (member.mean(RING), member.mean(1));
    (0..member.values.len())
        .filter(move |&local| near.values[local] > 1e-4 && soft.values[local] < 1e-4)
        .map(move |local| (rows.0 + local / size.0) * width + columns.0 + local % size.0)
}

/// First and one past the last of some columns or rows, with the width of the surroundings on both sides.
fn span(places: impl Iterator<Item = usize> + Clone, length: usize) -> (usize, usize) {
    let (first, last) = (places.clone().min().unwrap_or_default(), places.max().unwrap_or_default());
    (first.saturating_sub(RING), (last + RING + 1).min(length))
}

/// How far a colour lies on the way from one to another, 0 to 1; `None` where it lies farther than `off_way` off it, or
/// the way is too short to tell.
fn share(colour: Colour, from: Colour, to: Colour, off_way: f32) -> Option<f32> {
    let way: [f32; 3] = std::array::from_fn(|channel| to[channel] - from[channel]);
    let length = way.iter().map(|part| part * part).sum::<f32>();
    let along: f32 = (0..3).map(|channel| way[channel] * (colour[channel] - from[channel])).sum();
    let share = (along / length.max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
    let mixture: [f32; 3] = std::array::from_fn(|channel| from[channel] + share * way[channel]);
    (length > TELLS * TELLS && distance(colour, mixture) < off_way).then_some(share)
}

/// 1 where no pixel within `reach` holds, else 0.
fn far_from(alpha: &Plane, holds: impl Fn(f32) -> bool, reach: usize) -> Plane {
    let held = alpha.map(|alpha| if holds(alpha) { 1.0 } else { 0.0 });
    held.mean(reach).map(|share| if share > 1e-3 { 0.0 } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::scene::scene;
    use super::*;

    #[test]
    fn before_an_uneven_ground_nothing_is_told() {
        let (alpha, mut colours) = scene(0.7, 0.2, 0.705, 0.6);
        for (pixel, [red, ..]) in colours.values.iter_mut().enumerate() {
            *red = (*red + 0.3 * ((pixel / 9 % 2) as f32)).min(1.0);
        }
        assert!(Wall::behind(&alpha, &alpha, &Colours::from_fine(colours)).is_none());
    }

    #[test]
    fn dark_hair_and_the_wall_itself_are_settled_and_skin_is_not() {
        for (level, person, wall) in [(0.15, true, false), (0.81, false, true), (0.6, false, false)] {
            let (alpha, colours) = scene(0.8, 0.6, level, 0.5);
            let colours = Colours::from_fine(colours);
            let found = Wall::behind(&alpha, &alpha, &colours).expect("an even wall");
            let pixel = 65 * scene::SIDE + 49;
            assert_eq!((found.settles(pixel, true), found.settles(pixel, false)), (person, wall), "{level}");
        }
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
            let found = share(colour, from, to, OFF_WAY);
            assert_eq!(found.map(|share| (share * 100.0).round() / 100.0), expected, "{colour:?}");
        }
    }
}
