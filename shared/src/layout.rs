//! `layout` (加洗): what is ordered, and what came of it.
//!
//! An order lies in the object store like a photo, and the job's `photo` names it: captions hold names, which never
//! pass through Redis. The answer names sheets by their keys and pictures by their place in the order.

mod fault;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::blob::BlobKey;
use crate::job::JobId;
use crate::name::{SessionId, SubjectId, TenantId};

pub use self::fault::{FaultCode, LayoutFault};

/// Most pictures of an order: a class of 50, tenfold. Larger ones are several orders.
pub const PRINTS_MAX: usize = 500;
/// Most bytes of an order: 2 kB for each picture.
pub const ORDER_BYTES_MAX: u64 = 1 << 20;

/// Sheets to print.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutOrder {
    /// What to print, in the order of the sheets.
    #[schema(min_items = 1, max_items = 500)]
    pub prints: Vec<Print>,
    /// Copies of each picture that does not say its own; without, a full sheet of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub copies: Option<u32>,
    /// Sheet: `3R`, `4R`, `5R`, `6R`, `A5`, `A4`, or `WIDTHxHEIGHT` in mm, 10 to 600 each; laid on its side where that
    /// holds more.
    #[serde(default = "paper")]
    pub paper: String,
    /// Print: `WIDTHxHEIGHT` in mm. A picture of other proportions loses the same at two opposite sides.
    #[serde(default = "print")]
    pub print: String,
    /// Dots per inch, 72 to 1200; print shops use 300, 350 and 600.
    #[serde(default = "dpi")]
    #[schema(minimum = 72, maximum = 1200)]
    pub dpi: u16,
    /// Between copies, in mm, 0 to 100.
    #[serde(default = "gap")]
    pub gap_mm: f32,
    /// Least white border of a sheet, in mm, 0 to 100.
    #[serde(default = "margin")]
    pub margin_mm: f32,
    /// Whether lines show where to cut.
    #[serde(default = "yes")]
    pub cut_lines: bool,
    /// What stands under each copy: words in braces are facts of the print, for example `{subject} {name}`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 256)]
    pub caption: String,
    /// Height of a caption in mm, 0 to 100.
    #[serde(default = "caption_height")]
    pub caption_mm: f32,
    /// The kind of file.
    #[serde(default)]
    pub format: SheetFormat,
}

/// A picture of an order: named by its key, by the job that made it, or by the student whose newest it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// Where the picture lies: a finished picture or a photo of the same session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<BlobKey>,
    /// The job of the same session whose finished picture it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// The student: named alone, his newest finished picture is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectId>,
    /// Copies of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub copies: Option<u32>,
    /// What captions may say of it, beside `{subject}` and `{job}`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
}

impl Print {
    /// A picture by its key.
    #[must_use]
    pub fn of(picture: BlobKey) -> Self {
        Self { picture: Some(picture), job: None, subject: None, copies: None, facts: BTreeMap::new() }
    }

    /// Where the picture lies; `None` where only the student is named.
    #[must_use]
    pub fn key(&self, tenant: &TenantId, session: &SessionId) -> Option<BlobKey> {
        let made = |job| BlobKey::of_result(tenant, session, job, "standardise.jpg").ok();
        self.picture.clone().or_else(|| self.job.as_ref().and_then(made))
    }

    /// What a caption's place stands for.
    #[must_use]
    pub fn fact(&self, place: &str) -> Option<String> {
        let own = match place {
            "subject" => self.subject.as_ref().map(ToString::to_string),
            "job" => self.job.as_ref().map(ToString::to_string),
            _ => None,
        };
        self.facts.get(place).cloned().or(own)
    }
}

/// The kinds of file in which sheets are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SheetFormat {
    /// A JPEG for each sheet.
    #[default]
    Jpeg,
    /// One PDF with a page for each sheet, in its true size.
    Pdf,
}

impl SheetFormat {
    /// The ending of its files.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Pdf => "pdf",
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Pdf => "application/pdf",
        }
    }
}

fn paper() -> String {
    "5R".to_owned()
}

fn print() -> String {
    "33x48".to_owned()
}

fn dpi() -> u16 {
    300
}

fn gap() -> f32 {
    2.0
}

fn margin() -> f32 {
    3.0
}

fn caption_height() -> f32 {
    4.0
}

fn yes() -> bool {
    true
}

impl LayoutOrder {
    /// The usual sheet of some pictures: 5R, 33 x 48 mm, 300 dpi, cut lines, no captions.
    #[must_use]
    pub fn of(prints: Vec<Print>) -> Self {
        Self {
            prints,
            copies: None,
            paper: paper(),
            print: print(),
            dpi: dpi(),
            gap_mm: gap(),
            margin_mm: margin(),
            cut_lines: yes(),
            caption: String::new(),
            caption_mm: caption_height(),
            format: SheetFormat::default(),
        }
    }

    /// Reads an order.
    ///
    /// # Errors
    /// `order_unreadable`.
    pub fn read(text: &[u8]) -> Result<Self, LayoutFault> {
        serde_json::from_slice(text).map_err(|_| FaultCode::OrderUnreadable.into())
    }

