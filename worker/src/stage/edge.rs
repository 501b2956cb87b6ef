//! The edge of a person: its pixels, and how far their colours lie from what was behind the person and from what is there
//! now.

use image::RgbImage;

use super::colours::distance;
use super::matte::Matted;
use super::refine::at_outline;

/// Pixels on each side of the outline that are its edge: there the old background shows first.
pub const EDGE_PX: usize = 3;

/// How far the edge's colours lie from the backgrounds, each a mean in levels, 0 to 441.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EdgeDistance {
    /// To the old background near each pixel; `None` where fewer than half of them have an even one near.
    pub(crate) to_old: Option<f32>,
    /// To the new background.
    pub(crate) to_new: Option<f32>,
}

/// Measures the pixels of `picture` on `background` that lie within [`EDGE_PX`] of the outline of its person, along rows
/// and columns; there are none where all of it is person, or nothing.
#[must_use]
pub fn edge(picture: &RgbImage, matted: &Matted, background: [u8; 3]) -> EdgeDistance {
    let Matted { alpha, ground, .. } = matted;
    let new = background.map(share);
    let (mut to_old, mut to_new) = (Mean::default(), Mean::default());
    let is_edge = at_outline(&alpha.values, alpha.width, EDGE_PX);
    let pixels = picture.as_raw().as_chunks::<3>().0;
    for (at, pixel) in pixels.iter().enumerate().filter(|(at, _)| is_edge[*at]) {
        let colour = pixel.map(share);
        to_new.add(distance(colour, new));
        if let Some(old) = ground.as_ref().and_then(|ground| ground.at((at % alpha.width, at / alpha.width))) {
            to_old.add(distance(colour, old));
        }
    }
    EdgeDistance { to_old: to_old.value().filter(|_| 2 * to_old.count >= to_new.count), to_new: to_new.value() }
}

/// A level, 0 to 1.
fn share(level: u8) -> f32 {
    f32::from(level) / 255.0
}

/// A mean of distances.
#[derive(Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, distance: f32) {
        self.sum += f64::from(distance);
        self.count += 1;
    }

    /// In levels, with two decimals: more is noise.
    fn value(&self) -> Option<f32> {
        let mean = || (self.sum * 255.0 / f64::from(self.count) * 100.0).round() / 100.0;
        (self.count > 0).then(|| mean() as f32)
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::super::colours::Colours;
    use super::super::matte::{Doubt, Trust};
    use super::super::plane::{Field, Plane};
    use super::super::wall::Ground;
    use super::*;

    /// A person of `person` left of column 20, on `picture`'s new background right of it.
    fn matted(picture: &RgbImage, person: impl Fn(usize) -> f32, ground: Option<Ground>) -> Matted {
        let alpha = Plane { width: 40, height: 20, values: (0..800).map(|pixel| person(pixel % 40)).collect() };
        let trust = Trust { confidence: 1.0, soft: Doubt { share: 0.0, place: None }, disputed: None };
        Matted { picture: picture.clone(), colours: Colours::of(picture), alpha, ground, trust }
    }

    fn ground(colour: impl Fn(usize) -> Option<[f32; 3]>, usual: Option<[f32; 3]>) -> Option<Ground> {
        let near = Field { width: 10, height: 5, values: (0..50).map(|square| colour(square % 10)).collect() };
        Some(Ground { near, usual })
    }

    #[test]
    fn three_pixels_on_each_side_of_the_outline_count() {
        let picture = RgbImage::from_fn(40, 20, |x, _| Rgb(if x < 20 { [200, 0, 0] } else { [100, 0, 0] }));
        let person = |column: usize| if column < 20 { 1.0 } else { 0.0 };
        let white = ground(|_| Some([1.0, 0.0, 0.0]), None);
        let found = edge(&picture, &matted(&picture, person, white), [100, 0, 0]);
        // Three columns are 100 levels off and three not at all; 55 and 155 from the old wall.
        assert_eq!(found, EdgeDistance { to_old: Some(105.0), to_new: Some(50.0) });
    }

    #[test]
    fn what_is_unknown_is_absent() {
        let picture = RgbImage::from_pixel(40, 20, Rgb([255, 0, 0]));
        let person = |column: usize| if column < 20 { 1.0 } else { 0.0 };
        let red = Some([1.0, 0.0, 0.0]);
        for (ground, to_old) in [
            (None, None),
            // Two of the six columns of the edge are known, then four.
            (ground(|square| red.filter(|_| square >= 6), None), None),
            (ground(|square| red.filter(|_| square == 5 || square == 4), None), Some(0.0)),
            (ground(|_| None, red), Some(0.0)),
        ] {
            let found = edge(&picture, &matted(&picture, person, ground), [255, 0, 0]);
            assert_eq!(found, EdgeDistance { to_old, to_new: Some(0.0) });
        }
        for all in [0.0, 1.0] {
            let found = edge(&picture, &matted(&picture, |_| all, None), [0; 3]);
            assert_eq!(found, EdgeDistance::default(), "no outline, no edge");
        }
    }
}
