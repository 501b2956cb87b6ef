//! Sheets and prints by name or by their sides.

use std::fmt;
use std::str::FromStr;

use gradphoto_shared::Error;

/// Sheets by name, sides in mm: photo papers as print shops cut them (3R to 6R), ISO 216 for the others.
const PAPERS: [(&str, Size); 6] = [
    ("3R", Size { width_mm: 89.0, height_mm: 127.0 }),
    ("4R", Size { width_mm: 102.0, height_mm: 152.0 }),
    ("5R", Size { width_mm: 127.0, height_mm: 178.0 }),
    ("6R", Size { width_mm: 152.0, height_mm: 203.0 }),
    ("A5", Size { width_mm: 148.0, height_mm: 210.0 }),
    ("A4", Size { width_mm: 210.0, height_mm: 297.0 }),
];

/// Shortest and longest side in mm: a stamp, and A2 on end.
const SIDES_MM: std::ops::RangeInclusive<f32> = 10.0..=600.0;

/// Two sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Width in mm.
    pub width_mm: f32,
    /// Height in mm.
    pub height_mm: f32,
}

impl Size {
    /// The same on its side.
    #[must_use]
    pub fn on_its_side(self) -> Self {
        Self { width_mm: self.height_mm, height_mm: self.width_mm }
    }
}

/// `5R`, or `127x178` in mm.
impl FromStr for Size {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some((_, size)) = PAPERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Ok(*size);
        }
        let side = |text: &str| text.trim().parse::<f32>().ok().filter(|side| SIDES_MM.contains(side));
        let sides = text.split_once(['x', 'X', '*']).and_then(|(width, height)| side(width).zip(side(height)));
        let names = PAPERS.map(|(name, _)| name).join(", ");
        let (least, most) = (SIDES_MM.start(), SIDES_MM.end());
        let wrong = || Error::Config(format!("a size is {names}, or WIDTHxHEIGHT in mm, each {least} to {most}"));
        sides.map(|(width_mm, height_mm)| Self { width_mm, height_mm }).ok_or_else(wrong)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} mm", self.width_mm, self.height_mm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_name_and_by_sides() {
        let size = |width_mm: f32, height_mm: f32| Some(Size { width_mm, height_mm });
        let table = [
            ("5R", size(127.0, 178.0)),
            ("a4", size(210.0, 297.0)),
            ("33x48", size(33.0, 48.0)),
            ("50.5 x 70", size(50.5, 70.0)),
            ("7R", None),
            ("9x48", None),
            ("33x601", None),
            ("33xNaN", None),
            ("33", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Size>().ok(), expected, "{text:?}");
        }
    }
}
