//! A cut-out against the known one, in the finished picture.

use gradphoto_shared::spec::Spec;
use gradphoto_worker::pipeline::CutOut;
use gradphoto_worker::stage::edge::EDGE_PX;
use gradphoto_worker::stage::refine::at_outline;
use image::RgbImage;

use crate::ground::Ground;
use crate::picture::{Colour, Plane, colour, distance, planes};
use crate::reference::Reference;

/// Pixels round the known fringe in which alpha is hard to tell.
const FRINGE: usize = 12;
/// Width of the smoothing before gradients are compared (Rhemann et al. 2009).
const SIGMA: f32 = 1.4;

/// How one cut-out did.
pub(crate) struct Score {
    /// Mean absolute error of alpha over the whole picture, 0 to 1.
    pub(crate) alpha_error: f32,
    /// The same in the fringe.
    pub(crate) fringe_error: f32,
    /// Sum of squared differences of alpha's gradients, in thousands.
    pub(crate) gradient_error: f32,
    /// Mean distance in levels of the edge's colours to those of the perfect picture.
    pub(crate) edge_error: f32,
    /// Mean distance of the edge's colours to the new background, and that of the perfect picture's.
    pub(crate) to_new: [f32; 2],
    /// The same to the old background.
    pub(crate) to_old: [f32; 2],
    /// Old background shining at the edge: how far its colours lie towards the old background from the perfect
    /// picture's, in hundredths of the whole way from the new one; negative where there is less of it.
    pub(crate) rim: f32,
    /// Largest connected area on which alpha is off by more than a half, in pixels.
    pub(crate) blob: usize,
    /// Whether the pipeline itself called the cut-out unsure.
    pub(crate) unsure: bool,
    /// The perfect picture, the one made, and the error of alpha, side by side.
    pub(crate) sheet: RgbImage,
}

impl Score {
    pub(crate) fn of(ground: &Ground, reference: &Reference, cut: &CutOut, spec: &Spec) -> Self {
        let (width, height) = (cut.picture.width() as usize, cut.picture.height() as usize);
        let at_output = |of: &dyn Fn(usize) -> f32| sampled(reference, cut, of);
        let known = at_output(&|pixel| reference.alpha.values[pixel]);
        let blind = at_output(&|pixel| reference.unknown.values[pixel]);
        let own: [Plane; 3] = std::array::from_fn(|channel| {
            at_output(&|pixel| reference.alpha.values[pixel] * reference.front[channel].values[pixel])
        });
        let behind = planes(&ground.picture);
        let old: [Plane; 3] = std::array::from_fn(|channel| at_output(&|pixel| behind[channel].values[pixel]));
        let new: Colour = spec.picture.background.map(f32::from);
        let perfect: [Plane; 3] = std::array::from_fn(|channel| {
            Plane::new(width, height, |x, y| {
                let pixel = y * width + x;
                own[channel].values[pixel] + (1.0 - known.values[pixel]) * new[channel]
            })
        });
        let alpha = Plane { width, height, values: cut.alpha().to_vec() };
        let made = planes(&cut.picture);
        let told: Vec<bool> = blind.mean(2).values.iter().map(|&blind| blind < 0.05).collect();
        let mean = |of: &dyn Fn(usize) -> f32, member: &dyn Fn(usize) -> bool| {
            let pixels = (0..told.len()).filter(|&pixel| told[pixel] && member(pixel));
            let (sum, count) = pixels.fold((0.0_f64, 0.0_f64), |(sum, n), pixel| (sum + f64::from(of(pixel)), n + 1.0));
            (sum / count.max(1.0)) as f32
        };
        let off = |pixel: usize| (alpha.values[pixel] - known.values[pixel]).abs();
        let fringe = at_outline(&known.values, width, FRINGE);
        let edge = at_outline(&known.values, width, EDGE_PX);
        let in_edge = |pixel: usize| edge[pixel];
        let to = |picture: &[Plane; 3], ground: &dyn Fn(usize) -> Colour| {
            mean(&|pixel| distance(colour(picture, pixel), ground(pixel)), &in_edge)
        };
        let (new_ground, old_ground) = (|_: usize| new, |pixel: usize| colour(&old, pixel));
        let rim = |pixel: usize| {
            let (here, there) = (colour(&made, pixel), colour(&perfect, pixel));
            let way: Colour = std::array::from_fn(|channel| old[channel].values[pixel] - new[channel]);
            let length = way.iter().map(|part| part * part).sum::<f32>().max(1.0);
            100.0 * (0..3).map(|channel| way[channel] * (here[channel] - there[channel])).sum::<f32>() / length
        };
        let gradient = gradient_error(&alpha, &known, &told);
        Self {
            alpha_error: mean(&off, &|_| true),
            fringe_error: mean(&off, &|pixel| fringe[pixel]),
            gradient_error: gradient,
            edge_error: mean(&|pixel| distance(colour(&made, pixel), colour(&perfect, pixel)), &in_edge),
            to_new: [to(&made, &new_ground), to(&perfect, &new_ground)],
            to_old: [to(&made, &old_ground), to(&perfect, &old_ground)],
            rim: mean(&rim, &in_edge),
            blob: largest(&alpha, |pixel| told[pixel] && off(pixel) > 0.5),
            unsure: cut.is_doubtful(spec),
            sheet: sheet(&perfect, &cut.picture, &alpha, &known),
        }
    }
}

