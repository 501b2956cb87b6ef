//! `layout` (加洗): finished pictures on sheets to print and cut. Pictures are scaled to the print and cut off where
//! proportions differ; they are never turned and never mirrored.

mod caption;
mod font;
mod grid;
mod order;
mod page;
mod paper;
mod pdf;
mod prints;

use std::ops::Range;

use gradphoto_shared::layout::{FaultCode, LayoutFault, SheetFacts, SheetFormat};
use gradphoto_shared::{Error, Result};
use image::RgbImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

pub use self::caption::{Facts, Template};
pub use self::font::Font;
pub use self::grid::{Grid, Place, Spacing};
pub(crate) use self::order::Bundle;
pub use self::order::Laid;
use self::page::{Copy, Pen};
pub use self::paper::Size;
use self::prints::Prints;
use crate::stage::decode::DecodeLimits;
use crate::stage::encode::mark_density;

/// JPEG quality of a sheet: printers show no difference above.
const QUALITY: i32 = 95;
/// Most sheets of one order: what a person can carry to the cutter.
const SHEETS_MAX: usize = 500;
/// Most pixels of a sheet: A4 at 600 dpi has 35 million.
const SHEET_PX_MAX: u64 = 100_000_000;

/// A subject of the order.
#[derive(Clone, Debug)]
pub struct Subject<B> {
    /// The file of its picture; decoded when its first copy is drawn.
    pub file: B,
    /// What stands under each of its copies; may be empty.
    pub caption: String,
    /// Copies; without, a full sheet.
    pub copies: Option<u32>,
}

/// How to print.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Where the copies stand.
    pub grid: Grid,
    /// Dots per inch: 72 to 1200; print shops use 300, 350 and 600.
    pub dpi: u16,
    /// Whether lines show where to cut.
    pub cut_lines: bool,
    /// The kind of file.
    pub format: SheetFormat,
}

/// Why there are no sheets.
#[derive(Debug)]
pub enum Halt {
    /// The order is at fault: an answer.
    Refused(LayoutFault),
    /// The work could not be done.
    Failed(Error),
    /// Nobody wants them any more.
    Stopped,
}

impl From<LayoutFault> for Halt {
    fn from(fault: LayoutFault) -> Self {
        Self::Refused(fault)
    }
}

impl From<FaultCode> for Halt {
    fn from(code: FaultCode) -> Self {
        Self::Refused(code.into())
    }
}

/// Draws an order's sheets: files in order. Copies of several subjects follow each other across sheets; the last
/// sheet may have room left. `go_on` is asked before each sheet.
///
/// One picture and one sheet are held as pixels at a time, and all sheets as files.
///
/// # Errors
/// An order without copies, of too many sheets or pixels, or at an odd resolution; a picture that cannot be decoded;
/// [`Error::Broken`] when the encoder refuses lawful pixels.
pub fn lay_out<B: AsRef<[u8]>>(
    order: &Order,
    subjects: &[Subject<B>],
    font: &Font,
    limits: &DecodeLimits,
    go_on: &dyn Fn() -> bool,
) -> Result<Laid, Halt> {
    let sheets = order.sheets(subjects)?;
    let pen = Pen { grid: order.grid, dpi: order.dpi, cut_lines: order.cut_lines, font };
    let mut prints = Prints::new(subjects, limits);
    let (mut files, mut pages) = (Vec::new(), Vec::new());
    for sheet in 0..sheets.count() {
        if !go_on() {
            return Err(Halt::Stopped);
        }
        let copies: Vec<_> = sheets.on(sheet).map(|at| Copy { at, caption: &subjects[at].caption }).collect();
        let picture = pen.draw(&copies, &mut prints)?;
        let jpeg = encode(&picture, order.dpi).map_err(Halt::Failed)?;
        match order.format {
            SheetFormat::Jpeg => files.push(jpeg),
            SheetFormat::Pdf => pages.push(pdf::Page { jpeg, width_px: picture.width(), height_px: picture.height() }),
        }
    }
    if order.format == SheetFormat::Pdf {
        files.push(pdf::document(pages, order.grid.sheet).map_err(Halt::Failed)?);
    }
    let (width_px, height_px) = pen.size();
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let facts = SheetFacts {
        format: order.format,
        pages: small(sheets.count()),
        copies: small(sheets.copies()),
        per_page: order.grid.count(),
        width_px,
        height_px,
        bytes: files.iter().map(|file| file.len() as u64).sum(),
    };
    Ok(Laid { files, facts })
}

