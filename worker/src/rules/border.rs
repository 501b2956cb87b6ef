//! The picture has no frame, border or bar.

use image::RgbImage;

use super::region::{Colour, distance, median};
use super::{Advice, Measure, Measured, Rule, Scene, askew};
use crate::stage::view::View;

/// How far in levels a pixel of a border may be from the border's colour: what JPEG leaves.
pub(super) const EVEN: f32 = 24.0;
/// Share of a line's pixels that must be even.
const MOST: f32 = 0.97;
/// Share of a line within a border that print leaves even: captions cover a third of their lines.
const BARE: f32 = 0.5;
/// Share of a line that must change at once where the border ends: a wall that fades is no frame.
const STEP: f32 = 0.6;
/// A border ends within this share of the picture.
pub(super) const WITHIN: f32 = 0.2;
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
    Side::ALL.map(|side| border(view, side)).into_iter().fold(askew::widest(view), f32::max)
}

#[derive(Clone, Copy)]
pub(super) enum Side {
    Left,
    Top,
    Right,
    Bottom,
}

impl Side {
    pub(super) const ALL: [Self; 4] = [Self::Left, Self::Top, Self::Right, Self::Bottom];

    /// How many lines there are from this side to the other.
    pub(super) fn deep(self, picture: &RgbImage) -> usize {
        (if matches!(self, Self::Left | Self::Right) { picture.width() } else { picture.height() }) as usize
    }

    /// Whether an edge along this side lies deeper the farther down or right, or less deep, where a frame is turned
    /// clockwise.
    pub(super) fn sense(self) -> f32 {
        if matches!(self, Self::Right | Self::Top) { 1.0 } else { -1.0 }
    }
}

/// Lines of samples beside a side of the picture.
pub(super) struct Lines<'a> {
    pixels: &'a [[u8; 3]],
    /// Pixels from sample to sample.
    pub(super) spacing: f32,
    /// Where the samples of the outermost line lie.
    outermost: Vec<usize>,
    /// From a sample to that of the next line inwards.
    inwards: isize,
}

impl<'a> Lines<'a> {
    pub(super) fn beside(side: Side, picture: &'a RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (start, along, length, inwards) = match side {
            Side::Left => (0, width, height, 1),
            Side::Right => (width - 1, width, height, -1),
            Side::Top => (0, 1, width, width.cast_signed()),
            Side::Bottom => ((height - 1) * width, 1, width, -width.cast_signed()),
        };
        // The ends lie in the borders of the other sides.
        let samples = (SAMPLES / 10..SAMPLES - SAMPLES / 10).map(|sample| sample * length / SAMPLES);
        let outermost = samples.map(|sample| start + sample * along).collect();
        let spacing = length as f32 / SAMPLES as f32;
        Self { pixels: picture.as_raw().as_chunks::<3>().0, spacing, outermost, inwards }
    }

    /// Samples in a line.
    pub(super) fn count(&self) -> usize {
        self.outermost.len()
    }

    /// Colours of the line at `depth` pixels from the side.
    pub(super) fn at(&self, depth: usize) -> impl Iterator<Item = Colour> {
        (0..self.count()).map(move |sample| self.sample(sample, depth))
    }

    /// Colour of one sample of that line.
    pub(super) fn sample(&self, sample: usize, depth: usize) -> Colour {
        let far = depth.cast_signed() * self.inwards;
        self.pixels[self.outermost[sample].wrapping_add_signed(far)].map(f32::from)
    }
}

/// Width of the border at a side, over the picture's; 0 where there is none.
fn border(view: &View, side: Side) -> f32 {
    let deep = side.deep(&view.pixels);
    let lines = Lines::beside(side, &view.pixels);
    let Some(own) = median(&lines.at(0).collect::<Vec<_>>()) else { return 0.0 };
    let count = lines.count() as f32;
    let alike = |depth: usize| lines.at(depth).filter(|&colour| distance(colour, own) <= EVEN).count() as f32 / count;
    let limit = (deep as f32 * WITHIN) as usize;
    let shares: Vec<f32> = (0..limit).map(alike).take_while(|share| *share >= BARE).collect();
    // Print stands between even lines; so the border may end after any of them.
    let ends = (1..shares.len().min(limit.saturating_sub(1)) + 1)
        .filter(|&end| shares[end - 1] >= MOST && shares.get(end).is_none_or(|share| *share < MOST));
    // Scaling and JPEG blur the step over a few pixels.
    let is_straight = |end: &usize| {
        let (before, behind) = (lines.at(end.saturating_sub(2)), lines.at((end + 3).min(deep - 1)));
        let stepped = before.zip(behind).filter(|(one, other)| distance(*one, *other) > EVEN).count();
        stepped as f32 >= STEP * count
    };
    ends.filter(is_straight).max().map_or(0.0, |end| end as f32 / deep as f32)
}

#[cfg(test)]
mod tests {
    use image::Rgb;

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

    #[test]
    fn print_in_a_strip_leaves_it_a_border_and_a_head_before_a_wall_makes_none() {
        let picture = |x: u32, y: u32| (100 + (x * 7 + y * 3) % 60) as u8;
        let print = |x: u32, y: u32| (380..390).contains(&y) && (80..220).contains(&x) && x % 7 < 3;
        let captioned = view(|x, y| match y {
            _ if print(x, y) => 0,
            370.. => 255,
            _ => picture(x, y),
        });
        assert!((border(&captioned, Side::Bottom) - 30.0 / 400.0).abs() < 1e-6);
        let head = view(|x, y| if y >= 20 && (100..200).contains(&x) { 30 } else { 200 });
        assert_eq!(border(&head, Side::Top), 0.0);
    }
}
