//! The square marks at a code's corners: dark, light, dark, light, dark as 1 : 1 : 3 : 1 : 1 in every direction.
//!
//! Readers that cannot read a code often do not say that they saw one. Two marks of one size at a code's distance
//! are one, cut or damaged; the answer then is `unreadable`, with advice, and not `none`.

use image::GrayImage;

use super::treat;

/// Shares of a mark's width.
const SHARES: [f32; 5] = [1.0, 1.0, 3.0, 1.0, 1.0];
/// Least width of a mark in pixels: two for each module.
const WIDTH_MIN: f32 = 14.0;
/// Most by which a part may differ from its share, in modules: readers allow half of one; blur and print take as much.
const OFF_MAX: f32 = 0.5;
/// Lines that must cross a mark to count it: less is chance.
const LINES_MIN: u32 = 3;
/// Between the middles of two marks, in modules: from the smallest code, 21 modules, to the largest, 177, across.
const APART: std::ops::RangeInclusive<f32> = 11.0..=245.0;
/// Most by which one of two marks may be larger: a code seen at a slant.
const LARGER_MAX: f32 = 1.4;
/// Share of the brightness round it below which a pixel is dark: between paper and ink at half contrast.
const DARK: u8 = 112;

/// A mark.
#[derive(Clone, Copy, Debug)]
struct Mark {
    x: f32,
    y: f32,
    /// Pixels of a module.
    module: f32,
    lines: u32,
}

/// Whether the marks of a code are to be seen, dark on light or light on dark.
pub(super) fn is_code(pixels: &GrayImage) -> bool {
    let reach = (pixels.width().max(pixels.height()) / 12).max(1);
    let even = treat::even(pixels, reach);
    let mut dark: Vec<bool> = even.as_raw().iter().map(|&level| level < DARK).collect();
    let width = pixels.width() as usize;
    if has_pair(&marks(&dark, width)) {
        return true;
    }
    dark.iter_mut().for_each(|dark| *dark = !*dark);
    has_pair(&marks(&dark, width))
}

fn has_pair(marks: &[Mark]) -> bool {
    let is_pair = |one: &Mark, two: &Mark| {
        let larger = one.module.max(two.module) / one.module.min(two.module);
        let apart = (one.x - two.x).hypot(one.y - two.y) / ((one.module + two.module) / 2.0);
        larger <= LARGER_MAX && APART.contains(&apart)
    };
    marks.iter().enumerate().any(|(at, one)| marks[..at].iter().any(|two| is_pair(one, two)))
}

/// Marks that several lines cross.
fn marks(dark: &[bool], width: usize) -> Vec<Mark> {
    let mut found: Vec<Mark> = Vec::new();
    if width == 0 {
        return found;
    }
    for (y, row) in dark.chunks_exact(width).enumerate() {
        for (x, module) in crossings(row.iter().copied()) {
            let column = (x as usize).min(width - 1);
            let Some((middle, down)) = upright(dark, width, column, y, module) else { continue };
            let known = found
                .iter_mut()
                .find(|mark| (mark.x - x).abs() < 2.0 * module && (mark.y - middle).abs() < 2.0 * module);
            match known {
                Some(mark) => mark.lines += 1,
                None => found.push(Mark { x, y: middle, module: (module + down) / 2.0, lines: 1 }),
            }
        }
    }
    found.retain(|mark| mark.lines >= LINES_MIN);
    found
}

/// The middle and module of the mark that stands upright round a place, where there is one of about `module`.
fn upright(dark: &[bool], width: usize, x: usize, y: usize, module: f32) -> Option<(f32, f32)> {
    let reach = (6.0 * module) as usize;
    let first = y.saturating_sub(reach);
    let last = (y + reach).min(dark.len() / width - 1);
    let column = (first..=last).map(|row| dark[row * width + x]);
    let here = (y - first) as f32;
    crossings(column)
        .find(|&(middle, down)| {
            let larger = down.max(module) / down.min(module);
            (middle - here).abs() <= 1.5 * module && larger <= LARGER_MAX
        })
        .map(|(middle, down)| (middle + first as f32, down))
}

/// Where a line crosses the middle of a mark, and the module that it measures.
fn crossings(line: impl Iterator<Item = bool>) -> impl Iterator<Item = (f32, f32)> {
    let mut runs = [0_u32; 5];
    let mut last = false;
    // A light pixel more ends the last run.
    line.chain(std::iter::once(false)).enumerate().filter_map(move |(at, dark)| {
        if dark == last {
            runs[4] += 1;
            return None;
        }
        // Runs end with the one that ends here; it is dark where the pixel is not.
        let crossing = if dark { None } else { mark(&runs) };
        let end = at as f32;
        runs.rotate_left(1);
        runs[4] = 1;
        last = dark;
        crossing.map(|(behind, module)| (end - behind, module))
    })
}

/// How far the middle of a mark lies behind the end of its runs, and its module.
fn mark(runs: &[u32; 5]) -> Option<(f32, f32)> {
    let width = runs.iter().sum::<u32>() as f32;
    let module = width / SHARES.iter().sum::<f32>();
    let fits = |(&run, share): (&u32, f32)| (run as f32 - share * module).abs() <= OFF_MAX * module.max(2.0);
    let all = width >= WIDTH_MIN && runs.iter().all(|&run| run > 0) && runs.iter().zip(SHARES).all(fits);
    all.then(|| (width / 2.0, module))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paper with marks of `module` pixels at some places.
    fn paper(places: &[(u32, u32)], module: u32) -> GrayImage {
        let mut paper = GrayImage::from_pixel(400, 300, image::Luma([220]));
        for &(left, top) in places {
            for y in 0..7 * module {
                for x in 0..7 * module {
                    let ring = |side: u32| side.min(7 * module - 1 - side) / module;
                    let is_dark = ring(x).min(ring(y)) != 1;
                    paper.put_pixel(left + x, top + y, image::Luma([if is_dark { 30 } else { 220 }]));
                }
            }
        }
        paper
    }

    #[test]
    fn two_marks_are_a_code_and_one_is_none() {
        for module in [2, 3, 6] {
            assert!(is_code(&paper(&[(40, 60), (220, 60)], module)), "{module}");
            assert!(is_code(&paper(&[(40, 60), (40, 200)], module)), "{module}");
            assert!(!is_code(&paper(&[(40, 60)], module)), "{module}");
        }
        let mut light = paper(&[(40, 60), (220, 60)], 4);
        image::imageops::invert(&mut light);
        assert!(is_code(&light));
    }

    #[test]
    fn lines_squares_and_nothing_are_no_code() {
        let lines = GrayImage::from_fn(300, 200, |x, _| image::Luma([if x / 5 % 2 == 0 { 20 } else { 220 }]));
        let squares =
            GrayImage::from_fn(300, 200, |x, y| image::Luma([if (x / 6 + y / 6) % 2 == 0 { 20 } else { 220 }]));
        for picture in [lines, squares, GrayImage::new(40, 40), GrayImage::new(1, 1)] {
            assert!(!is_code(&picture));
        }
    }
}
