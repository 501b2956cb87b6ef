//! What several rules look at: each part is made once a photo, by the first rule that asks for it.

use std::cell::OnceCell;

use gradphoto_shared::check::NotAssessed;

use super::clothes::Clothes;
use super::detail::Detail;
use super::region::{self, Colour, OVAL};
use super::wall::Wall;
use super::{Scene, border, eyes_lit};

/// The parts that were made so far.
#[derive(Debug, Default)]
pub struct Parts {
    border: OnceCell<f32>,
    face: OnceCell<Vec<Colour>>,
    eyes_lit: OnceCell<Result<f32, NotAssessed>>,
    detail: OnceCell<Result<Detail, NotAssessed>>,
    wall: OnceCell<Result<Wall, NotAssessed>>,
    clothes: OnceCell<Clothes>,
}

impl Scene<'_> {
    /// Width of the widest border, over that side of the picture; 0 where there is none.
    pub(super) fn border(&self) -> f32 {
        *self.parts.border.get_or_init(|| border::widest(self.view))
    }

    /// Colours of the face in the portrait.
    pub(super) fn face(&self) -> Result<&[Colour], NotAssessed> {
        let subject = self.subject()?;
        Ok(self.parts.face.get_or_init(|| region::inside(subject, &OVAL)))
    }

    /// Brightness round the eyes over that of the cheeks.
    pub(super) fn eyes_lit(&self) -> Result<f32, NotAssessed> {
        let subject = self.subject()?;
        *self.parts.eyes_lit.get_or_init(|| eyes_lit::lit(subject))
    }

    /// The face at a small size.
    pub(super) fn detail(&self) -> Result<&Detail, NotAssessed> {
        self.parts.detail.get_or_init(|| Detail::of(self)).as_ref().map_err(|why| *why)
    }

    /// The wall behind the person.
    pub(super) fn wall(&self) -> Result<&Wall, NotAssessed> {
        let subject = self.subject()?;
        let alpha = subject.alpha()?;
        self.parts.wall.get_or_init(|| Wall::behind(&subject.portrait, alpha)).as_ref().map_err(|why| *why)
    }

    /// The clothes.
    pub(super) fn clothes(&self) -> Result<&Clothes, NotAssessed> {
        let subject = self.subject()?;
        Ok(self.parts.clothes.get_or_init(|| Clothes::of(subject)))
    }
}
