//! Hair before an even wall: its colour, where it is thick, and how far a pixel's colour lies on the way to it.

use super::{LEAST_SHARE, Wall, inside};
use crate::stage::brightness::brightness;
use crate::stage::colours::{Colour, HALF, distance};
use crate::stage::head::Head;
use crate::stage::plane::{Field, Place, Plane};

/// Brightness of what is far too dark for a shadow on a wall as a share of the wall's, at most, and how far from the
/// wall's colour it is at least, 100 levels. The hair that was lost in `london` 007 and 094 has 0.13 to 0.24 of its wall's;
/// how deep shadows get was not measured.
const DARK: f32 = 0.45;
const FAR: f32 = 100.0 / 255.0;
/// How far inside the outline hair is sampled, in pixels, and the least squares of [`HALF`] pixels that tell its colour.
const RIM: usize = 16;
const LEAST: usize = 50;
/// How far a colour may lie off the way from wall to hair, 10 levels and a share of its distance from the wall, since
/// strands differ in colour; and twice as far where nothing but hair can be.
const OFF_WAY: f32 = 10.0 / 255.0;
const OFF_SHARE: f32 = 0.15;
/// A sharpened picture glows beside dark strands: wall that is brighter than the wall by as much is none of the person's.
const GLOW: f32 = 14.0 / 255.0;
/// Share of the way to the hair's colour from which hair is thick. Where skin is nearly as dark, half of the way from the
/// skin's colour to the hair's.
const THICK: f32 = 0.6;
const THICKEST: f32 = 0.92;
/// Cosine from which hair and skin differ in brightness alone: then hair is told from skin by its place.
const ALIKE: f32 = 0.97;
/// Radii in pixels in which thick hair is close, near and about.
const CLOSE: usize = 6;
const NEAR: usize = 20;
const ABOUT: usize = 40;
/// Least shares of thick hair there; above the chin, where no cloth is, a trace of it is enough.
const CLOSE_SHARE: f32 = 0.12;
const ABOUT_SHARE: f32 = 0.03;
const TRACE: f32 = 0.002;
/// Least alpha of thick hair, and noise of a colour that has no direction yet, nearer than this to the wall's.
const SEEN: f32 = 0.3;
const NOISE: f32 = 3.0 / 255.0;
const FAINT: f32 = 40.0 / 255.0;
/// Squares inside the outline that are mixed with the wall.
const MIXED: usize = 2;

/// The way from the wall's colour to that of hair.
pub(super) struct Way {
    /// It, of length 1, and how long it is.
    to_hair: Colour,
    pub(super) length: f32,
    /// The same way to the skin's colour.
    to_skin: Colour,
}

/// The hair of a person.
pub(super) struct Hair {
    pub(super) way: Way,
    /// Share of thick hair and its distance from the wall, by that share; and shares alone.
    near: Field<[f32; 2]>,
    close: Plane,
    about: Plane,
    /// The same of what is long.
    long: Plane,
}

impl Way {
    /// How far a colour lies on the way to the hair's.
    pub(super) fn along(&self, off: Colour) -> f32 {
        dot(off, self.to_hair)
    }

    /// Whether a colour so far from the wall's may be hair before it, and rather than skin.
    pub(super) fn is_like(&self, off: Colour, gap: f32) -> bool {
        self.along(off) > 0.0 && self.is_rather(off, gap) && self.aside(off, gap) < OFF_WAY + OFF_SHARE * gap
    }

    /// As [`Self::is_like`], of a colour that is hardly the wall's.
    pub(super) fn may_be(&self, off: Colour, gap: f32) -> bool {
        gap < THICK * self.length
            && self.along(off) > -GLOW
            && self.is_rather(off, gap)
            && self.aside(off, gap) < 2.0 * OFF_WAY
    }

    fn is_rather(&self, off: Colour, gap: f32) -> bool {
        // Colours near the wall's have no direction but that of noise.
        let noise = if gap > FAINT { 0.0 } else { NOISE };
        self.along(off) >= dot(off, self.to_skin) - noise
    }

    fn aside(&self, off: Colour, gap: f32) -> f32 {
        (gap * gap - self.along(off).powi(2)).max(0.0).sqrt()
    }
}

