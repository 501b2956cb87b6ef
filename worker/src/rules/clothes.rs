//! The clothes in the portrait, for the rules about them.

use std::ops::Range;

use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::spec::Spec;

use super::Subject;
use super::region::{Colour, chroma, hue};
use crate::model::Area;
use crate::stage::brightness::levels;
use crate::stage::pixels::row;
use crate::stage::plane::Plane;
use crate::stage::portrait::{FACE_PX, Portrait};
use crate::stage::refine::near;

/// Alpha from which a pixel is surely the person.
const SURE: f32 = 0.95;
/// Alpha below which it is not.
const OUTSIDE: f32 = 0.5;
/// Where clothes begin under the chin, and how far they are looked at beside the middle, in face widths:
/// under the neck, inside the arms.
const UNDER: f32 = 0.35;
const BESIDE: f32 = 1.15;
/// Least pixels of the portrait that tell anything.
const LEAST: usize = 2000;

/// Chroma in levels under which a background has no hue that clothes could share.
const GREY: f32 = 20.0;

/// The hue of the standard's background in degrees; `None` for white and greys.
pub(super) fn background_hue(spec: &Spec) -> Option<f32> {
    let background = spec.picture.background.map(f32::from);
    (chroma(background) >= GREY).then(|| hue(background))
}

/// The clothes' part of the portrait.
#[derive(Debug)]
pub(super) struct Clothes {
    /// Where they are looked for, in pixels of the portrait.
    columns: Range<u32>,
    rows: Range<u32>,
    /// Which pixels there are clothes, row by row.
    member: Vec<bool>,
    colours: Vec<Colour>,
    /// Where they are, in pixels of the original.
    pub(super) area: Area,
}

impl Clothes {
    pub(super) fn of(subject: &Subject<'_>) -> Self {
        let portrait = &subject.portrait;
        let chin = portrait.at(subject.face.chin);
        let (reach, top) = (BESIDE * FACE_PX, chin.y + UNDER * FACE_PX);
        let (left, right) = (chin.x - reach, chin.x + reach);
        let range = |from: f32, to: f32, (first, last): (u32, u32)| {
            let limit = |edge: f32| (edge.ceil().max(0.0) as u32).clamp(first, last);
            limit(from)..limit(to)
        };
        let (columns, rows) = (range(left, right, portrait.columns), range(top, f32::INFINITY, portrait.rows));
        let (mut member, mut colours) = (Vec::with_capacity(columns.len() * rows.len()), Vec::new());
        // Without a person there are no clothes.
        for (at, alpha) in
            portrait.subject.iter().flat_map(|alpha| rows.clone().map(move |at| (at, alpha.row(at as usize))))
        {
            for (column, pixel) in columns.clone().zip(row(&portrait.pixels, at, columns.clone())) {
                let is_clothes = alpha[column as usize] > SURE && !subject.is_bare(column, at);
                member.push(is_clothes);
                if is_clothes {
                    colours.push(pixel.map(f32::from));
                }
            }
        }
        let (shown_left, shown_right) = (left.max(portrait.columns.0 as f32), right.min(portrait.columns.1 as f32));
        let area = portrait.to_photo(Area {
            left: shown_left,
            top,
            width: (shown_right - shown_left).max(0.0),
            height: (portrait.rows.1 as f32 - top).max(0.0),
        });
        Self { columns, rows, member, colours, area }
    }

    /// Share of the clothes for which `member` holds.
    pub(super) fn share(&self, member: impl Fn(Colour) -> bool) -> Result<f32, NotAssessed> {
        share(&self.colours, LEAST, member)
    }

    /// Share of the clothes within `reach` pixels of what is not the person for which `member` holds; at least so many
    /// pixels of them tell anything.
    pub(super) fn share_at_outline(
        &self,
        portrait: &Portrait,
        reach: usize,
        least: usize,
        member: impl Fn(Colour) -> bool,
    ) -> Result<f32, NotAssessed> {
        let alpha = portrait.subject.as_ref().ok_or(NotAssessed::NotInPicture)?;
        // Only the clothes and what is near them.
        let top = (self.rows.start as usize).saturating_sub(reach);
        let outside: Vec<bool> = alpha.values[top * alpha.width..].iter().map(|&alpha| alpha < OUTSIDE).collect();
        let near = near(&outside, alpha.width, reach);
        let places = self.rows.clone().flat_map(|row| self.columns.clone().map(move |column| (column, row)));
        let held = places.zip(&self.member).filter(|(_, is_clothes)| **is_clothes).zip(&self.colours);
        let at_outline = |(column, row): (u32, u32)| near[alpha.pixel((column as usize, row as usize - top))];
        let colours: Vec<Colour> =
            held.filter(|((place, _), _)| at_outline(*place)).map(|(_, &colour)| colour).collect();
        share(&colours, least, member)
    }

    /// The place of the clothes and `margin` pixels round it, as far as the portrait reaches: 1 where clothes are and
    /// 0 elsewhere, and the brightness in levels.
    pub(super) fn planes(&self, portrait: &Portrait, margin: u32) -> (Plane, Plane) {
        let grown = |range: &Range<u32>, size: u32| range.start.saturating_sub(margin)..(range.end + margin).min(size);
        let (columns, rows) =
            (grown(&self.columns, portrait.pixels.width()), grown(&self.rows, portrait.pixels.height()));
        let levels = levels(&portrait.pixels, columns.clone(), rows.clone());
        let mut member = levels.map(|_| 0.0);
        let (left, top) = ((self.columns.start - columns.start) as usize, (self.rows.start - rows.start) as usize);
        let inside = member.values.chunks_exact_mut(columns.len().max(1)).skip(top);
        for (row, held) in inside.zip(self.member.chunks_exact(self.columns.len().max(1))) {
            row[left..].iter_mut().zip(held).for_each(|(share, held)| *share = f32::from(u8::from(*held)));
        }
        (member, levels)
    }
}

/// Share of the colours for which `member` holds; fewer than `least` tell nothing.
fn share(colours: &[Colour], least: usize, member: impl Fn(Colour) -> bool) -> Result<f32, NotAssessed> {
    if colours.len() < least {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(colours.iter().filter(|&&colour| member(colour)).count() as f32 / colours.len() as f32)
}
