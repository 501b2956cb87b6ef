//! The person's own colour at the edge, without the old background that shines through (blur fusion,
//! Forte 2021).

use super::plane::Plane;
use super::refine::Colours;

/// Radii in pixels of the two passes: the first finds colours from afar, the second settles them.
const RADII: [usize; 2] = [45, 3];
/// Weight under which a blurred layer says nothing.
const FAINT: f32 = 1e-5;

/// The colours of the foreground; where alpha is 1 they are the picture's own.
pub(crate) fn estimate(colours: &Colours, alpha: &Plane) -> Colours {
    let mut front = colours.clone();
    let mut back = colours.clone();
    for radius in RADII {
        let weight = alpha.mean(radius);
        for channel in 0..3 {
            let (near, far) = pass(&colours[channel], &front[channel], &back[channel], alpha, &weight, radius);
            (front[channel], back[channel]) = (near, far);
        }
    }
    front
}

fn pass(colour: &Plane, front: &Plane, back: &Plane, alpha: &Plane, weight: &Plane, radius: usize) -> (Plane, Plane) {
    let front_mean = front.zip(alpha, |value, alpha| value * alpha).mean(radius);
    let front_mean = front_mean.zip(weight, |sum, weight| sum / (weight + FAINT));
    let back_mean = back.zip(alpha, |value, alpha| value * (1.0 - alpha)).mean(radius);
    let back_mean = back_mean.zip(weight, |sum, weight| sum / (1.0 - weight + FAINT));
    let values = (0..colour.values.len()).map(|pixel| {
        let (alpha, near, far) = (alpha.values[pixel], front_mean.values[pixel], back_mean.values[pixel]);
        (near + alpha * (colour.values[pixel] - alpha * near - (1.0 - alpha) * far)).clamp(0.0, 1.0)
    });
    let near = Plane { width: colour.width, height: colour.height, values: values.collect() };
    (near, back_mean)
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
        let mixed = alpha.map(|alpha| 0.1 * alpha + 0.95 * (1.0 - alpha));
        let front = estimate(&[mixed.clone(), mixed.clone(), mixed.clone()], &alpha);
        for column in 57..63 {
            let (before, after) = (mixed.at(column, 30), front[1].at(column, 30));
            assert!(after < 0.2 && after <= before, "{column}: {before} to {after}");
        }
        assert!((front[0].at(10, 30) - 0.1).abs() < 1e-4);
    }
}
