//! Rows of writing: date stamps, watermarks, captions, print.

mod pieces;
mod rows;
mod strokes;

use image::RgbImage;

use self::pieces::{Piece, pieces};
use self::strokes::Strokes;
use crate::model::Area;
use crate::stage::plane::Field;

/// Levels by which strokes stand out: pale watermarks, stamps, and print whose letters would flow together at less.
const LEVELS: [u8; 3] = [12, 36, 90];
/// Height of letters: in pixels, and over the picture's longer side. Strokes are too wide in letters over a tenth of it.
const LEAST_PX: f32 = 6.0;
const TALLEST: f32 = 0.15;
/// Letters that touch are as wide as their height for each of their strokes and half as much again; strokes are so thick
/// for the height, a pixel more where edges are soft; and ink fills so much of their box.
const WIDEST: f32 = 1.5;
const THICKEST: f32 = 0.3;
const FILLED: f32 = 0.1;
/// More letters than writing has: a texture. A whole pattern of watermarks has some 300.
const MOST: usize = 1000;

/// A row of writing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// Strokes side by side in it.
    pub(crate) strokes: f32,
    /// Where it is, in pixels of the picture.
    pub(crate) area: Area,
}

/// The longest row of writing in a picture; `is_left_out` says which squares of `step` pixels are not looked at.
pub(crate) fn longest(picture: &RgbImage, is_left_out: &Field<bool>, step: usize) -> Option<Row> {
    let Strokes { mut dark, mut bright } = Strokes::of(picture);
    let tallest = TALLEST * picture.width().max(picture.height()) as f32;
    let mut best: Option<Row> = None;
    for side in [&mut dark, &mut bright] {
        clear(side, is_left_out, step);
        for level in LEVELS {
            let pieces = pieces(side, level);
            let letters: Vec<Piece> = pieces.iter().filter(|piece| is_letter(piece, tallest)).copied().collect();
            let row = if letters.len() <= MOST { rows::longest_of(letters, &pieces, tallest) } else { None };
            best = best.into_iter().chain(row).max_by(|one, other| one.strokes.total_cmp(&other.strokes));
        }
    }
    best
}

/// Takes away what stands out where nothing is looked at.
fn clear(strokes: &mut Field<u8>, is_left_out: &Field<bool>, step: usize) {
    for (at, row) in strokes.values.chunks_exact_mut(strokes.width.max(1)).enumerate() {
        let squares = row.chunks_mut(step).zip(is_left_out.row(at / step));
        squares.filter(|(_, left_out)| **left_out).for_each(|(levels, _)| levels.fill(0));
    }
}

/// Whether a piece can be a letter, a part of one, or several that touch.
fn is_letter(piece: &Piece, tallest: f32) -> bool {
    let (width, height) = (piece.width(), piece.height());
    (LEAST_PX..=tallest).contains(&height)
        && width <= WIDEST * height * piece.strokes()
        && piece.stroke_width() <= THICKEST * height + 1.0
        && piece.count as f32 >= FILLED * width * height
}

#[cfg(test)]
mod tests {
    use image::{Rgb, imageops};

    use super::*;
    use crate::layout::Font;

