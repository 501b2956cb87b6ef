//! What is drawn, before anybody decides how: shapes in pixels of the page.

use crate::model::{Area, Point};

/// A page.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// Where the reduced photo lies.
    pub(super) photo: Area,
    /// From the lowest to the uppermost.
    pub(super) shapes: Vec<Shape>,
}

/// Something on a page.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A line from corner to corner, closed or open.
    Line {
        points: Vec<Point>,
        closed: bool,
        width: f32,
        dashed: bool,
        ink: Ink,
        /// What fills it.
        fill: Option<Ink>,
    },
    /// A filled circle.
    Dot { at: Point, radius: f32, ink: Ink },
    /// One line of text, its baseline at `at`.
    Text { at: Point, text: String, size: f32, middle: bool, bold: bool, ink: Ink },
}

/// A colour and how much it covers, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ink(pub(super) [u8; 3], pub(super) f32);

impl Ink {
    pub(super) const PAPER: Self = Self([255, 255, 255], 1.0);
    pub(super) const TEXT: Self = Self([31, 36, 45], 1.0);
    pub(super) const QUIET: Self = Self([92, 101, 115], 1.0);
    pub(super) const RULE: Self = Self([222, 226, 232], 1.0);
    pub(super) const ACCEPT: Self = Self([20, 115, 70], 1.0);
    pub(super) const REVIEW: Self = Self([171, 96, 0], 1.0);
    pub(super) const RETAKE: Self = Self([180, 35, 24], 1.0);
    pub(super) const FRAME: Self = Self([21, 112, 239], 1.0);
    pub(super) const POINT: Self = Self([255, 255, 255], 0.7);

    /// The same colour, covering less.
    pub(super) fn faint(self, cover: f32) -> Self {
        Self(self.0, cover)
    }
}

/// The corners of a rectangle.
pub(super) fn corners(area: Area) -> Vec<Point> {
    let (right, bottom) = (area.left + area.width, area.top + area.height);
    [(area.left, area.top), (right, area.top), (right, bottom), (area.left, bottom)]
        .map(|(x, y)| Point { x, y })
        .to_vec()
}

/// A closed line round a rectangle.
pub(super) fn rectangle(area: Area, width: f32, ink: Ink, fill: Option<Ink>) -> Shape {
    Shape::Line { points: corners(area), closed: true, width, dashed: false, ink, fill }
}

/// Width that a text takes at most, in pixels, whatever the font: Chinese letters are square, Latin ones of the
/// usual fonts are narrower than 0.58 of their height.
pub(super) fn width_of(text: &str, size: f32) -> f32 {
    text.chars().map(|letter| if is_square(letter) { size } else { 0.58 * size }).sum()
}

/// Breaks a text into lines of at most `width` pixels: between Chinese letters anywhere but before a closing
/// mark, else between words; a longer word is cut.
pub(super) fn wrapped(text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces(text) {
        let line = lines.last_mut().expect("there is always a line");
        if width_of(&(line.clone() + piece.trim_end()), size) <= width {
            line.push_str(piece);
            continue;
        }
        if !line.is_empty() {
            lines.push(String::new());
        }
        for letter in piece.chars() {
            let line = lines.last_mut().expect("there is always a line");
            if !line.is_empty() && width_of(line, size) + width_of(letter.encode_utf8(&mut [0; 4]), size) > width {
                lines.push(letter.into());
            } else {
                line.push(letter);
            }
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Parts that stay together.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, letter) in text.char_indices() {
        let between = before.is_some_and(|before: char| {
            before == ' ' || ((is_square(before) || is_square(letter)) && !"，。；：、！？）》」".contains(letter))
        });
        if between {
            pieces.push(&text[start..at]);
            start = at;
        }
        before = Some(letter);
    }
    pieces.push(&text[start..]);
    pieces
}

fn is_square(letter: char) -> bool {
    u32::from(letter) >= 0x2e80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_before_no_closing_mark() {
        for (text, width, lines) in [
            ("", 100.0, &[""][..]),
            ("open your eyes wide", 70.0, &["open your", "eyes wide"]),
            ("请睁开双眼，正视镜头。", 50.0, &["请睁开双", "眼，正视镜", "头。"]),
            ("an unbreakablelongword", 50.0, &["an", "unbreaka", "blelongw", "ord"]),
            ("背景RGB值", 35.0, &["背景", "RGB值"]),
        ] {
            let broken = wrapped(text, 10.0, width);
            assert_eq!(broken, lines, "{text}");
            assert!(broken.iter().all(|line| width_of(line, 10.0) <= width + 10.0), "{broken:?}");
        }
    }
}
