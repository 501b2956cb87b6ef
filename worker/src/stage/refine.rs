//! Alpha at output resolution: the matte's edge moved to the edges of the colours (fast guided filter,
//! He and Sun 2015, on a guide of three colours).

use fast_image_resize::FilterType;

use super::plane::Plane;
use super::resample::scale_plane;

/// Radius in pixels of the finished picture, and regularisation for colours of 0 to 1: found best by eye
/// on plain walls, studio backgrounds and streets.
const RADIUS: usize = 8;
const EPSILON: f32 = 1e-4;
/// The coefficients are made at this fraction of the resolution and applied at the full one.
const SUBSAMPLE: usize = 2;
/// Pixels on each side of the matte's edge that are refined.
const BAND: usize = 10;
/// Alpha is stretched so that what the network leaves between is settled.
const STRETCH_LOW: f32 = 0.04;
const STRETCH_RANGE: f32 = 0.92;

/// Red, green and blue, 0 to 1.
pub(crate) type Colours = [Plane; 3];

/// Moves the edge of `coarse` to the edges in `colours`; pixels far from the edge become 0 or 1.
pub(crate) fn refine(coarse: &Plane, colours: &Colours) -> Plane {
    let near = band(coarse);
    let small = (coarse.width / SUBSAMPLE, coarse.height / SUBSAMPLE);
    let down = |plane: &Plane| scale_plane(plane, small, FilterType::Box);
    let model = fit(&down(coarse), &[down(&colours[0]), down(&colours[1]), down(&colours[2])]);
    let up = |plane: &Plane| scale_plane(plane, (coarse.width, coarse.height), FilterType::Bilinear);
    let [red, green, blue, shift] = [up(&model[0]), up(&model[1]), up(&model[2]), up(&model[3])];
    let values = (0..coarse.values.len()).map(|pixel| {
        if !near[pixel] {
            return coarse.values[pixel].round();
        }
        let guided = red.values[pixel] * colours[0].values[pixel]
            + green.values[pixel] * colours[1].values[pixel]
            + blue.values[pixel] * colours[2].values[pixel]
            + shift.values[pixel];
        ((guided - STRETCH_LOW) / STRETCH_RANGE).clamp(0.0, 1.0)
    });
    Plane { width: coarse.width, height: coarse.height, values: values.collect() }
}

/// Pixels within [`BAND`] of the edge, and those the network left soft.
fn band(coarse: &Plane) -> Vec<bool> {
    let share = coarse.map(|alpha| if alpha > 0.5 { 1.0 } else { 0.0 }).mean(BAND);
    let soft = |alpha: f32| alpha > STRETCH_LOW && alpha < STRETCH_LOW + STRETCH_RANGE;
    // Running sums leave crumbs of rounding, hence no comparison with 0 and 1 themselves.
    share
        .values
        .iter()
        .zip(&coarse.values)
        .map(|(&share, &alpha)| (share > 1e-3 && share < 0.999) || soft(alpha))
        .collect()
}

/// The linear model of each neighbourhood, averaged: three factors and a shift.
fn fit(alpha: &Plane, guide: &Colours) -> [Plane; 4] {
    let radius = RADIUS / SUBSAMPLE;
    let mean_of = |one: &Plane, other: &Plane| one.zip(other, |a, b| a * b).mean(radius);
    let means: Vec<Plane> = guide.iter().map(|plane| plane.mean(radius)).collect();
    let alpha_mean = alpha.mean(radius);
    let with_alpha: Vec<Plane> = guide.iter().map(|plane| mean_of(plane, alpha)).collect();
    let pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)];
    let products: Vec<Plane> = pairs.iter().map(|&(one, other)| mean_of(&guide[one], &guide[other])).collect();
    let mut model = std::array::from_fn(|_| alpha_mean.map(|_| 0.0));
    for pixel in 0..alpha.values.len() {
        let mean = |plane: &Plane| plane.values[pixel];
        let centre = [mean(&means[0]), mean(&means[1]), mean(&means[2])];
        let spread: [f32; 6] = std::array::from_fn(|i| {
            let (one, other) = pairs[i];
            let regular = if one == other { EPSILON } else { 0.0 };
            mean(&products[i]) - centre[one] * centre[other] + regular
        });
        let target: [f32; 3] = std::array::from_fn(|c| mean(&with_alpha[c]) - centre[c] * mean(&alpha_mean));
        let factors = solve(spread, target);
        let lifted: f32 = factors.iter().zip(centre).map(|(factor, centre)| factor * centre).sum();
        for (plane, value) in model.iter_mut().zip(factors.into_iter().chain([mean(&alpha_mean) - lifted])) {
            plane.values[pixel] = value;
        }
    }
    model.map(|plane: Plane| plane.mean(radius))
}

/// Solves a symmetric 3x3 system given as its upper triangle; it is positive by [`EPSILON`].
fn solve([a, b, c, d, e, f]: [f32; 6], [x, y, z]: [f32; 3]) -> [f32; 3] {
    let (aa, bb, cc) = (d * f - e * e, c * e - b * f, b * e - c * d);
    let (dd, ee, ff) = (a * f - c * c, b * c - a * e, a * d - b * b);
    let determinant = a * aa + b * bb + c * cc;
    if determinant.abs() < f32::MIN_POSITIVE {
        return [0.0; 3];
    }
    let share = 1.0 / determinant;
    [(aa * x + bb * y + cc * z) * share, (bb * x + dd * y + ee * z) * share, (cc * x + ee * y + ff * z) * share]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_system_is_solved() {
        let [x, y, z] = solve([4.0, 1.0, 0.5, 3.0, 0.2, 2.0], [4.0 + 2.0 + 1.5, 1.0 + 6.0 + 0.6, 0.5 + 0.4 + 6.0]);
        assert!((x - 1.0).abs() < 1e-4 && (y - 2.0).abs() < 1e-4 && (z - 3.0).abs() < 1e-4, "{x} {y} {z}");
    }

    #[test]
    fn the_edge_moves_to_where_the_colours_change() {
        // Colours change at column 32; the coarse matte is a soft ramp three pixels beside it.
        let plane = |f: &dyn Fn(usize) -> f32| Plane {
            width: 64,
            height: 48,
            values: (0..64 * 48).map(|pixel| f(pixel % 64)).collect(),
        };
        let dark = |column: usize| if column < 32 { 0.1 } else { 0.9 };
        let colours = [plane(&dark), plane(&|_| 0.5), plane(&dark)];
        let coarse = plane(&|column| ((35.0 - column as f32) / 8.0 + 0.5).clamp(0.0, 1.0));
        let alpha = refine(&coarse, &colours);
        // The ramp alone has 0.63 at column 34.
        assert!(alpha.at(29, 24) > 0.9 && alpha.at(34, 24) < 0.4, "{:?}", &alpha.row(24)[26..40]);
        assert_eq!((alpha.at(2, 24), alpha.at(60, 24)), (1.0, 0.0));
    }
}
