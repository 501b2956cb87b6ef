//! Everything that was measured on a photo before the rules look at it.

use std::ops::Range;

use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::outcome::{Placement, ReasonCode};
use gradphoto_shared::spec::Spec;
use image::RgbImage;

use super::region::{Colour, colour};
use super::{Measure, Measured, Parts};
use crate::face::shot::Nearest;
use crate::measure::{Readings, ears};
use crate::model::{Area, Point};
use crate::stage::decode::{FileFacts, Source};
use crate::stage::landmark::Landmarked;
use crate::stage::matte::Trust;
use crate::stage::outline::{Looked, Outlined};
use crate::stage::plane::Plane;
use crate::stage::portrait::{FACE_PX, Portrait};
use crate::stage::pose::Pose;
use crate::stage::view::View;

/// A photo as the rules see it.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The document standard.
    pub spec: &'a Spec,
    /// The file that was sent.
    pub source: &'a Source<'a>,
    /// What the file says about itself.
    pub file: FileFacts,
    /// The decoded photo.
    pub view: &'a View,
    /// The person in it; `None` where no face was found.
    pub subject: Option<Subject<'a>>,
    /// The certificate picture, where one was made in the same job.
    pub output: Option<Output>,
    /// How far its cut-out can be trusted.
    pub trust: Option<Trust>,
    /// How much the shot differs from the nearest of others.
    pub nearest_shot: Nearest,
    /// What several rules look at, as far as it was made.
    pub parts: Parts,
}

/// The certificate picture of a photo.
#[derive(Debug)]
pub struct Output {
    /// Its pixels, as whoever opens the file sees them.
    pub picture: RgbImage,
    /// Where it was cut.
    pub placement: Placement,
}

impl Output {
    /// An area of it in the original.
    pub(crate) fn to_photo(&self, area: Area) -> Area {
        let Placement { scale, crop_left_px, crop_top_px, .. } = self.placement;
        let area = area.scaled(1.0 / scale);
        Area { left: area.left + crop_left_px, top: area.top + crop_top_px, ..area }
    }
}

/// The person in a photo.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Points on the face.
    pub face: &'a Landmarked,
    /// Boxes of other people's faces.
    pub others: &'a [Area],
    /// Top of the hair and cut sides, or why there are none.
    pub outline: Result<Outlined, ReasonCode>,
    /// The first look at the matte.
    pub looked: &'a Looked,
    /// Head and shoulders at one size.
    pub portrait: Portrait,
    /// How the head is turned.
    pub pose: Pose,
    /// What the optional models see.
    pub readings: Readings,
}

impl Scene<'_> {
    /// The person, for rules about people.
    pub(crate) fn subject(&self) -> Result<&Subject<'_>, NotAssessed> {
        self.subject.as_ref().ok_or(NotAssessed::NoFace)
    }
}

impl Subject<'_> {
    /// A point of the mesh in pixels of the original.
    pub(crate) fn point(&self, index: usize) -> Point {
        self.face.points[index]
    }

    /// Whether a pixel of the portrait is hair or skin, as far as the pack has models that tell.
    pub(crate) fn is_bare(&self, column: u32, row: u32) -> bool {
        let place = self.portrait.of_pixel(column, row);
        let [hair, skin, _] = self.readings.masks.at(place);
        hair == Some(true) || skin == Some(true)
    }

    /// Pixels of the person in the portrait, within some rows and so far beside the middle of the face in its widths,
    /// whose hair, skin and clothes are as `member` says.
    pub(crate) fn count_beside(
        &self,
        beside: Range<f32>,
        rows: (f32, f32),
        member: impl Fn([Option<bool>; 3]) -> bool,
    ) -> Result<usize, NotAssessed> {
        Ok(self.beside(beside, rows)?.filter(|&(parts, _)| member(parts)).count())
    }

    /// Share of the person's pixels, so far under the chin and beside the middle of the face in its widths, whose hair,
    /// skin and clothes, and colour, are as `member` says, and where that is; at least `least` pixels must show them.
    pub(crate) fn share_under_chin(
        &self,
        under: Range<f32>,
        beside: Range<f32>,
        least: usize,
        member: impl Fn([Option<bool>; 3], Colour) -> bool,
    ) -> Measured {
        self.readings.masks.are_whole()?;
        let chin = self.portrait.at(self.face.chin).y;
        let rows = (chin + under.start * FACE_PX, chin + under.end * FACE_PX);
        let count = |(all, members), (parts, colour)| (all + 1, members + usize::from(member(parts, colour)));
        let reach = beside.end;
        let (all, members) = self.beside(beside, rows)?.fold((0, 0), count);
        if all < least {
            return Err(NotAssessed::NotInPicture);
        }
        let width = self.face.face_width();
        let place = Area {
            left: self.face.left_cheek.middle(self.face.right_cheek).x - reach * width,
            top: self.face.chin.y + under.start * width,
            width: 2.0 * reach * width,
            height: (under.end - under.start) * width,
        };
        Ok(Measure::of(members as f32 / all as f32).in_area(place))
    }

    /// Hair, skin and clothes at the person's pixels of the portrait, and their colour, within some rows and so far beside
    /// the middle of the face in its widths.
    fn beside(
        &self,
        beside: Range<f32>,
        rows: (f32, f32),
    ) -> Result<impl Iterator<Item = ([Option<bool>; 3], Colour)>, NotAssessed> {
        let (portrait, alpha) = (&self.portrait, self.alpha()?);
        let middle = portrait.at(self.face.left_cheek.middle(self.face.right_cheek)).x;
        let row = |y: f32| (y.max(0.0) as u32).clamp(portrait.rows.0, portrait.rows.1);
        let pixels = (row(rows.0)..row(rows.1)).flat_map(|row| {
            let columns = portrait.columns.0..portrait.columns.1;
            columns.map(move |column| (column, row))
        });
        let is_there = move |&(column, row): &(u32, u32)| {
            beside.contains(&((column as f32 + 0.5 - middle).abs() / FACE_PX))
                && alpha.at(column as usize, row as usize) > 0.5
        };
        let seen = |(column, row): (u32, u32)| {
            (self.readings.masks.at(portrait.of_pixel(column, row)), colour(portrait.pixels.get_pixel(column, row)))
        };
        Ok(pixels.filter(is_there).map(seen))
    }

    /// Alpha of the subject in the portrait.
    pub(crate) fn alpha(&self) -> Result<&Plane, NotAssessed> {
        self.portrait.subject.as_ref().ok_or(NotAssessed::NotInPicture)
    }

    /// Where the ears would be, in pixels of the original: the one at the left of the picture first.
    pub(crate) fn ears(&self) -> [Area; 2] {
        ears::places(self.face)
    }

    /// The face's box in pixels of the original.
    pub(crate) fn face_area(&self) -> Area {
        let (left, right) = (self.face.left_cheek.x, self.face.right_cheek.x);
        let (top, bottom) = (self.face.forehead.y, self.face.chin.y);
        Area { left: left.min(right), top: top.min(bottom), width: (right - left).abs(), height: (bottom - top).abs() }
    }

    /// The portrait, where it shows at least `detail_px` of the original's pixels from cheek to cheek.
    pub(crate) fn detailed(&self, detail_px: f32) -> Result<&Portrait, NotAssessed> {
        if self.portrait.detail_px >= detail_px { Ok(&self.portrait) } else { Err(NotAssessed::TooFewPixels) }
    }
}