/// Which copy stands on which sheet: subjects by their first copy's number.
struct Sheets {
    /// One past the last copy of each subject.
    ends: Vec<usize>,
    per_sheet: usize,
}

impl Sheets {
    fn copies(&self) -> usize {
        self.ends.last().copied().unwrap_or_default()
    }

    fn count(&self) -> usize {
        self.copies().div_ceil(self.per_sheet)
    }

    fn copies_on(&self, sheet: usize) -> Range<usize> {
        sheet * self.per_sheet..((sheet + 1) * self.per_sheet).min(self.copies())
    }

    /// The subjects of a sheet's copies.
    fn on(&self, sheet: usize) -> impl Iterator<Item = usize> {
        self.copies_on(sheet).map(|copy| self.ends.partition_point(|&end| end <= copy))
    }
}

impl Order {
    /// The sheets of the order, where it is lawful.
    fn sheets<B>(&self, subjects: &[Subject<B>]) -> Result<Sheets, LayoutFault> {
        if !(72..=1200).contains(&self.dpi) {
            return Err(FaultCode::WrongResolution.into());
        }
        if self.sheet_px() > SHEET_PX_MAX {
            return Err(FaultCode::TooManySheets.into());
        }
        let per_sheet = self.grid.count() as usize;
        let mut ends = Vec::with_capacity(subjects.len());
        let mut copies = 0_usize;
        for (at, subject) in subjects.iter().enumerate() {
            let each = subject.copies.map_or(per_sheet, |copies| copies as usize);
            if each == 0 {
                return Err(FaultCode::NothingToPrint.of(at));
            }
            copies = copies.saturating_add(each);
            ends.push(copies);
        }
        match copies.div_ceil(per_sheet) {
            0 => Err(FaultCode::NothingToPrint.into()),
            many if many > SHEETS_MAX => Err(FaultCode::TooManySheets.into()),
            _ => Ok(Sheets { ends, per_sheet }),
        }
    }

    /// Pixels of one sheet.
    fn sheet_px(&self) -> u64 {
        let pen = Pen { grid: self.grid, dpi: self.dpi, cut_lines: false, font: &Font::Latin };
        let (width, height) = pen.size();
        u64::from(width) * u64::from(height)
    }
}

