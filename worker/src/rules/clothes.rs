//! The clothes in the portrait, for the rules about them.

use gradphoto_shared::check::NotAssessed;

use super::Subject;
use super::region::{Colour, colours};
use crate::model::Area;
use crate::stage::portrait::FACE_PX;

/// Alpha from which a pixel is surely the person.
const SURE: f32 = 0.95;
/// Where clothes begin under the chin, and how far they are looked at beside the middle, in face widths:
/// under the neck, inside the arms.
const UNDER: f32 = 0.35;
const BESIDE: f32 = 1.15;
/// Least pixels of the portrait that tell anything.
const LEAST: usize = 2000;

/// The clothes' part of the portrait.
pub(super) struct Clothes<'a> {
    subject: &'a Subject<'a>,
    columns: (f32, f32),
    top: f32,
}

impl<'a> Clothes<'a> {
    pub(super) fn of(subject: &'a Subject<'a>) -> Self {
        let chin = subject.portrait.at(subject.face.chin);
        let reach = BESIDE * FACE_PX;
        Self { subject, columns: (chin.x - reach, chin.x + reach), top: chin.y + UNDER * FACE_PX }
    }

    /// Whether a pixel of the portrait is clothes.
    pub(super) fn holds(&self, column: u32, row: u32) -> bool {
        let (x, y, at) = (column as f32, row as f32, (column as usize, row as usize));
        let portrait = &self.subject.portrait;
        portrait.shows(column, row)
            && y >= self.top
            && x >= self.columns.0
            && x < self.columns.1
            && portrait.subject.as_ref().is_some_and(|alpha| alpha.at(at.0, at.1) > SURE)
            && !self.subject.is_bare(column, row)
    }

    /// Colours of the clothes.
    pub(super) fn colours(&self) -> Result<Vec<Colour>, NotAssessed> {
        let found = colours(&self.subject.portrait, |column, row| self.holds(column, row));
        if found.len() < LEAST { Err(NotAssessed::NotInPicture) } else { Ok(found) }
    }

    /// Share of the clothes for which `member` holds.
    pub(super) fn share(&self, member: impl Fn(Colour) -> bool) -> Result<f32, NotAssessed> {
        let found = self.colours()?;
        Ok(found.iter().filter(|&&colour| member(colour)).count() as f32 / found.len() as f32)
    }

    /// Where they are, in pixels of the original.
    pub(super) fn area(&self) -> Area {
        let portrait = &self.subject.portrait;
        let bottom = portrait.rows.1 as f32;
        let (left, right) =
            (self.columns.0.max(portrait.columns.0 as f32), self.columns.1.min(portrait.columns.1 as f32));
        portrait.to_photo(Area {
            left,
            top: self.top,
            width: (right - left).max(0.0),
            height: (bottom - self.top).max(0.0),
        })
    }
}
