//! Evidence: a checked photo with everything that did not pass marked in it, for the people who decide.
//!
//! [`Evidence`] is gathered by the pipeline and drawn later, as SVG or as JPEG, in one of two languages. Both
//! files are made from one [`drawing::Drawing`], so they show the same.

mod drawing;
mod gather;
mod marks;
mod paint;
mod panel;
mod svg;
mod words;

use gradphoto_shared::Result;
use gradphoto_shared::check::Advice;

pub use self::gather::Evidence;
pub(crate) use self::gather::{Seen, shown};
pub(crate) use self::words::units;
use crate::layout::Font;
use crate::local::Language;

/// Whose evidence is kept: each picture is one more copy of a person, about 100 KB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// Nobody's.
    #[default]
    Never,
    /// Of photos that a person looks at or that go back to the student.
    NotAccepted,
    /// Of every photo that was decoded.
    Always,
}

impl When {
    /// Whether the evidence of a photo with this advice is kept.
    #[must_use]
    pub fn wants(self, advice: Advice) -> bool {
        match self {
            Self::Never => false,
            Self::NotAccepted => advice != Advice::Accept,
            Self::Always => true,
        }
    }
}

/// The kinds of file in which evidence is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Sharp at every size, letters by the viewer's fonts; holds the reduced photo itself.
    Svg,
    /// For whatever shows no SVG.
    Jpeg,
}

impl Form {
    /// The ending of its files behind the photo's name. No finished picture ends so, whatever a photo is called.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Svg => "evidence.svg",
            Self::Jpeg => "evidence.jpeg",
        }
    }
}

impl Evidence {
    /// The photo with its marks, and the findings beside it, as a self-contained SVG without scripts.
    #[must_use]
    pub fn svg(&self, language: Language) -> String {
        svg::write(&panel::whole(self, language), Some(&self.jpeg))
    }

    /// The same as a JPEG, with letters of `font`.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Broken`] when the encoder refuses lawful pixels.
    pub fn jpeg(&self, language: Language, font: &Font) -> Result<Vec<u8>> {
        let page = paint::paint(&panel::whole(self, language), &self.photo, font);
        gather::jpeg(&page, paint::QUALITY)
    }

    /// The marked photo alone, without words, as an SVG: what a page in any language shows.
    #[must_use]
    pub fn marked(&self) -> String {
        svg::write(&marks::alone(self), Some(&self.jpeg))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_kept_as_wished() {
        for (when, kept) in [
            (When::Never, [false, false, false]),
            (When::NotAccepted, [false, true, true]),
            (When::Always, [true, true, true]),
        ] {
            assert_eq!([Advice::Accept, Advice::Review, Advice::Retake].map(|advice| when.wants(advice)), kept);
        }
    }
}
