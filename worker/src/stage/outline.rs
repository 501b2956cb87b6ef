//! Where the person ends: top of the hair, and which borders of the photo cut through.

use gradphoto_shared::outcome::ReasonCode;

use super::Stop;
use super::component::{self, Seed};
use super::landmark::Landmarked;
use super::plane::Plane;
use super::resample::Outside;
use super::view::View;
use crate::model::{Area, Matter, Point};

/// Width of the look over the face's width, and its reach above and below the eyes likewise: a little
/// more on every side than the widest lawful frame whose hair still fits shows of a person.
const LOOK_WIDTH: f32 = 2.6;
const LOOK_ABOVE: f32 = 1.6;
const LOOK_BELOW: f32 = 1.85;
/// A row is solid hair where this share of the face's width is person in it: single strands are not.
const SOLID_SHARE: f32 = 0.12;
/// Alpha from which a pixel counts as person.
const PERSON: f32 = 0.5;

/// An ear's width over the face's: 98 ears of 49 hand-marked portraits reach
/// 0.06 to 0.18 face widths beyond the cheeks; the least, so that no whole head is refused.
const EAR_SHARE: f32 = 0.06;
/// Rows of the network's picture in which a person may touch a border and still count as inside it.
const TOUCHING_ROWS: usize = 1;

/// What the first look at the matte tells; all in pixels of the original.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outlined {
    /// Top of the hair.
    pub hair_top: f32,
    /// Whether the person is cut by the photo's left border.
    pub cut_left: bool,
    /// Whether the person is cut by the photo's right border.
    pub cut_right: bool,
}

/// The first look at the matte, round the face.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What it shows, in pixels of the original; it may reach out of the photo.
    pub(crate) area: Area,
    /// Alpha of everybody in it.
    pub(crate) people: Plane,
    /// Alpha of the subject, where the matte sees a person at the face.
    pub(crate) subject: Option<Plane>,
    /// First and one past the last column that show the photo.
    columns: (u32, u32),
    /// First and one past the last row that show the photo.
    rows: (u32, u32),
}

impl Looked {
    /// Whether a pixel of its planes shows the photo.
    pub(crate) fn shows(&self, pixel: usize) -> bool {
        let (column, row) = ((pixel % self.people.width) as u32, (pixel / self.people.width) as u32);
        (self.columns.0..self.columns.1).contains(&column) && (self.rows.0..self.rows.1).contains(&row)
    }

    /// How far a place of the original shows anybody; nobody outside of the photo.
    pub(crate) fn anybody_at(&self, place: Point) -> f32 {
        let (width, height) = (self.people.width, self.people.height);
        let x = (place.x - self.area.left) / self.area.width * width as f32;
        let y = (place.y - self.area.top) / self.area.height * height as f32;
        if !(0.0..width as f32).contains(&x) || !(0.0..height as f32).contains(&y) {
            return 0.0;
        }
        let pixel = y as usize * width + x as usize;
        if self.shows(pixel) { self.people.values[pixel] } else { 0.0 }
    }

    /// An area of its planes in the original.
    pub(crate) fn to_photo(&self, area: Area) -> Area {
        area.laid_on(&self.area, (self.people.width, self.people.height))
    }
}

/// Looks at the person round the face.
///
/// # Errors
/// [`gradphoto_shared::Error::Model`].
pub fn look(matter: &mut Matter, view: &View, face: &Landmarked) -> Result<Looked, Stop> {
    let width = face.face_width();
    let look = Look {
        area: Area {
            left: face.centre_x() - width * LOOK_WIDTH / 2.0,
            top: face.eyes.y - width * LOOK_ABOVE,
            width: width * LOOK_WIDTH,
            height: width * (LOOK_ABOVE + LOOK_BELOW),
        },
    };
    let cut = view.glance(look.area, (Matter::SIDE, Matter::SIDE), Outside::Edge);
    let side = Matter::SIDE as usize;
    let people = Plane { width: side, height: side, values: matter.alpha(&cut.picture)? };
    let body_row = look.row(face.chin.y) as usize;
    let subject = component::subject(&people, look.seed(face), body_row);
    Ok(Looked { area: look.area, people, subject, columns: cut.columns, rows: cut.rows })
}