/// Something of the reference in the pixels of the finished picture, each the mean of four places in it; a pixel
/// shows some three of the portrait each way.
fn sampled(reference: &Reference, cut: &CutOut, of: &dyn Fn(usize) -> f32) -> Plane {
    let Reference { alpha: Plane { width, height, .. }, .. } = *reference;
    let whole = Plane { width, height, values: (0..width * height).map(of).collect() };
    let placement = cut.placement;
    Plane::new(cut.picture.width() as usize, cut.picture.height() as usize, |x, y| {
        let places = (0..4).map(|part| {
            let at = |pixel: usize, part: usize| (pixel as f32 + (part as f32 + 0.5) / 2.0) / placement.scale - 0.5;
            whole.between(placement.crop_left_px + at(x, part % 2), placement.crop_top_px + at(y, part / 2))
        });
        places.sum::<f32>() / 4.0
    })
}

fn gradient_error(alpha: &Plane, known: &Plane, told: &[bool]) -> f32 {
    let slopes = [slope(alpha), slope(known)];
    let squares = (0..told.len())
        .filter(|&pixel| told[pixel])
        .map(|pixel| f64::from(slopes[0].values[pixel] - slopes[1].values[pixel]).powi(2));
    (squares.sum::<f64>() / 1000.0) as f32
}

/// Length of the gradient after smoothing by a Gaussian, by its derivatives along rows and columns.
fn slope(plane: &Plane) -> Plane {
    let reach = 4_isize;
    let weight = |at: isize| (-(at as f32).powi(2) / (2.0 * SIGMA * SIGMA)).exp();
    let total: f32 = (-reach..=reach).map(weight).sum();
    let steep: f32 = (-reach..=reach).map(|at| (at as f32).powi(2) * weight(at)).sum();
    let along = |plane: &Plane, down: bool, kernel: &dyn Fn(isize) -> f32| {
        Plane::new(plane.width, plane.height, |x, y| {
            (-reach..=reach)
                .map(|at| {
                    let (x, y) = if down { (x, y.saturating_add_signed(at)) } else { (x.saturating_add_signed(at), y) };
                    plane.values[y.min(plane.height - 1) * plane.width + x.min(plane.width - 1)] * kernel(at)
                })
                .sum()
        })
    };
    let (smooth, rise) = (|at: isize| weight(at) / total, |at: isize| at as f32 * weight(at) / steep);
    let across = along(&along(plane, true, &smooth), false, &rise);
    let down = along(&along(plane, false, &smooth), true, &rise);
    Plane::new(plane.width, plane.height, |x, y| {
        let pixel = y * plane.width + x;
        across.values[pixel].hypot(down.values[pixel])
    })
}

/// Size of the largest connected region where `member` holds.
fn largest(shape: &Plane, member: impl Fn(usize) -> bool) -> usize {
    let mut seen = vec![false; shape.values.len()];
    let mut most = 0;
    for start in 0..seen.len() {
        if !seen[start] && member(start) {
            let (mut open, mut size) = (vec![start], 0);
            seen[start] = true;
            while let Some(pixel) = open.pop() {
                size += 1;
                let column = pixel % shape.width;
                let sides = [
                    (column > 0).then(|| pixel - 1),
                    (column + 1 < shape.width).then(|| pixel + 1),
                    pixel.checked_sub(shape.width),
                    Some(pixel + shape.width).filter(|&below| below < shape.values.len()),
                ];
                for side in sides.into_iter().flatten() {
                    if !seen[side] && member(side) {
                        seen[side] = true;
                        open.push(side);
                    }
                }
            }
            most = most.max(size);
        }
    }
    most
}

fn sheet(perfect: &[Plane; 3], made: &RgbImage, alpha: &Plane, known: &Plane) -> RgbImage {
    let (width, height) = made.dimensions();
    RgbImage::from_fn(3 * width, height, |x, y| {
        let pixel = (y * width + x % width) as usize;
        match x / width {
            0 => image::Rgb(colour(perfect, pixel).map(|level| (level + 0.5) as u8)),
            1 => *made.get_pixel(x - width, y),
            // Red is too much person, blue too little.
            _ => {
                let off = alpha.values[pixel] - known.values[pixel];
                let keep = |part: f32| (255.0 * (1.0 - part.clamp(0.0, 1.0))) as u8;
                image::Rgb([keep(-off), keep(off.abs()), keep(off)])
            }
        }
    })
}
