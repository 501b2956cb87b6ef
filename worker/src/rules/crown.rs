//! The head above the brows, for the rules about what is worn on it.

use gradphoto_shared::check::NotAssessed;

use super::Subject;
use super::region::CHEEKS;
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
/// Least points of the cheeks, of ten, that are taken for skin: where the network does not know a face, it takes
/// hair for cloth. Colour photos have 0 or from 6 (london, derived and made East Asian, 489): JPEG of quality 6 and
/// photographed screens 0.
const KNOWN: usize = 3;

/// A box above the brows: columns and rows of the portrait that show the photo.
pub(super) struct AboveBrows {
    columns: (u32, u32),
    rows: (u32, u32),
}

impl AboveBrows {
    /// From `over` to `high` above the brows and `beside` the middle of the face, in its widths.
    pub(super) fn of(subject: &Subject<'_>, over: f32, high: f32, beside: f32) -> Self {
        let portrait = &subject.portrait;
        let middle = portrait.at(subject.face.left_cheek.middle(subject.face.right_cheek)).x;
        let column = |x: f32| (x.max(0.0) as u32).clamp(portrait.columns.0, portrait.columns.1);
        let row = |y: f32| (y.max(0.0) as u32).clamp(portrait.rows.0, portrait.rows.1);
        let brows = brows(subject);
        Self {
            columns: (column(middle - beside * FACE_PX), column(middle + beside * FACE_PX)),
            rows: (row(brows - high * FACE_PX), row(brows - over * FACE_PX)),
        }
    }

    /// Its pixels, by column and row.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (u32, u32)> {
        (self.rows.0..self.rows.1).flat_map(|row| (self.columns.0..self.columns.1).map(move |column| (column, row)))
    }

    /// How many rows it has.
    pub(super) fn height(&self) -> u32 {
        self.rows.1.saturating_sub(self.rows.0)
    }

    /// Where it is, in pixels of the original.
    pub(super) fn area(&self, subject: &Subject<'_>) -> Area {
        subject.portrait.to_photo(Area {
            left: self.columns.0 as f32,
            top: self.rows.0 as f32,
            width: (self.columns.1 - self.columns.0) as f32,
            height: self.height() as f32,
        })
    }
}

/// The crown of a head in the portrait.
pub(super) struct Crown<'a> {
    subject: &'a Subject<'a>,
    alpha: &'a Plane,
    place: AboveBrows,
}

impl<'a> Crown<'a> {
    /// Whether the photo ends too low above the brows to show one.
    pub(super) fn is_cut(subject: &Subject<'_>) -> bool {
        brows(subject) - SHOWN * FACE_PX < subject.portrait.rows.0 as f32
    }

    pub(super) fn of(subject: &'a Subject<'a>) -> Result<Self, NotAssessed> {
        let masks = &subject.readings.masks;
        masks.are_whole()?;
        let alpha = subject.alpha()?;
        let skin = |&&point: &&usize| masks.at(subject.point(point))[1] == Some(true);
        if Self::is_cut(subject) || CHEEKS.as_flattened().iter().filter(skin).count() < KNOWN {
            return Err(NotAssessed::NotInPicture);
        }
        Ok(Self { subject, alpha, place: AboveBrows::of(subject, OVER_BROWS, HIGH, BESIDE) })
    }

    /// Its pixels that are the person.
    pub(super) fn pixels(&self) -> impl Iterator<Item = (u32, u32)> {
        let person = |&(column, row): &(u32, u32)| self.alpha.at(column as usize, row as usize) > PERSON;
        self.place.pixels().filter(person)
    }

    /// Where it is, in pixels of the original.
    pub(super) fn area(&self) -> Area {
        self.place.area(self.subject)
    }
}

/// The row of the portrait where the higher brow ends.
fn brows(subject: &Subject<'_>) -> f32 {
    let [left, right] = BROWS.map(|point| subject.portrait.at(subject.point(point)).y);
    left.min(right)
}