/// A baseline JPEG with full chroma, marked with its resolution.
fn encode(picture: &RgbImage, dpi: u16) -> Result<Vec<u8>> {
    let compress = || -> turbojpeg::Result<Vec<u8>> {
        let mut compressor = Compressor::new()?;
        compressor.set_quality(QUALITY)?;
        compressor.set_subsamp(Subsamp::None)?;
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let pixels = picture.as_raw().as_slice();
        compressor.compress_to_vec(Image { pixels, width, pitch: 3 * width, height, format: PixelFormat::RGB })
    };
    let mut bytes = compress().map_err(|cause| {
        tracing::error!(%cause, "the JPEG encoder refused a sheet");
        Error::Broken { stage: "layout" }
    })?;
    mark_density(&mut bytes, dpi);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DecodeLimits = DecodeLimits { max_bytes: 1 << 20, max_pixels: 1_000_000 };

    fn order() -> Order {
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 0.0 };
        let print = Size { width_mm: 33.0, height_mm: 48.0 };
        let grid = Grid::fit("5R".parse().expect("a size"), print, spacing).expect("it fits");
        Order { grid, dpi: 100, cut_lines: true, format: SheetFormat::Jpeg }
    }

    fn subjects(count: u8, copies: Option<u32>) -> Vec<Subject<Vec<u8>>> {
        let subject = |at: u8| {
            let picture = RgbImage::from_pixel(96, 128, image::Rgb([40 * at, 90, 200]));
            let file = encode(&picture, 300).expect("lawful pixels");
            Subject { file, caption: String::new(), copies }
        };
        (0..count).map(subject).collect()
    }

    fn laid(order: &Order, subjects: &[Subject<Vec<u8>>]) -> Result<Laid, FaultCode> {
        lay_out(order, subjects, &Font::Latin, &LIMITS, &|| true).map_err(|halt| match halt {
            Halt::Refused(fault) => fault.code,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn copies_fill_sheets_one_after_the_other() {
        for (copies, count, expected) in
            [(None, 1, 1), (None, 3, 3), (Some(2), 4, 1), (Some(2), 5, 2), (Some(20), 1, 3)]
        {
            let found = laid(&order(), &subjects(count, copies)).expect("a lawful order");
            assert_eq!(found.files.len(), expected, "{copies:?} of {count}");
            let placed = copies.map_or(9 * u32::from(count), |copies| copies * u32::from(count));
            assert_eq!((found.facts.copies, found.facts.pages as usize, found.facts.per_page), (placed, expected, 9));
        }
    }

    #[test]
    fn each_subject_has_its_own_copies_in_their_order() {
        let mut many = subjects(3, Some(1));
        many[1].copies = Some(10);
        let sheets = order().sheets(&many).expect("a lawful order");
        assert_eq!(sheets.on(0).collect::<Vec<_>>(), [0, 1, 1, 1, 1, 1, 1, 1, 1]);
        assert_eq!(sheets.on(1).collect::<Vec<_>>(), [1, 1, 2]);
    }

    #[test]
    fn unlawful_orders_are_refused() {
        let refused =
            |order: &Order, subjects: &[Subject<Vec<u8>>]| laid(order, subjects).expect_err("no lawful order");
        assert_eq!(refused(&order(), &[]), FaultCode::NothingToPrint);
        assert_eq!(refused(&order(), &subjects(2, Some(0))), FaultCode::NothingToPrint);
        assert_eq!(refused(&order(), &subjects(2, Some(u32::MAX))), FaultCode::TooManySheets);
        assert_eq!(refused(&Order { dpi: 30, ..order() }, &subjects(1, None)), FaultCode::WrongResolution);
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 0.0 };
        let large = Size { width_mm: 600.0, height_mm: 600.0 };
        let grid = Grid::fit(large, Size { width_mm: 33.0, height_mm: 48.0 }, spacing).expect("it fits");
        assert_eq!(refused(&Order { grid, dpi: 600, ..order() }, &subjects(1, None)), FaultCode::TooManySheets);
        let mut broken = subjects(2, Some(1));
        broken[1].file = b"no picture".to_vec();
        assert_eq!(refused(&order(), &broken), FaultCode::PictureUnfit);
    }

    #[test]
    fn nobody_waits_for_sheets_that_nobody_wants() {
        let stopped = lay_out(&order(), &subjects(1, None), &Font::Latin, &LIMITS, &|| false);
        assert!(matches!(stopped, Err(Halt::Stopped)));
    }

    #[test]
    fn a_sheet_says_its_resolution() {
        let laid = laid(&order(), &subjects(1, None)).expect("a lawful order");
        assert_eq!(laid.files[0][13..18], [1, 0, 100, 0, 100]);
    }

    #[test]
    fn a_pdf_holds_a_page_for_each_sheet() {
        let order = Order { format: SheetFormat::Pdf, ..order() };
        let files = laid(&order, &subjects(3, None)).expect("a lawful order").files;
        assert_eq!(files.len(), 1);
        let text = String::from_utf8_lossy(&files[0]);
        assert!(text.starts_with("%PDF-") && text.contains("/Count 3"));
        assert_eq!(text.matches("/DCTDecode").count(), 3);
    }
}
