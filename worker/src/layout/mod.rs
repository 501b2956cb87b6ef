//! `layout` (加洗): finished pictures on sheets to print and cut. Pictures are scaled to the print and cut off where
//! proportions differ; they are never turned and never mirrored.

mod caption;
mod font;
mod grid;
mod page;
mod paper;
mod pdf;

use gradphoto_shared::{Error, Result};
use image::RgbImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

pub use self::caption::{Facts, Template};
pub use self::font::Font;
pub use self::grid::{Grid, Place, Spacing};
use self::page::{Copy, Pen};
pub use self::paper::Size;
use crate::stage::encode::mark_density;

/// JPEG quality of a sheet: printers show no difference above.
const QUALITY: i32 = 95;
/// Most sheets of one order: what a person can carry to the cutter, and some 2 GB of pixels one after the other.
const SHEETS_MAX: usize = 500;
/// Most pixels of a sheet: A4 at 600 dpi has 35 million.
const SHEET_PX_MAX: u64 = 100_000_000;

/// A subject of the order.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The finished picture.
    pub picture: RgbImage,
    /// What stands under each of its copies; may be empty.
    pub caption: String,
}

/// What to print and how.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// Where the copies stand.
    pub grid: Grid,
    /// Dots per inch: 72 to 1200; print shops use 300, 350 and 600.
    pub dpi: u16,
    /// Copies of each subject; without, one full sheet for each.
    pub copies: Option<u32>,
    /// Whether lines show where to cut.
    pub cut_lines: bool,
}

/// The kinds of file in which sheets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JPEG for each sheet.
    Jpeg,
    /// One PDF with a page for each sheet.
    Pdf,
}

/// Draws an order's sheets: files of `format`, in order. Copies of several subjects follow each other across
/// sheets; the last sheet may have room left.
///
/// # Errors
/// [`Error::Config`] for an order without pictures, of too many sheets or pixels, or at an odd resolution;
/// [`Error::Broken`] when the encoder refuses lawful pixels.
pub fn lay_out(order: &Order, subjects: &[Subject], font: &Font, format: Format) -> Result<Vec<Vec<u8>>> {
    let pen = Pen { grid: order.grid, dpi: order.dpi, cut_lines: order.cut_lines, font };
    let copies = order.check(&pen, subjects)?;
    let mut files = Vec::new();
    let mut pages = Vec::new();
    for sheet in copies.chunks(order.grid.count() as usize) {
        let picture = pen.draw(sheet);
        let jpeg = encode(&picture, order.dpi)?;
        match format {
            Format::Jpeg => files.push(jpeg),
            Format::Pdf => pages.push(pdf::Page { jpeg, width_px: picture.width(), height_px: picture.height() }),
        }
    }
    if format == Format::Pdf {
        files.push(pdf::document(&pages, order.grid.sheet)?);
    }
    Ok(files)
}

impl Order {
    /// The copies in their order, where the order is lawful.
    fn check<'a>(&self, pen: &Pen<'_>, subjects: &'a [Subject]) -> Result<Vec<Copy<'a>>> {
        let wrong = |what: &str| Err(Error::Config(what.to_owned()));
        if subjects.is_empty() {
            return wrong("nothing to print: no pictures were given");
        }
        if !(72..=1200).contains(&self.dpi) {
            return wrong("a resolution is 72 to 1200 dpi");
        }
        let (width, height) = pen.size();
        if u64::from(width) * u64::from(height) > SHEET_PX_MAX {
            return wrong("a sheet has more than 100 million pixels: take a lower resolution or a smaller sheet");
        }
        let each = self.copies.unwrap_or_else(|| self.grid.count()) as usize;
        if each == 0 || each.saturating_mul(subjects.len()).div_ceil(self.grid.count() as usize) > SHEETS_MAX {
            return wrong("an order has at least one copy of each picture and at most 500 sheets");
        }
        let copies =
            |subject: &'a Subject| (0..each).map(|_| Copy { picture: &subject.picture, caption: &subject.caption });
        Ok(subjects.iter().flat_map(copies).collect())
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

    fn order(copies: Option<u32>) -> Order {
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 0.0 };
        let print = Size { width_mm: 33.0, height_mm: 48.0 };
        let grid = Grid::fit("5R".parse().expect("a size"), print, spacing).expect("it fits");
        Order { grid, dpi: 100, copies, cut_lines: true }
    }

    fn subjects(count: u8) -> Vec<Subject> {
        let subject = |at: u8| Subject {
            picture: RgbImage::from_pixel(48, 64, image::Rgb([40 * at, 90, 200])),
            caption: String::new(),
        };
        (0..count).map(subject).collect()
    }

    fn sheets(order: &Order, subjects: &[Subject]) -> Result<usize> {
        lay_out(order, subjects, &Font::Latin, Format::Jpeg).map(|files| files.len())
    }

    #[test]
    fn copies_fill_sheets_one_after_the_other() {
        for (copies, count, expected) in
            [(None, 1, 1), (None, 3, 3), (Some(2), 4, 1), (Some(2), 5, 2), (Some(20), 1, 3)]
        {
            let found = sheets(&order(copies), &subjects(count)).expect("a lawful order");
            assert_eq!(found, expected, "{copies:?} of {count}");
        }
    }

    #[test]
    fn unlawful_orders_are_refused() {
        assert!(sheets(&order(None), &[]).is_err());
        for copies in [Some(0), Some(u32::MAX)] {
            assert!(sheets(&order(copies), &subjects(1)).is_err(), "{copies:?}");
        }
        assert!(sheets(&Order { dpi: 30, ..order(None) }, &subjects(1)).is_err());
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 0.0 };
        let large = Size { width_mm: 600.0, height_mm: 600.0 };
        let grid = Grid::fit(large, Size { width_mm: 33.0, height_mm: 48.0 }, spacing).expect("it fits");
        assert!(sheets(&Order { grid, dpi: 600, ..order(None) }, &subjects(1)).is_err());
    }

    #[test]
    fn a_sheet_says_its_resolution() {
        let files = lay_out(&order(None), &subjects(1), &Font::Latin, Format::Jpeg).expect("a lawful order");
        assert_eq!(files[0][13..18], [1, 0, 100, 0, 100]);
    }

    #[test]
    fn a_pdf_holds_a_page_for_each_sheet() {
        let files = lay_out(&order(None), &subjects(3), &Font::Latin, Format::Pdf).expect("a lawful order");
        assert_eq!(files.len(), 1);
        let text = String::from_utf8_lossy(&files[0]);
        assert!(text.starts_with("%PDF-") && text.contains("/Count 3"));
        assert_eq!(text.matches("/DCTDecode").count(), 3);
    }
}
