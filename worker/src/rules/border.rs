//! The picture has no frame, border or bar.

use super::region::{Colour, colour, distance};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::view::View;

/// How far in levels a pixel of a border may be from the border's colour: what JPEG leaves.
const EVEN: f32 = 24.0;
/// Share of a line's pixels that must be even.
const MOST: f32 = 0.97;
/// Share of a line that must change at once where the border ends: a wall that fades is no frame.
const STEP: f32 = 0.6;
/// A border ends within this share of the picture.
const WITHIN: f32 = 0.2;
/// Pixels looked at along a line.
const SAMPLES: u32 = 200;

pub(super) const RULE: Rule = Rule {
    id: "border",
    about: "Width of the widest even border that ends in a straight step, over that side of the picture.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "border",
        en: "The picture has a border or frame. Please upload the photo itself, not a framed or edited copy.",
        zh: "图片带有边框，请上传原照片，不要加边框或截图。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    Ok(Measure::of(widest(scene.view)))
}

/// Width of the widest border, over that side of the picture; 0 where there is none.
pub(super) fn widest(view: &View) -> f32 {
    let widths = [Side::Left, Side::Top, Side::Right, Side::Bottom].map(|side| border(view, side));
    widths.into_iter().fold(0.0, f32::max)
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

/// Colours along the line at `depth` pixels from a side.
fn line(view: &View, side: Side, depth: u32) -> Vec<Colour> {
    let (width, height) = view.pixels.dimensions();
    let length = if matches!(side, Side::Left | Side::Right) { height } else { width };
    let place = |along: u32| match side {
        Side::Left => (depth, along),
        Side::Right => (width - 1 - depth, along),
        Side::Top => (along, depth),
        Side::Bottom => (along, height - 1 - depth),
    };
    // The ends lie in the borders of the other sides.
    let samples = (SAMPLES / 10..SAMPLES - SAMPLES / 10).map(|sample| sample * length / SAMPLES);
    samples.map(place).map(|(x, y)| colour(view.pixels.get_pixel(x, y))).collect()
}

/// Width of the border at a side, over the picture's; 0 where there is none.
fn border(view: &View, side: Side) -> f32 {
    let (width, height) = view.pixels.dimensions();
    let deep = if matches!(side, Side::Left | Side::Right) { width } else { height };
    let first = line(view, side, 0);
    let Some(own) = super::region::median(&first) else { return 0.0 };
    let alike = |line: &[Colour]| {
        line.iter().filter(|&&colour| distance(colour, own) <= EVEN).count() as f32 / line.len() as f32
    };
    let limit = (deep as f32 * WITHIN) as u32;
    let Some(end) = (0..limit).find(|&depth| alike(&line(view, side, depth)) < MOST) else { return 0.0 };
    // Scaling and JPEG blur the step over a few pixels.
    let (before, behind) = (line(view, side, end.saturating_sub(2)), line(view, side, (end + 3).min(deep - 1)));
    let stepped = before.iter().zip(&behind).filter(|(one, other)| distance(**one, **other) > EVEN).count();
    let is_straight = stepped as f32 >= STEP * before.len() as f32;
    if end > 0 && is_straight { end as f32 / deep as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    fn view(level: impl Fn(u32, u32) -> u8) -> View {
        let pixels = RgbImage::from_fn(300, 400, |x, y| Rgb([level(x, y); 3]));
        View::of(pixels, 1.0, (300, 400))
    }

    #[test]
    fn a_straight_even_edge_is_a_border_and_a_fading_wall_is_none() {
        let framed = view(|x, y| if x < 12 || y < 20 { 255 } else { (100 + (x * 7 + y * 3) % 60) as u8 });
        assert!((border(&framed, Side::Left) - 12.0 / 300.0).abs() < 1e-6);
        assert!((border(&framed, Side::Top) - 20.0 / 400.0).abs() < 1e-6);
        assert_eq!((border(&framed, Side::Right), border(&framed, Side::Bottom)), (0.0, 0.0));
        let fading = view(|x, _| (60 + x / 2) as u8);
        for side in [Side::Left, Side::Top, Side::Right, Side::Bottom] {
            assert_eq!(border(&fading, side), 0.0);
        }
    }
}
