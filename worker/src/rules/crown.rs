//! The head above the brows, for the rules about what is worn on it.

use gradphoto_shared::check::NotAssessed;

use super::Subject;
use crate::model::Area;
use crate::stage::plane::Plane;
use crate::stage::portrait::FACE_PX;

/// Alpha from which a pixel is the person.
const PERSON: f32 = 0.5;
/// How far the crown reaches above the brows, how far it begins above them, and how far it reaches beside the middle
/// of the face, in its widths.
const HIGH: f32 = 0.9;
const OVER_BROWS: f32 = 0.12;
const BESIDE: f32 = 0.5;
/// How far above the brows the photo must reach to tell: forehead and most of the hair.
const SHOWN: f32 = 0.6;
/// Points of the upper side of the brows.
const BROWS: [usize; 2] = [105, 334];

/// The crown of a head in the portrait.
pub(super) struct Crown<'a> {
    subject: &'a Subject<'a>,
    alpha: &'a Plane,
    columns: (u32, u32),
    rows: (u32, u32),
}

impl<'a> Crown<'a> {
    pub(super) fn of(subject: &'a Subject<'a>) -> Result<Self, NotAssessed> {
        subject.readings.masks.are_whole()?;
        let (portrait, alpha) = (&subject.portrait, subject.alpha()?);
        let brows = BROWS.map(|point| portrait.at(subject.point(point)).y);
        let brows = brows[0].min(brows[1]);
        let middle = portrait.at(subject.face.left_cheek.middle(subject.face.right_cheek)).x;
        let highest = brows - SHOWN * FACE_PX;
        if highest < portrait.rows.0 as f32 {
            return Err(NotAssessed::NotInPicture);
        }
        let column = |x: f32| (x.max(0.0) as u32).clamp(portrait.columns.0, portrait.columns.1);
        let row = |y: f32| (y.max(0.0) as u32).clamp(portrait.rows.0, portrait.rows.1);
        let columns = (column(middle - BESIDE * FACE_PX), column(middle + BESIDE * FACE_PX));
        let rows = (row(brows - HIGH * FACE_PX), row(brows - OVER_BROWS * FACE_PX));
        Ok(Self { subject, alpha, columns, rows })
    }

    /// Its pixels that are the person.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (u32, u32)> {
        let all = (self.rows.0..self.rows.1)
            .flat_map(|row| (self.columns.0..self.columns.1).map(move |column| (column, row)));
        all.filter(|&(column, row)| self.alpha.at(column as usize, row as usize) > PERSON)
    }

    /// Where it is, in pixels of the original.
    pub(super) fn area(&self) -> Area {
        self.subject.portrait.to_photo(Area {
            left: self.columns.0 as f32,
            top: self.rows.0 as f32,
            width: (self.columns.1 - self.columns.0) as f32,
            height: self.rows.1.saturating_sub(self.rows.0) as f32,
        })
    }
}
