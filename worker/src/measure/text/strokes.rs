//! What stands out of its surroundings and is thin: strokes.

use std::mem;

use image::RgbImage;

use crate::stage::plane::Field;

/// Pixels along the side of a square into which no stroke fits: it takes what is thinner away, and the rest stays.
const SQUARE: usize = 9;
/// Pixels beside and under the picture, and half of them before and over it, for squares that reach out of it.
const ROUND: usize = SQUARE - 1;

/// How far, in levels, each pixel is darker, and how far it is brighter, than all that is wider than a stroke round it.
pub(super) struct Strokes {
    pub(super) dark: Field<u8>,
    pub(super) bright: Field<u8>,
}

impl Strokes {
    /// Of a picture as it is seen by red and green, and by green and blue: no colour of ink is as bright as the paper for
    /// both, and a mean of two channels has less noise than each.
    pub(super) fn of(picture: &RgbImage) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let field = || Field { width, height, values: vec![0; width * height] };
        let mut strokes = Self { dark: field(), bright: field() };
        if width * height == 0 {
            return strokes;
        }
        let mut squares = Squares::of(width, height);
        let mut levels = vec![0; width * height];
        for channel in [0, 1] {
            let pixels = picture.as_raw().as_chunks::<3>().0.iter();
            let mean = |pixel: &[u8; 3]| u8::midpoint(pixel[channel], pixel[channel + 1]);
            levels.iter_mut().zip(pixels).for_each(|(level, pixel)| *level = mean(pixel));
            squares.hollow(&levels, &mut strokes.dark.values);
            levels.iter_mut().for_each(|level| *level = !*level);
            squares.hollow(&levels, &mut strokes.bright.values);
        }
        strokes
    }
}

/// Room for a picture with what lies round it, twice: fresh memory costs more than the work in it.
struct Squares {
    width: usize,
    height: usize,
    /// Pixels in a row with those beside it.
    wide: usize,
    round: Vec<u8>,
    chosen: Vec<u8>,
}

impl Squares {
    fn of(width: usize, height: usize) -> Self {
        let (wide, high) = (width + ROUND, height + ROUND);
        Self { width, height, wide, round: vec![0; wide * high], chosen: vec![0; wide * high] }
    }

    /// How far each level lies under its place in the picture whose hollows are filled (the closing less the levels),
    /// where that is more than it was.
    fn hollow(&mut self, levels: &[u8], most: &mut [u8]) {
        let (width, wide, start) = (self.width, self.wide, ROUND / 2 * self.wide + ROUND / 2);
        self.round.fill(0);
        for (to, from) in self.round[start..].chunks_mut(wide).zip(levels.chunks_exact(width)) {
            to[..width].copy_from_slice(from);
        }
        self.choose(u8::max);
        self.chosen.fill(u8::MAX);
        for (to, from) in self.chosen[start..].chunks_mut(wide).zip(self.round.chunks_exact(wide).take(self.height)) {
            to[..width].copy_from_slice(&from[..width]);
        }
        mem::swap(&mut self.round, &mut self.chosen);
        self.choose(u8::min);
        let rows = levels.chunks_exact(width).zip(most.chunks_exact_mut(width));
        for (filled, (levels, most)) in self.round.chunks_exact(wide).zip(rows) {
            let pairs = filled.iter().zip(levels);
            most.iter_mut()
                .zip(pairs)
                .for_each(|(most, (filled, level))| *most = filled.saturating_sub(*level).max(*most));
        }
    }

    /// The choice among the square to the right of and under each level.
    fn choose(&mut self, choice: impl Fn(u8, u8) -> u8 + Copy) {
        for step in [1, self.wide] {
            // Choices among 2, 4, 8 and 9 neighbours, each of those before; from one list to another, so that many are
            // made at once.
            for reach in [1, 2, 4, 1] {
                let pairs = self.round.iter().zip(&self.round[reach * step..]);
                self.chosen.iter_mut().zip(pairs).for_each(|(chosen, (one, other))| *chosen = choice(*one, *other));
                mem::swap(&mut self.round, &mut self.chosen);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;

    use super::*;

    #[test]
    fn lines_stand_out_and_wide_bars_and_steps_do_not() {
        // Dark: a line of 3 pixels and a bar of 20; bright: a line of 4; and a step at the right edge.
        let level = |x: u32| match x {
            10..13 | 30..50 => 50,
            70..74 => 250,
            90.. => 20,
            _ => 150,
        };
        let strokes = Strokes::of(&RgbImage::from_fn(100, 40, |x, _| Rgb([level(x); 3])));
        for x in 0..100_usize {
            let dark = if (10..13).contains(&x) { 100 } else { 0 };
            let bright = if (70..74).contains(&x) { 100 } else { 0 };
            assert_eq!((strokes.dark.at(x, 20), strokes.bright.at(x, 20)), (dark, bright), "{x}");
        }
    }

    #[test]
    fn ink_of_one_colour_stands_out_of_paper_that_is_as_bright() {
        let line = |x: u32| if x == 20 { Rgb([255, 240, 0]) } else { Rgb([240; 3]) };
        let strokes = Strokes::of(&RgbImage::from_fn(40, 40, |x, _| line(x)));
        assert_eq!((strokes.dark.at(20, 20), strokes.dark.at(19, 20)), (120, 0));
    }
}
