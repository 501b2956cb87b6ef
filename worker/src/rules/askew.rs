//! A frame that stands askew: a print that was photographed or scanned a little turned.

use super::border::Lines;
use super::region::quantile;

/// How far an edge may lie from a straight line, over that side of the picture: lenses bend it, and paper is not flat.
const STRAIGHT: f32 = 0.006;
/// Share of an edge that must be seen so: captions hide a third of theirs.
const SEEN: f32 = 0.6;
/// Every so many samples of a side are looked at: forty tell a line.
const EVERY: usize = 4;
/// Pixels behind an edge where the border's colour must still be gone.
const BEHIND: usize = 3;
/// How far the slopes of the sides of one frame may differ: nobody holds a camera quite level with a print.
const ALIKE: f32 = 0.03;
/// Sides that must agree: doors and shelves behind a person stand on one or two.
const SIDES: usize = 3;

/// Where a border ends along a side of the picture.
struct Edge {
    /// How wide the border is on the average, over that side of the picture.
    width: f32,
    /// By how much the frame is turned, clockwise, as a slope.
    turn: f32,
}

/// Width of the widest border of a frame, over that side of the picture; 0 where there is none.
pub(super) fn widest(sides: &[Lines<'_>]) -> f32 {
    let edges: Vec<Edge> = sides.iter().filter_map(edge).collect();
    let agree = |own: &&Edge| edges.iter().filter(|other| (other.turn - own.turn).abs() <= ALIKE).count() >= SIDES;
    edges.iter().filter(agree).map(|edge| edge.width).fold(0.0, f32::max)
}

fn edge(lines: &Lines<'_>) -> Option<Edge> {
    let deep = lines.deep;
    // For each sample of the side how deep the border's colour goes.
    let depth = |sample: usize| {
        let is_gone = |depth: usize| !lines.is_own(sample, depth);
        (0..lines.limit()).find(|&depth| is_gone(depth) && is_gone((depth + BEHIND).min(deep - 1)))
    };
    let samples = (0..lines.count()).step_by(EVERY);
    let depths: Vec<Option<f32>> = samples.map(|sample| depth(sample).map(|depth| depth as f32)).collect();
    let (half, spacing) = (depths.len() / 2, lines.spacing * EVERY as f32);
    let slopes =
        depths.iter().zip(&depths[half..]).filter_map(|(one, other)| Some(((*other)? - (*one)?) / half as f32));
    let slope = quantile(slopes.collect(), 0.5)?;
    let level = |(sample, depth): (usize, &Option<f32>)| depth.map(|depth| depth - slope * sample as f32);
    let levels: Vec<f32> = depths.iter().enumerate().filter_map(level).collect();
    let start = quantile(levels.clone(), 0.5)?;
    let seen = levels.iter().filter(|level| (*level - start).abs() <= STRAIGHT * deep as f32).count();
    let width = (start + slope * half as f32) / deep as f32;
    (seen as f32 >= SEEN * depths.len() as f32 && width > 0.0)
        .then(|| Edge { width, turn: slope / spacing * lines.sense })
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;
    use crate::rules::border::sides;
    use crate::stage::view::View;

    /// A print of 240 by 320 pixels in the middle of a white page, turned by a slope.
    fn page(turn: f32, is_print: impl Fn(f32, f32) -> bool) -> View {
        let pixels = RgbImage::from_fn(300, 400, |x, y| {
            let (x, y) = (x as f32 - 150.0, y as f32 - 200.0);
            let (across, down) = (x + turn * y, y - turn * x);
            let level = if is_print(across, down) { (60.0 + (x * 7.0 + y * 3.0).rem_euclid(60.0)) as u8 } else { 255 };
            Rgb([level; 3])
        });
        View::of(pixels, 1.0, (300, 400))
    }

    #[test]
    fn a_print_askew_on_a_page_has_a_frame() {
        for turn in [-0.08, -0.03, 0.0, 0.03, 0.08] {
            let width = widest(&sides(&page(turn, |x, y| x.abs() < 120.0 && y.abs() < 160.0)));
            assert!((width - 0.1).abs() < 0.01, "{turn}: {width}");
        }
    }

    #[test]
    fn one_leaning_edge_beside_a_person_is_no_frame() {
        let door = page(0.03, |x, _| x > -120.0);
        let corner = page(0.03, |x, y| x > -120.0 && y > -160.0);
        let round = page(0.0, |x, y| x.hypot(y) < 145.0);
        for view in [door, corner, round] {
            assert_eq!(widest(&sides(&view)), 0.0);
        }
    }
}
