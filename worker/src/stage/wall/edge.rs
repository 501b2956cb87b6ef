//! Alpha before an even wall, from its colour: how far a pixel is from it, as a share of how far the person beside is.
//!
//! Where skin or cloth ends, an edge is a pixel or two wide, and what lies inside of it is the person whatever its colour:
//! a sunlit shoulder, a white collar, shine on an ear. Hair alone lets the wall through farther in.

use super::Wall;
use super::hair::{Hair, is_dark};
use crate::stage::colours::{QUARTER, distance, way};
use crate::stage::component;
use crate::stage::head::Head;
use crate::stage::plane::{Field, Place, Plane};
use crate::stage::refine::near;

/// Wall and hair differ by at least this, 90 levels, or strands cannot be told from the wall's noise.
const TELLS: f32 = 90.0 / 255.0;
/// How far noise alone takes a pixel of the wall from its colour: 3 levels.
const NOISE: f32 = 3.0 / 255.0;
/// Least distance that counts as all of the way: under it noise would decide.
const LEAST_WAY: f32 = 6.0 / 255.0;
/// Hair is seldom as far from the wall as its middle; from this share on it is whole.
const WHOLE: f32 = 0.85;
/// Alpha under which the network sees no person, under which its haze bridges to things in the background, from which it
/// sees a person, and up to which it doubts.
const SEEN: f32 = 0.02;
const BRIDGED: f32 = 0.3;
const PERSON: f32 = 0.5;
const DOUBTED: f32 = 0.95;
/// A strand that the network does not see is so far from the wall, 12 levels, and this many times as far as what is round
/// it (radius in pixels) and not seen either, since shadows are smooth; and it ends so far from the person that is seen.
const STRAND: f32 = 12.0 / 255.0;
const SHARPER: f32 = 1.3;
const ROUND: usize = 5;
const REACH: usize = 45;
/// Share of the square of five pixels that is person where a body begins; less is a strand.
const BODY: f32 = 0.5;
/// How far the soft pixels of an edge lie from the wall, and those of hair.
const EDGE: usize = 2;
const FRINGE: usize = 4;
/// What is so much nearer to the wall's colour than the person beside is the glow that sharpening and fine hair leave.
const HALO: f32 = 0.15;
/// Radius in which the person beside an edge is looked at.
const BESIDE: usize = 3;
/// Where an edge is hardly seen, nearer than this to the wall's colour, its line is made smooth.
const FAINT: f32 = 40.0 / 255.0;
const PLAIN: f32 = 15.0 / 255.0;
/// What is brighter than the wall, by less than this, beside a head is its light on hair.
const GLOW: f32 = 25.0 / 255.0;
/// Strands before the wall differ in a square of this radius by at least this standard deviation, 9 levels; skin is smoother.
const STRANDS: usize = 2;
const UNEVEN: f32 = 9.0 / 255.0;
/// Least share in a square that tells one of its pixels from none.
const SOME: f32 = 1e-3;

