//! One page of pairs.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage, imageops};

use super::Pair;
use super::text::{LINE_PX, width_of, write};
use crate::layout::Font;
use crate::stage::decode::{DecodeLimits, Source};

/// Pairs of a full page.
pub(super) const PAIRS: usize = (COLUMNS * ROWS) as usize;
const COLUMNS: u32 = 5;
const ROWS: u32 = 12;

/// A picture's place, 3 : 4 like the certificate picture.
const WIDTH: u32 = 180;
const HEIGHT: u32 = 240;

/// Between the two of a pair, between pairs, and round the page.
const GAP: u32 = 8;
const SPACE: u32 = 24;

const PAIR_WIDTH: u32 = 2 * WIDTH + GAP;
const PAIR_HEIGHT: u32 = HEIGHT + GAP / 2 + 2 * LINE_PX;

const WHITE: [u8; 3] = [255; 3];
const FRAME: [u8; 3] = [240; 3];
const INK: [u8; 3] = [40, 40, 40];
const QUIET: [u8; 3] = [110, 110, 110];
const WARNING: [u8; 3] = [176, 32, 32];

/// What a photo of a sheet may cost; one that costs more was refused anyway.
const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 50 << 20, max_pixels: 100_000_000 };

/// Draws up to [`PAIRS`] pairs on white.
pub(super) fn page(pairs: &[Pair], font: &Font) -> RgbImage {
    let count = u32::try_from(pairs.len().clamp(1, PAIRS)).unwrap_or(1);
    let columns = count.min(COLUMNS);
    let rows = count.div_ceil(columns);
    let width = SPACE + columns * (PAIR_WIDTH + SPACE);
    let mut page = RgbImage::from_pixel(width, SPACE + rows * (PAIR_HEIGHT + SPACE), Rgb(WHITE));
    for (at, pair) in (0..).zip(pairs) {
        let left = SPACE + at % columns * (PAIR_WIDTH + SPACE);
        let top = SPACE + at / columns * (PAIR_HEIGHT + SPACE);
        draw(&mut page, font, pair, (left, top));
    }
    page
}

fn draw(page: &mut RgbImage, font: &Font, pair: &Pair, (left, top): (u32, u32)) {
    let after_left = left + WIDTH + GAP;
    place(page, thumbnail(&pair.before), left, top);
    match &pair.after {
        Some(after) => place(page, thumbnail(after), after_left, top),
        None => {
            place(page, None, after_left, top);
            // One word a line: reason codes are long and the frame is narrow.
            let words = pair.note.split_whitespace();
            let first = top + HEIGHT / 2 - LINE_PX;
            for (line, word) in (0..).zip(words) {
                let middle = after_left + (WIDTH - width_of(font, word, WIDTH)) / 2;
                write(page, font, word, (middle, first + line * LINE_PX), WIDTH, WARNING);
            }
        }
    }
    let below = top + HEIGHT + GAP / 2;
    write(page, font, &pair.name, (left, below), PAIR_WIDTH, INK);
    let colour = if pair.after.is_some() { QUIET } else { WARNING };
    write(page, font, &pair.note, (left, below + LINE_PX), PAIR_WIDTH, colour);
}

/// Puts a picture in the middle of its place; without one the place is a pale frame.
fn place(page: &mut RgbImage, picture: Option<RgbImage>, left: u32, top: u32) {
    let ground = RgbImage::from_pixel(WIDTH, HEIGHT, Rgb(FRAME));
    imageops::replace(page, &ground, left.into(), top.into());
    if let Some(picture) = picture {
        let (right, down) = ((WIDTH - picture.width()) / 2, (HEIGHT - picture.height()) / 2);
        imageops::replace(page, &picture, (left + right).into(), (top + down).into());
    }
}

/// A photo scaled into its place, decoded no larger than twice that.
fn thumbnail(path: &Path) -> Option<RgbImage> {
    let size = fs::metadata(path).ok().filter(fs::Metadata::is_file)?.len();
    let bytes = if size <= LIMITS.max_bytes { fs::read(path).ok()? } else { return None };
    let source = Source::open(&bytes, &LIMITS).ok()?;
    let (width, height) = source.size();
    let fit = (WIDTH as f32 / width as f32).min(HEIGHT as f32 / height as f32);
    let picture = source.pixels(2.0 * fit).ok()?;
    let side = |side: u32, most: u32| ((side as f32 * fit).round() as u32).clamp(1, most);
    Some(imageops::thumbnail(&picture, side(width, WIDTH), side(height, HEIGHT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: usize) -> Vec<Pair> {
        let pair =
            Pair { name: "a.jpg".into(), before: "none.jpg".into(), after: None, note: "refused no_face".into() };
        vec![pair; count]
    }

    #[test]
    fn a_page_is_as_large_as_its_pairs() {
        let width = |columns: u32| 24 + columns * 392;
        let height = |rows: u32| 24 + rows * 298;
        for (count, columns, rows) in [(1, 1, 1), (4, 4, 1), (5, 5, 1), (6, 5, 2), (60, 5, 12)] {
            assert_eq!(page(&pairs(count), &Font::Latin).dimensions(), (width(columns), height(rows)), "{count}");
        }
    }

    #[test]
    fn a_refusal_is_written_in_red_on_its_frame() {
        let page = page(&pairs(1), &Font::Latin);
        let inside = |x: u32, y: u32| (212..392).contains(&x) && (24..264).contains(&y);
        let red = page.enumerate_pixels().filter(|(x, y, pixel)| inside(*x, *y) && pixel.0 == WARNING).count();
        assert!(red > 50, "{red} red pixels");
        assert_eq!(page.get_pixel(0, 0).0, WHITE);
        assert_eq!(page.get_pixel(24, 24).0, FRAME);
    }
}