    /// What it is, and the level at a column and row.
    type Pattern = (&'static str, fn(u32, u32) -> u8);

    const STEP: usize = 4;
    const GREY: [u8; 3] = [190; 3];

    fn read(picture: &RgbImage) -> Option<Row> {
        read_without(picture, |_| false)
    }

    /// Without the squares whose row is left out.
    fn read_without(picture: &RgbImage, is_left_out: impl Fn(usize) -> bool) -> Option<Row> {
        let (width, height) = ((picture.width() as usize).div_ceil(STEP), (picture.height() as usize).div_ceil(STEP));
        let values = (0..width * height).map(|square| is_left_out(square / width)).collect();
        longest(picture, &Field { width, height, values }, STEP)
    }

    /// A text of 20 pixels' height in a picture of one colour, from 100 pixels down.
    fn written(text: &str, paper: [u8; 3], ink: [u8; 3]) -> RgbImage {
        let mut picture = RgbImage::from_pixel(400, 500, Rgb(paper));
        for (x, y, cover) in Font::Latin.ink(text, (360, 25)).enumerate_pixels() {
            if cover[0] > 127 {
                picture.put_pixel(20 + x, 100 + y, Rgb(ink));
            }
        }
        picture
    }

    #[test]
    fn writing_is_read_in_any_colour_and_its_place_is_its_own() {
        for (text, paper, ink) in [
            ("2024-05-18 12:30", GREY, [255, 140, 0]),
            ("2024-05-18", [255; 3], [255, 230, 0]),
            ("PREVIEW photo.com", GREY, [40; 3]),
            ("Anna Miller", [255; 3], [0; 3]),
            ("Class 3 Smith", [0; 3], [255; 3]),
            ("photo studio", GREY, [215; 3]),
            ("RED ON SKY BLUE", [100, 197, 255], [220, 30, 30]),
        ] {
            let row = read(&written(text, paper, ink)).expect(text);
            assert!(row.strokes > text.len() as f32 * 0.5, "{text}: {}", row.strokes);
            let Area { left, top, width, height } = row.area;
            assert!(top >= 98.0 && top + height <= 127.0 && left >= 18.0 && left + width <= 382.0, "{text}: {row:?}");
        }
    }

    #[test]
    fn a_slanting_watermark_is_read() {
        let ink = Font::Latin.ink("PREVIEW", (360, 50));
        for degrees in [-45.0_f32, -30.0, 20.0, 60.0] {
            let (sine, cosine) = degrees.to_radians().sin_cos();
            let picture = RgbImage::from_fn(480, 640, |x, y| {
                let (x, y) = (x as f32 - 240.0, y as f32 - 320.0);
                let (along, down) = (180.0 + x * cosine + y * sine, 25.0 + y * cosine - x * sine);
                let inside = along >= 0.0 && down >= 0.0 && along < 360.0 && down < 50.0;
                let is_inked = inside && ink.get_pixel(along as u32, down as u32)[0] > 127;
                Rgb(if is_inked { [230; 3] } else { GREY })
            });
            assert!(read(&picture).expect("a row").strokes > 6.0, "{degrees}");
        }
    }

    #[test]
    fn what_is_left_out_is_not_read() {
        let picture = written("PREVIEW", GREY, [40; 3]);
        assert_eq!(read_without(&picture, |row| (24..33).contains(&row)), None);
        assert_eq!(read_without(&picture, |row| row < 24), read(&picture));
    }

    #[test]
    fn stripes_dots_checks_edges_and_shades_are_no_writing() {
        let patterns: [Pattern; 6] = [
            ("plain", |_, _| 128),
            ("shade", |x, y| ((x + y) / 5) as u8),
            ("stripes", |x, _| if x % 14 < 4 { 30 } else { 220 }),
            ("dots", |x, y| if (x % 16).abs_diff(8).pow(2) + (y % 16).abs_diff(8).pow(2) < 16 { 30 } else { 220 }),
            ("checks", |x, y| if (x / 8 + y / 8) % 2 == 0 { 60 } else { 200 }),
            ("edges", |x, y| if x > 200 || y > 300 { 30 } else { 220 }),
        ];
        for (what, level) in patterns {
            let picture = RgbImage::from_fn(400, 500, |x, y| Rgb([level(x, y); 3]));
            assert!(read(&picture).is_none_or(|row| row.strokes <= 3.0), "{what}");
        }
    }

    #[test]
    fn a_word_among_leaves_is_not_told_from_them() {
        let mut picture = written("PREVIEW", GREY, [40; 3]);
        let word = read(&picture).expect("a word").area;
        let leaf = RgbImage::from_pixel(3, 3, Rgb([40; 3]));
        for left in (0..400).step_by(5) {
            for top in [word.top - 5.0, word.top + word.height + 2.0] {
                imageops::replace(&mut picture, &leaf, left, top as i64);
            }
        }
        assert_eq!(read(&picture), None);
    }

    #[test]
    fn pictures_of_any_size_are_read() {
        for (width, height) in [(0, 0), (1, 1), (3, 500), (500, 3), (9, 9), (17, 33)] {
            let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x * 91 + y * 57) as u8; 3]));
            assert!(read(&picture).is_none_or(|row| row.strokes.is_finite()), "{width} {height}");
        }
    }
}