impl Wall<'_> {
    /// The alpha that the wall's colour tells, where it is known; `coarse` is what the network said, `refined` the same
    /// moved to the edges of the colours.
    pub(in crate::stage) fn alpha(&self, coarse: &Plane, refined: Plane, head: &Head) -> Plane {
        if self.ground.usual.is_none() {
            return refined;
        }
        let gap = Field::of_places(coarse.size(), |place| distance(self.way_to(place), [0.0; 3]));
        let hair = Hair::of(self, coarse, head);
        if hair.as_ref().is_some_and(|hair| hair.way.length < TELLS) {
            return refined;
        }
        let shirt = self.shirt(hair.as_ref(), (coarse, &refined), head);
        let open = self.open(&gap, hair.as_ref(), &shirt, coarse, head);
        let person = self.person(&gap, hair.as_ref(), &open, coarse);
        let body = person.zip(&mask(&person).mean(2), |is_person, share| is_person && share > BODY);
        let width = coarse.width;
        let [near_body, near_person] = [&body, &person].map(|holds| near(&holds.values, width, 1));
        let [edge, fringe] = [EDGE, FRINGE].map(|reach| near(&open.values, width, reach));
        // How far the person beside is from the wall: what is farther weighs more, for at the edge itself it is mixed.
        let beside = gap
            .zip(&body, |gap, is_body| if is_body { [gap, gap * gap] } else { [0.0; 2] })
            .mean_by(BESIDE, |_, [once, twice]| twice / once.max(f32::MIN_POSITIVE));
        let share = |gap: f32, all: f32| ((gap - NOISE) / (all - NOISE).max(LEAST_WAY)).clamp(0.0, 1.0);
        let is_through = |place, hair: &Hair| self.is_through(place, &gap, hair, coarse, head);
        let alpha = Field::of_places(coarse.size(), |place| {
            let pixel = coarse.pixel(place);
            if !near_person[pixel] {
                return 0.0;
            }
            let (off, gap) = (self.way_to(place), gap.values[pixel]);
            if let Some(hair) = hair.as_ref().filter(|_| !shirt[pixel]) {
                let is_like = || hair.way.is_like(off, gap);
                let is_thin = !body.values[pixel] || (coarse.values[pixel] <= SEEN && is_like());
                let is_fringe = || fringe[pixel] && hair.length_near(place).is_some() && is_like();
                if is_thin || is_fringe() || is_through(place, hair) {
                    let length = hair.length_near(place).unwrap_or(hair.way.length);
                    return share(hair.way.along(off), WHOLE * length);
                }
            }
            let is_halo = fringe[pixel] && gap < HALO * beside.values[pixel];
            if (edge[pixel] || is_halo) && near_body[pixel] {
                return share(gap, beside.values[pixel]);
            }
            f32::from(u8::from(person.values[pixel]))
        });
        Field::of_places(alpha.size(), |place| {
            let pixel = coarse.pixel(place);
            let (own, beside) = (alpha.values[pixel], beside.values[pixel]);
            if fringe[pixel] && beside > 0.0 && beside < FAINT {
                let faint = ((FAINT - beside) / (FAINT - PLAIN)).min(1.0);
                own + faint * (alpha.mean_at(place, 1) - own)
            } else {
                own
            }
        })
    }

    /// Which pixels are the person, as far as they are not wall: what the network sees, and strands that hang together
    /// with it.
    fn person(&self, gap: &Plane, hair: Option<&Hair>, open: &Field<bool>, coarse: &Plane) -> Field<bool> {
        let unseen = gap.zip(coarse, |gap, alpha| if alpha > SEEN { [0.0; 2] } else { [gap, 1.0] }).mean(ROUND);
        let core = coarse.zip(open, |alpha, is_open| alpha > PERSON && !is_open);
        let near = mask(&core).shrunk(QUARTER).mean(REACH / QUARTER);
        let is_strand = |pixel: usize, place: Place| {
            let own = gap.values[pixel];
            if own <= STRAND || near.values[near.holding(place, QUARTER)] <= SOME {
                return false;
            }
            let [round, share] = unseen.values[pixel];
            let off = self.way_to(place);
            let is_sharp = || {
                let colour = self.colour(place);
                own * share > SHARPER * round || is_dark(colour, way(off, colour))
            };
            hair.is_some_and(|hair| hair.way.is_like(off, own)) && is_sharp()
        };
        // Where something else stands before the wall, its colour does not make it the person.
        let seen =
            coarse.zip_coarser(&self.mixed, QUARTER, |alpha, is_mixed| alpha > if is_mixed { BRIDGED } else { SEEN });
        let joins = Field::of_places(gap.size(), |place| {
            let pixel = gap.pixel(place);
            !open.values[pixel] && (seen.values[pixel] || is_strand(pixel, place))
        });
        let seeds = (0..gap.values.len()).filter(|&pixel| core.values[pixel]);
        Field { values: component::flood(&joins, seeds), ..joins }
    }

    /// Whether the wall may shine through hair at a place whose colour hardly differs from it and that is person so far.
    fn is_through(&self, place: Place, gap: &Plane, hair: &Hair, coarse: &Plane, head: &Head) -> bool {
        let (off, own) = (self.way_to(place), gap.at(place.0, place.1));
        let may_be = hair.way.may_be(off, own);
        if !(may_be || own < GLOW) || head.is_face(place) || !hair.is_about(place, head.is_below(place)) {
            return false;
        }
        let doubted = coarse.at(place.0, place.1) < DOUBTED;
        let is_strands = || hair.is_long_near(place) && gap.variance_at(place, STRANDS) > UNEVEN * UNEVEN;
        let hangs = (head.hangs(place) || (head.is_aside(place) && is_strands()))
            && (!head.is_ear(place) || hair.is_close(place));
        let glows = (doubted || (hangs && hair.is_close(place)))
            && !head.is_below(place)
            && hair.way.along(off) <= 0.0
            && own < GLOW;
        glows || ((doubted || hangs) && head.is_bare(place) > 0.0 && may_be)
    }
}