/// What the first look tells of the outline.
///
/// # Errors
/// [`ReasonCode::HeadCutOff`], [`ReasonCode::NoFace`] where the matte sees no person at the face.
pub fn outline(looked: &Looked, face: &Landmarked, photo: (u32, u32)) -> Result<Outlined, ReasonCode> {
    let alpha = looked.subject.as_ref().ok_or(ReasonCode::NoFace)?;
    let side = Matter::SIDE as f32;
    let solid = SOLID_SHARE * face.face_width() / looked.area.width * side;
    let top = solid_top(alpha, looked.rows.0 as usize, solid).ok_or(ReasonCode::NoFace)?;
    if cut_above(looked, alpha, top, solid) || head_at_side(face, photo.0 as f32) {
        return Err(ReasonCode::HeadCutOff);
    }
    let (cut_left, cut_right) = cut_beside(looked, alpha);
    Ok(Outlined { hair_top: looked.area.top + top * looked.area.height / side, cut_left, cut_right })
}

/// The area of the first look.
struct Look {
    area: Area,
}

impl Look {
    /// The row of the network's picture at a height of the original, limited to the picture.
    fn row(&self, y: f32) -> f32 {
        let side = Matter::SIDE as f32;
        ((y - self.area.top) / self.area.height * side).clamp(0.0, side)
    }

    fn seed(&self, face: &Landmarked) -> Seed {
        seed(face, |point| Point {
            x: (point.x - self.area.left) / self.area.width,
            y: (point.y - self.area.top) / self.area.height,
        })
    }
}

/// The inner face, from the eyes to the chin, in pixels of the network's picture; `place` turns a place
/// of the original to 0..1 of that picture.
pub(super) fn seed(face: &Landmarked, place: impl Fn(Point) -> Point) -> Seed {
    let side = Matter::SIDE as f32;
    let quarter = face.face_width() / 4.0;
    let from = place(Point { x: face.centre_x() - quarter, y: face.eyes.y });
    let to = place(Point { x: face.centre_x() + quarter, y: face.chin.y });
    let range = |from: f32, to: f32| ((from * side).clamp(0.0, side) as usize, (to * side).clamp(0.0, side) as usize);
    Seed { columns: range(from.x, to.x), rows: range(from.y, to.y) }
}

/// The height of the first row, from `first` on, with at least `solid` columns of person, to a fraction
/// of a row.
pub(super) fn solid_top(alpha: &Plane, first: usize, solid: f32) -> Option<f32> {
    let width = |row: usize| alpha.row(row).iter().filter(|&&value| value > PERSON).count() as f32;
    let row = (first..alpha.height).find(|&row| width(row) >= solid)?;
    if row == first {
        return Some(row as f32);
    }
    let (before, at) = (width(row - 1), width(row));
    Some(row as f32 - (at - solid) / (at - before))
}

/// Whether hair reaches the photo's upper border, which shows in the cut.
fn cut_above(cut: &Looked, alpha: &Plane, top: f32, solid: f32) -> bool {
    let border = cut.rows.0 as usize;
    // Where the look begins within the photo, hair that fills its first row may end above.
    let shown = border > 0 || (top <= 0.5 && cut.area.top <= cut.area.height / alpha.height as f32);
    let row = alpha.row(border.min(alpha.height - 1));
    shown && row.iter().filter(|&&value| value > PERSON).count() as f32 >= solid
}

/// Whether an ear must lie outside the photo.
fn head_at_side(face: &Landmarked, width: f32) -> bool {
    let ear = EAR_SHARE * face.face_width();
    face.left_cheek.x.min(face.right_cheek.x) < ear || face.left_cheek.x.max(face.right_cheek.x) > width - ear
}

/// Whether the person leaves the photo at its left and its right border, as far as the look shows them.
fn cut_beside(cut: &Looked, alpha: &Plane) -> (bool, bool) {
    let touched = |column: usize| {
        let rows = cut.rows.0 as usize..cut.rows.1 as usize;
        rows.filter(|&row| alpha.at(column, row) > PERSON).count() > TOUCHING_ROWS
    };
    let (first, last) = (cut.columns.0 as usize, cut.columns.1 as usize);
    (first > 0 && first < alpha.width && touched(first), last < alpha.width && last > 0 && touched(last - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_strand_is_not_the_top_of_the_hair() {
        let mut alpha = Plane { width: 20, height: 10, values: vec![0.0; 200] };
        for row in 1..4 {
            alpha.values[row * 20 + 10] = 1.0;
        }
        for row in 4..10 {
            alpha.values[row * 20 + 5..row * 20 + 15].fill(1.0);
        }
        let top = solid_top(&alpha, 0, 4.0).expect("there is hair");
        assert!((3.0..=4.0).contains(&top), "{top}");
        assert_eq!(solid_top(&alpha, 0, 15.0), None);
    }
}
