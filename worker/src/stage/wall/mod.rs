//! The wall behind a person, where it is even: its colour tells what the network cannot.
//!
//! A pixel at the outline is a mixture of the wall and of the person near by, so how far its colour lies from the wall's
//! to the person's is how much person there is (difference matting, Smith and Blinn 1996). What the network takes for
//! person too much ([`patch`]) or too little ([`cloth`]) is mended first; then alpha is reckoned ([`edge`]) from where the
//! wall is seen ([`open`]) and how hair differs from it ([`hair`]).

mod cloth;
mod edge;
mod hair;
mod open;
mod patch;
#[cfg(test)]
mod scene;

use fast_image_resize::FilterType;

use super::colours::{Colour, Colours, QUARTER, distance, way, weighed};
use super::plane::{Field, Place, Plane};
use super::refine::near;
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
/// Alpha from which hair or cloth is suspected.
const SUSPECTED: f32 = 0.1;
/// Width in pixels of what is round an area, one that belongs to its own soft edge left out.
const RING: usize = 4;
/// A colour so far from that of all the wall, 32 levels, is another thing before it; of such there is a share where the
/// surroundings are mixed. Light falls off by 20 levels over the wall of `london`.
const ANOTHER: f32 = 32.0 / 255.0;
const MIXED: f32 = 0.2;
/// Share of the background that must be even for the wall to have one colour.
const MOSTLY: f32 = 0.75;

/// The wall near each pixel.
pub(super) struct Wall<'a> {
    picture: &'a Colours,
    /// What the network takes for any person, for each square.
    suspected: Plane,
    ground: Ground,
    /// Where something else stands among the wall.
    mixed: Field<bool>,
    /// The wall's colour near each square, or farther off.
    all_over: Field<Option<Colour>>,
}

/// The wall's colour, as far as it is even.
#[derive(Clone, Debug)]
pub(crate) struct Ground {
    /// Near each square of [`QUARTER`] pixels: it changes little.
    pub(super) near: Field<Option<Colour>>,
    /// That of all the wall, where nearly all of the background is even.
    pub(super) usual: Option<Colour>,
}

impl Ground {
    /// The wall's colour near a place of the picture.
    fn near(&self, place: Place) -> Option<Colour> {
        self.near.values[self.near.holding(place, QUARTER)]
    }

    /// The wall's colour near a place of the picture, or else that of all the wall.
    pub(super) fn at(&self, place: Place) -> Option<Colour> {
        self.near(place).or(self.usual)
    }
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
        let around = moments.mean(AROUND);
        let near = around.map(even);
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
        // What the network does not see of loose hair, or another thing, is not the wall.
        let plain = colours.zip(&back, |colour, is_back| {
            let is_plain = is_back && usual.is_some_and(|usual| distance(colour, usual) < ANOTHER);
            weighed(colour, f32::from(u8::from(is_plain)))
        });
        let plain = plain.mean(AROUND);
        let mixed = around.zip(&plain, |[.., all], [.., plain]| all - plain > MIXED * all);
        let mixed = mixed.zip(&near, |is_mixed, near| is_mixed && near.is_none());
        let all_over = near.zip(&plain, |near, plain| near.or_else(|| mean_colour(plain)).or(usual));
        Some(Self { picture, suspected, ground: Ground { near, usual }, mixed, all_over })
    }

    /// Its colour alone.
    pub(super) fn into_ground(self) -> Ground {
        self.ground
    }

    /// How far a colour at a place is from the wall's in each channel; nothing where its colour is unknown.
    fn way(&self, place: Place, colour: Colour) -> Colour {
        let wall = self.all_over.values[self.all_over.holding(place, QUARTER)];
        wall.map_or([0.0; 3], |wall| way(wall, colour))
    }

    /// The same for the colour of the place itself.
    fn way_to(&self, place: Place) -> Colour {
        self.way(place, self.colour(place))
    }

    /// How far the colour of a place is from the even wall's near it; 1 where there is none near.
    fn off(&self, place: Place) -> f32 {
        self.distance_from(self.ground.near(place), place)
    }

    /// How far the colour of a place is from that of the wall; 1 where that is unknown.
    fn gap(&self, place: Place) -> f32 {
        self.distance_from(self.ground.at(place), place)
    }

    fn distance_from(&self, wall: Option<Colour>, place: Place) -> f32 {
        wall.map_or(1.0, |wall| distance(self.colour(place), wall).min(1.0))
    }

    fn colour(&self, (column, row): Place) -> Colour {
        self.picture.fine.at(column, row)
    }

    /// Whether the colour of a place alone tells that it is the person, or else that it is the wall.
    pub(super) fn settles(&self, place: Place, is_person: bool) -> bool {
        self.ground.usual.is_some_and(|wall| {
            if is_person { hair::is_dark(self.colour(place), wall) } else { self.gap(place) < SAME }
        })
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
    let mut member = vec![false; size.0 * size.1];
    for pixel in area {
        member[(pixel / width - rows.0) * size.0 + pixel % width - columns.0] = true;
    }
    let [ring, soft] = [RING, 1].map(|reach| near(&member, size.0, reach));
    (0..member.len())
        .filter(move |&local| ring[local] && !soft[local])
        .map(move |local| (rows.0 + local / size.0) * width + columns.0 + local % size.0)
}

/// First and one past the last of some columns or rows, with the width of the surroundings on both sides.
fn span(places: impl Iterator<Item = usize> + Clone, length: usize) -> (usize, usize) {
    let (first, last) = (places.clone().min().unwrap_or_default(), places.max().unwrap_or_default());
    (first.saturating_sub(RING), (last + RING + 1).min(length))
}

/// Alpha from which the network is sure of a person.
const SURE: f32 = 0.98;

/// Which pixels have nothing that the network is not sure of within `reach`.
fn inside(coarse: &Plane, reach: usize) -> Vec<bool> {
    let unsure: Vec<bool> = coarse.values.iter().map(|&alpha| alpha < SURE).collect();
    near(&unsure, coarse.width, reach).into_iter().map(|is_near| !is_near).collect()
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
            let place = (49, 65);
            assert_eq!((found.settles(place, true), found.settles(place, false)), (person, wall), "{level}");
        }
    }
}