/// 1 where something holds, else 0.
fn mask(holds: &Field<bool>) -> Plane {
    holds.map(|holds| f32::from(u8::from(holds)))
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SIDE, head, scene};
    use super::*;
    use crate::stage::colours::{Colour, Colours};

    /// Alpha at a place of a scene, whose colours and network `change` may alter before.
    fn alpha(
        (wall, person, patch, taken): (f32, f32, f32, f32),
        chin: f32,
        change: impl Fn(&mut Plane, &mut Field<Colour>),
        (x, y): (usize, usize),
    ) -> f32 {
        let (mut alpha, mut colours) = scene(wall, person, patch, taken);
        change(&mut alpha, &mut colours);
        let colours = Colours::from_fine(colours);
        let wall = Wall::behind(&alpha, &alpha, &colours).expect("an even wall");
        wall.alpha(&alpha, alpha.clone(), &head(chin)).values[y * SIDE + x]
    }

    #[test]
    fn the_edge_of_a_pale_shirt_is_where_its_colour_begins() {
        // The network sees the person three pixels too narrow at one side, and three too wide, by half, at the other.
        let network = |alpha: &mut Plane, _: &mut Field<Colour>| {
            for row in alpha.values.chunks_exact_mut(SIDE).skip(40) {
                row[30..33].fill(0.1);
                row[90..93].fill(0.5);
            }
        };
        for (column, expected) in [(28, 0.0), (30, 1.0), (45, 1.0), (89, 1.0), (91, 0.0), (92, 0.0)] {
            let found = alpha((0.7, 0.8, 0.8, 1.0), 10.0, network, (column, 100));
            assert!((found - expected).abs() < 0.35, "{column}: {found}");
        }
    }

    #[test]
    fn shine_with_the_walls_colour_stays_and_wall_in_a_loop_of_hair_goes() {
        for (chin, expected) in [(10.0, 1.0), (90.0, 0.0)] {
            let found = alpha((0.7, 0.2, 0.703, 1.0), chin, |_, _| (), (49, 65));
            assert!((found - expected).abs() < 0.05, "{chin}: {found}");
        }
    }

    #[test]
    fn a_shirt_with_the_walls_colour_stays_under_hair_and_wall_between_hair_goes() {
        // Hair hangs beside a face that ends at row 60; under it a pale piece reaches down to a row.
        for (end, expected) in [(SIDE, 1.0), (68, 0.0)] {
            let pale = |_: &mut Plane, colours: &mut Field<Colour>| {
                (60..end).for_each(|row| colours.values[row * SIDE + 62..row * SIDE + 90].fill([0.7; 3]));
            };
            let found = alpha((0.7, 0.2, 0.2, 1.0), 60.0, pale, (72, 64));
            assert!((found - expected).abs() < 0.05, "{end}: {found}");
        }
    }

    #[test]
    fn beside_a_neck_wall_shows_between_strands_and_smooth_skin_stays() {
        for (levels, expected) in [([0.7, 0.55], 0.0), ([0.62, 0.62], 1.0)] {
            let neck = |_: &mut Plane, colours: &mut Field<Colour>| {
                let is_face = |pixel: &usize| head(60.0).is_face((pixel % SIDE, pixel / SIDE));
                (0..SIDE * SIDE).filter(is_face).for_each(|pixel| colours.values[pixel] = [0.6, 0.3, 0.2]);
                for pixel in (60..68).flat_map(|row| row * SIDE + 52..row * SIDE + 59) {
                    colours.values[pixel] = [levels[pixel % 2]; 3];
                }
            };
            let found = alpha((0.7, 0.2, 0.2, 1.0), 60.0, neck, (56, 63));
            assert!((found - expected).abs() < 0.05, "{levels:?}: {found}");
        }
    }

    #[test]
    fn a_strand_that_the_network_does_not_see_is_as_much_there_as_its_colour_tells() {
        let strand = |level: f32| {
            move |_: &mut Plane, colours: &mut Field<Colour>| {
                colours.values[50 * SIDE + 16..50 * SIDE + 30].fill([level; 3]);
            }
        };
        for (level, expected) in [(0.2, 1.0), (0.45, 0.58), (0.69, 0.0)] {
            let found = alpha((0.7, 0.2, 0.2, 1.0), 75.0, strand(level), (22, 50));
            assert!((found - expected).abs() < 0.1, "{level}: {found}");
        }
        let found = alpha((0.7, 0.2, 0.2, 1.0), 75.0, strand(0.45), (22, 53));
        assert!(found < 0.02, "beside it: {found}");
    }

    #[test]
    fn dark_hair_before_a_dark_wall_is_left_to_the_network() {
        assert_eq!(alpha((0.3, 0.2, 0.25, 0.6), 75.0, |_, _| (), (49, 65)), 0.6);
    }
}