    /// Where the pictures of an order of a session lie, in their order.
    ///
    /// # Errors
    /// `nothing_to_print`, `too_many_pictures`; `picture_unnamed` for one without key and job; `foreign_picture` for
    /// one that is not of the session, decided by its key alone, so the answer tells nothing of what others have.
    pub fn pictures(&self, tenant: &TenantId, session: &SessionId) -> Result<Vec<BlobKey>, LayoutFault> {
        match self.prints.len() {
            0 => return Err(FaultCode::NothingToPrint.into()),
            many if many > PRINTS_MAX => return Err(FaultCode::TooManyPictures.into()),
            _ => {}
        }
        let own = ["results", "photos"].map(|kind| format!("{kind}/{tenant}/{session}/"));
        let key = |(at, print): (usize, &Print)| {
            let key = print.key(tenant, session).ok_or_else(|| FaultCode::PictureUnnamed.of(at))?;
            let is_own = own.iter().any(|folder| key.as_str().starts_with(folder.as_str()));
            is_own.then_some(key).ok_or_else(|| FaultCode::ForeignPicture.of(at))
        };
        self.prints.iter().enumerate().map(key).collect()
    }
}

/// The answer to `layout`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum LayoutOutcome {
    /// The sheets were drawn.
    Finished {
        /// Where the files lie: a JPEG for each sheet, or one PDF.
        sheets: Vec<BlobKey>,
        /// Everything about them.
        #[serde(flatten)]
        facts: SheetFacts,
    },
    /// They were not, because of the order.
    Refused {
        /// Why.
        fault: LayoutFault,
    },
}

/// Sheets that were drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SheetFacts {
    /// The kind of file.
    pub format: SheetFormat,
    /// Sheets, or pages of the PDF.
    pub pages: u32,
    /// Copies on all of them.
    pub copies: u32,
    /// Copies that a full sheet holds.
    pub per_page: u32,
    /// Width of a sheet in pixels.
    pub width_px: u32,
    /// Height of a sheet in pixels.
    pub height_px: u32,
    /// Bytes of all files.
    pub bytes: u64,
}

impl LayoutOutcome {
    /// `finished` or `refused`, for metrics and tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Finished { .. } => "finished",
            Self::Refused { .. } => "refused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pictures(text: &str) -> Result<Vec<BlobKey>, LayoutFault> {
        let (tenant, session) = (TenantId::new("t").expect("lawful"), SessionId::new("s").expect("lawful"));
        LayoutOrder::read(text.as_bytes())?.pictures(&tenant, &session)
    }

    #[test]
    fn the_least_order_has_everything_usual() {
        let order = LayoutOrder::read(br#"{"prints":[{"picture":"results/t/s/1/standardise.jpg"}]}"#);
        let order = order.expect("a lawful order");
        assert_eq!(order, LayoutOrder::of(order.prints.clone()));
        assert_eq!((order.paper.as_str(), order.dpi, order.format), ("5R", 300, SheetFormat::Jpeg));
    }

    #[test]
    fn a_picture_is_named_by_its_key_or_its_job() {
        let text =
            r#"{"prints":[{"job":"2a-0192f0c8e1b97c3a8d5e4f6071829304","subject":"a"},{"picture":"photos/t/s/1"}]}"#;
        let found = pictures(text).expect("a lawful order");
        let names: Vec<_> = found.iter().map(BlobKey::as_str).collect();
        assert_eq!(names, ["results/t/s/0192f0c8e1b97c3a8d5e4f6071829304/standardise.jpg", "photos/t/s/1"]);
        let order = LayoutOrder::read(text.as_bytes()).expect("a lawful order");
        assert_eq!(order.prints[0].fact("subject").as_deref(), Some("a"));
        assert_eq!(order.prints[1].fact("subject"), None);
    }

    #[test]
    fn orders_that_are_none_or_ask_for_others_pictures_are_refused() {
        let many = format!(r#"{{"prints":[{}]}}"#, vec![r#"{"picture":"photos/t/s/1"}"#; PRINTS_MAX + 1].join(","));
        let two = r#"{"prints":[{"picture":"photos/t/s/1"},{"picture":"photos/t/s2/1"}]}"#;
        let table = [
            ("", FaultCode::OrderUnreadable, None),
            ("[]", FaultCode::OrderUnreadable, None),
            (r#"{"prints":[{"picture":"../x"}]}"#, FaultCode::OrderUnreadable, None),
            (r#"{"prints":[],"papers":"5R"}"#, FaultCode::OrderUnreadable, None),
            (r#"{"prints":[]}"#, FaultCode::NothingToPrint, None),
            (&many, FaultCode::TooManyPictures, None),
            (r#"{"prints":[{"subject":"a"}]}"#, FaultCode::PictureUnnamed, Some(1)),
            (two, FaultCode::ForeignPicture, Some(2)),
            (r#"{"prints":[{"picture":"results/u/s/1"}]}"#, FaultCode::ForeignPicture, Some(1)),
            (r#"{"prints":[{"picture":"other/t/s/1"}]}"#, FaultCode::ForeignPicture, Some(1)),
        ];
        for (text, code, print) in table {
            let fault = pictures(text).expect_err("no lawful order");
            assert_eq!((fault.code, fault.print), (code, print), "{text:.60}");
        }
    }
}
