//! The picture has no frame, border or bar.

use image::RgbImage;

use super::region::{Colour, distance, median};
use super::{Advice, Measure, Measured, Rule, Scene, askew};
use crate::stage::view::View;

/// How far in levels a pixel of a border may be from the border's colour: what JPEG leaves.
const EVEN: f32 = 24.0;
/// Share of a line's pixels that must be even.
const MOST: f32 = 0.97;
/// Share of a line within a border that print leaves even: captions cover a third of their lines.
const BARE: f32 = 0.5;
/// Share of a line that must change at once where the border ends: a wall that fades is no frame.
const STEP: f32 = 0.6;
/// A border ends within this share of the picture.
const WITHIN: f32 = 0.2;
/// Pixels looked at along a line.
const SAMPLES: usize = 200;

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
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    Ok(Measure::of(scene.border()))
}

/// Width of the widest border, over that side of the picture; 0 where there is none.
pub(super) fn widest(view: &View) -> f32 {
    let sides = sides(view);
    sides.iter().map(border).fold(askew::widest(&sides), f32::max)
}

/// The lines beside each side.
pub(super) fn sides(view: &View) -> Vec<Lines<'_>> {
    let sides = [Side::Left, Side::Top, Side::Right, Side::Bottom];
    sides.into_iter().filter_map(|side| Lines::beside(side, &view.pixels)).collect()
}

#[derive(Clone, Copy)]
enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

/// Lines of samples beside a side of the picture.
pub(super) struct Lines<'a> {
    pixels: &'a [[u8; 3]],
    /// Where the samples of the outermost line lie.
    outermost: Vec<usize>,
    /// From a sample to that of the next line inwards.
    inwards: isize,
    /// The colour of the outermost line.
    own: Colour,
    /// How many lines there are from this side to the other.
    pub(super) deep: usize,
    /// Pixels from sample to sample.
    pub(super) spacing: f32,
    /// 1 where an edge along this side lies deeper the farther down or right if a frame is turned clockwise, or else -1.
    pub(super) sense: f32,
}

impl<'a> Lines<'a> {
    /// `None` of an empty picture.
    fn beside(side: Side, picture: &'a RgbImage) -> Option<Self> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (start, along, length, inwards, deep, sense) = match side {
            Side::Left => (0, width, height, 1, width, -1.0),
            Side::Right => (width - 1, width, height, -1, width, 1.0),
            Side::Top => (0, 1, width, width.cast_signed(), height, 1.0),
            Side::Bottom => ((height - 1) * width, 1, width, -width.cast_signed(), height, -1.0),
        };
        // The ends lie in the borders of the other sides.
        let samples = (SAMPLES / 10..SAMPLES - SAMPLES / 10).map(|sample| sample * length / SAMPLES);
        let outermost: Vec<usize> = samples.map(|sample| start + sample * along).collect();
        let pixels = picture.as_raw().as_chunks::<3>().0;
        let own = median(&outermost.iter().map(|&sample| pixels[sample].map(f32::from)).collect::<Vec<_>>())?;
        let spacing = length as f32 / SAMPLES as f32;
        Some(Self { pixels, outermost, inwards, own, deep, spacing, sense })
    }

    /// Samples in a line.
    pub(super) fn count(&self) -> usize {
        self.outermost.len()
    }

    /// How many lines a border may have.
    pub(super) fn limit(&self) -> usize {
        (self.deep as f32 * WITHIN) as usize
    }

    /// Whether a sample of the line at `depth` pixels from the side has the colour of the outermost line.
    pub(super) fn is_own(&self, sample: usize, depth: usize) -> bool {
        distance(self.colour(sample, depth), self.own) <= EVEN
    }

    fn colour(&self, sample: usize, depth: usize) -> Colour {
        let far = depth.cast_signed() * self.inwards;
        self.pixels[self.outermost[sample].wrapping_add_signed(far)].map(f32::from)
    }
}

/// Width of the border at a side, over the picture's; 0 where there is none.
fn border(lines: &Lines<'_>) -> f32 {
    let samples = || 0..lines.count();
    let share = |held: usize| held as f32 / lines.count() as f32;
    let alike = |depth: usize| share(samples().filter(|&sample| lines.is_own(sample, depth)).count());
    let (deep, limit) = (lines.deep, lines.limit());
    let shares: Vec<f32> = (0..limit).map(alike).take_while(|share| *share >= BARE).collect();
    // Print stands between even lines; so the border may end after any of them.
    let ends = (1..shares.len().min(limit.saturating_sub(1)) + 1)
        .filter(|&end| shares[end - 1] >= MOST && shares.get(end).is_none_or(|share| *share < MOST));
    // Scaling and JPEG blur the step over a few pixels.
    let is_straight = |end: &usize| {
        let (before, behind) = (end.saturating_sub(2), (end + 3).min(deep - 1));
        let is_step = |&sample: &usize| distance(lines.colour(sample, before), lines.colour(sample, behind)) > EVEN;
        share(samples().filter(is_step).count()) >= STEP
    };
    ends.filter(is_straight).max().map_or(0.0, |end| end as f32 / deep as f32)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    fn at(view: &View, side: Side) -> f32 {
        Lines::beside(side, &view.pixels).map_or(0.0, |lines| border(&lines))
    }

    fn view(level: impl Fn(u32, u32) -> u8) -> View {
        let pixels = RgbImage::from_fn(300, 400, |x, y| Rgb([level(x, y); 3]));
        View::of(pixels, 1.0, (300, 400))
    }

    #[test]
    fn a_straight_even_edge_is_a_border_and_a_fading_wall_is_none() {
        let framed = view(|x, y| if x < 12 || y < 20 { 255 } else { (100 + (x * 7 + y * 3) % 60) as u8 });
        assert!((at(&framed, Side::Left) - 12.0 / 300.0).abs() < 1e-6);
        assert!((at(&framed, Side::Top) - 20.0 / 400.0).abs() < 1e-6);
        assert_eq!((at(&framed, Side::Right), at(&framed, Side::Bottom)), (0.0, 0.0));
        let fading = view(|x, _| (60 + x / 2) as u8);
        for side in [Side::Left, Side::Top, Side::Right, Side::Bottom] {
            assert_eq!(at(&fading, side), 0.0);
        }
    }

    #[test]
    fn print_in_a_strip_leaves_it_a_border_and_a_head_before_a_wall_makes_none() {
        let picture = |x: u32, y: u32| (100 + (x * 7 + y * 3) % 60) as u8;
        let print = |x: u32, y: u32| (380..390).contains(&y) && (80..220).contains(&x) && x % 7 < 3;
        let captioned = view(|x, y| match y {
            _ if print(x, y) => 0,
            370.. => 255,
            _ => picture(x, y),
        });
        assert!((at(&captioned, Side::Bottom) - 30.0 / 400.0).abs() < 1e-6);
        let head = view(|x, y| if y >= 20 && (100..200).contains(&x) { 30 } else { 200 });
        assert_eq!(at(&head, Side::Top), 0.0);
    }
}
