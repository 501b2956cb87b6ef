//! The person's own colour at the edge, without the old background that shines through (blur fusion,
//! Forte 2021).

use super::colours::{Colour, Colours, HALF, QUARTER, weighed};
use super::plane::{Field, Plane};

/// Radii in pixels of the picture of the two passes: the first finds colours from afar, the second settles them.
const AFAR: usize = 45;
const NEAR: usize = 3;
/// Weight under which a blurred layer says nothing.
const FAINT: f32 = 1e-5;

/// The colours of the person and of the old background near each pixel, at half resolution: both change little.
pub(crate) struct Layers {
    layers: Field<[f32; 6]>,
}

impl Layers {
    /// Both layers of a picture.
    pub(crate) fn estimate(colours: &Colours, alpha: &Plane) -> Self {
        let alpha = alpha.shrunk(HALF);
        let coarse = alpha.shrunk(QUARTER / HALF);
        let both = colours.quarter.zip(&coarse, |colour, alpha| weigh(colour, colour, alpha));
        let afar = both.mean_by(AFAR / QUARTER, |_, mean| split(mean));
        let own = colours.half.zip(&alpha, |colour, alpha| (colour, alpha));
        let both = own.zip_coarser(&afar, QUARTER / HALF, |(colour, alpha), layers| {
            let (front, back) = halves(layers);
            weigh(person(colour, alpha, front, back), back, alpha)
        });
        Self { layers: both.mean_by(NEAR / HALF, |_, mean| split(mean)) }
    }

    /// The person's own colour at a pixel of the picture.
    pub(crate) fn front(&self, place: (usize, usize), colour: Colour, alpha: f32) -> Colour {
        let (front, back) = halves(self.layers.between(place, HALF));
        person(colour, alpha, front, back)
    }
}

/// Both layers' colours with their weights.
fn weigh(front: Colour, back: Colour, alpha: f32) -> [f32; 8] {
    let (front, back) = (weighed(front, alpha), weighed(back, 1.0 - alpha));
    std::array::from_fn(|i| if i < 4 { front[i] } else { back[i - 4] })
}

/// The colours of weighed layers.
fn split(sums: [f32; 8]) -> [f32; 6] {
    let (front, back) = (1.0 / (sums[3] + FAINT), 1.0 / (sums[7] + FAINT));
    std::array::from_fn(|i| if i < 3 { sums[i] * front } else { sums[i + 1] * back })
}

fn halves([a, b, c, d, e, f]: [f32; 6]) -> (Colour, Colour) {
    ([a, b, c], [d, e, f])
}

/// What of a colour is the person's, between the layers near by.
fn person(colour: Colour, alpha: f32, front: Colour, back: Colour) -> Colour {
    std::array::from_fn(|channel| {
        let mixed = alpha * front[channel] + (1.0 - alpha) * back[channel];
        (front[channel] + alpha * (colour[channel] - mixed)).clamp(0.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dark_hair_on_a_white_wall_stays_dark() {
        let alpha = Plane {
            width: 120,
            height: 60,
            values: (0..120 * 60).map(|pixel| ((64.0 - (pixel % 120) as f32) / 8.0).clamp(0.0, 1.0)).collect(),
        };
        let mixed = Colours::from_fine(alpha.map(|alpha| [0.1 * alpha + 0.95 * (1.0 - alpha); 3]));
        let layers = Layers::estimate(&mixed, &alpha);
        let front = |column: usize| layers.front((column, 30), mixed.fine.at(column, 30), alpha.at(column, 30))[1];
        for column in 57..63 {
            let (before, after) = (mixed.fine.at(column, 30)[1], front(column));
            assert!(after < 0.2 && after <= before, "{column}: {before} to {after}");
        }
        assert!((front(10) - 0.1).abs() < 1e-4);
    }
}