impl Hair {
    /// The hair of a person of `coarse` alpha; `None` where too little is seen.
    pub(super) fn of(wall: &Wall<'_>, coarse: &Plane, head: &Head) -> Option<Self> {
        let half = &wall.picture.half;
        let off = Field::of_places(half.size(), |place| wall.way(in_picture(place), half.at(place.0, place.1)));
        let coarse = coarse.shrunk(HALF);
        let (deep, rim) = (inside(&coarse, RIM / HALF), inside(&coarse, MIXED));
        let (mut hair, mut skin) = (Vec::new(), Vec::new());
        for (square, &off) in off.values.iter().enumerate() {
            let place = in_picture(coarse.place(square));
            if head.is_face(place) {
                skin.push(off);
            } else if rim[square] && !deep[square] && head.is_upper(place) {
                hair.push(off);
            }
        }
        let ((to_hair, length), (to_skin, pale)) = (direction(&hair)?, direction(&skin)?);
        let way = Way { to_hair, length, to_skin };
        let is_alike = dot(to_hair, to_skin) > ALIKE;
        let thick = if pale < length { ((pale / length + 1.0) / 2.0).clamp(THICK, THICKEST) } else { THICK };
        let strong = Field::of_places(coarse.size(), |(column, row)| {
            let off = off.at(column, row);
            let gap = distance(off, [0.0; 3]);
            let counts = gap > thick * length
                && coarse.at(column, row) > SEEN
                && (!is_alike || !head.is_below(in_picture((column, row))));
            if counts && way.is_like(off, gap) { [1.0, gap] } else { [0.0; 2] }
        });
        let alone = strong.map(|[share, _]| share);
        let long = Field::of_places(coarse.size(), |place| {
            if head.is_long_hair(in_picture(place)) { alone.at(place.0, place.1) } else { 0.0 }
        });
        Some(Self {
            way,
            near: strong.mean(NEAR / HALF),
            close: alone.mean(CLOSE / HALF),
            about: alone.mean(ABOUT / HALF),
            long: long.mean(NEAR / HALF),
        })
    }

    /// How far thick hair near a place is from the wall; `None` where there is none.
    pub(super) fn length_near(&self, place: Place) -> Option<f32> {
        let [share, gap] = self.near.values[self.near.holding(place, HALF)];
        (share > LEAST_SHARE / 2.0).then(|| gap / share)
    }

    /// Whether thick hair is next to a place.
    pub(super) fn is_close(&self, place: Place) -> bool {
        self.close.values[self.close.holding(place, HALF)] > CLOSE_SHARE
    }

    /// Whether long hair is near a place.
    pub(super) fn is_long_near(&self, place: Place) -> bool {
        self.long.values[self.long.holding(place, HALF)] > LEAST_SHARE / 2.0
    }

    /// Whether thick hair is about, for places above the chin or below.
    pub(super) fn is_about(&self, place: Place, is_below: bool) -> bool {
        self.about.values[self.about.holding(place, HALF)] > if is_below { ABOUT_SHARE } else { TRACE }
    }
}

/// The first place of a square of [`HALF`] pixels.
fn in_picture((column, row): Place) -> Place {
    (column * HALF, row * HALF)
}

/// Whether a colour is far too dark for a shadow on a wall.
pub(super) fn is_dark(colour: Colour, wall: Colour) -> bool {
    brightness(colour) < DARK * brightness(wall) && distance(colour, wall) > FAR
}

fn dot(one: Colour, other: Colour) -> f32 {
    (0..3).map(|channel| one[channel] * other[channel]).sum()
}

/// The middle of some ways, of length 1, with its length.
fn direction(ways: &[Colour]) -> Option<(Colour, f32)> {
    if ways.len() < LEAST {
        return None;
    }
    let middle = |channel: usize| {
        let mut values: Vec<f32> = ways.iter().map(|way| way[channel]).collect();
        let at = values.len() / 2;
        *values.select_nth_unstable_by(at, f32::total_cmp).1
    };
    let way = [middle(0), middle(1), middle(2)];
    let length = distance(way, [0.0; 3]);
    (length > 0.0).then(|| (way.map(|part| part / length), length))
}
