//! An order of the queue: from what was ordered and the pictures' files to sheets.

use std::path::PathBuf;

use bytes::Bytes;
use gradphoto_shared::layout::{FaultCode, LayoutFault, LayoutOrder, Print, SheetFacts};

use super::{Font, Grid, Halt, Order, Size, Spacing, Subject, Template, lay_out};
use crate::stage::decode::DecodeLimits;

/// Most pixels of the sheets of one job: 30 sheets of A4 or 80 of 5R at 300 dpi. A print's JPEG has up to 0.4 bytes
/// a pixel (measured at quality 95 on portraits), so a job holds about 100 MB of files.
const ORDER_PX_MAX: u64 = 260_000_000;

/// Sheets as files.
#[derive(Clone, Debug)]
pub struct Laid {
    /// A JPEG for each sheet, or one PDF.
    pub files: Vec<Vec<u8>>,
    /// Everything about them.
    pub facts: SheetFacts,
}

/// An order with the files of its pictures.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// What was ordered.
    pub(crate) order: LayoutOrder,
    /// The file of each print, in their order.
    pub(crate) files: Vec<Bytes>,
    /// What a picture may cost.
    pub(crate) limits: DecodeLimits,
    /// The font for captions, where one is named.
    pub(crate) font: Option<PathBuf>,
}

impl Bundle {
    /// Draws the sheets; `go_on` is asked before each.
    ///
    /// # Errors
    /// As [`lay_out`], and whatever is wrong with the order.
    pub(crate) fn draw(&self, go_on: &dyn Fn() -> bool) -> Result<Laid, Halt> {
        let template = Template::read(&self.order.caption)?;
        let order = how(&self.order, &template)?;
        let subject = |(at, (print, file)): (usize, (&Print, &Bytes))| {
            let caption = template.filled(|place| print.fact(place));
            let caption = caption.map_err(|_| FaultCode::CaptionUnknown.of(at))?;
            Ok(Subject { file: file.clone(), caption, copies: print.copies.or(self.order.copies) })
        };
        let prints = self.order.prints.iter().zip(&self.files).enumerate();
        let subjects = prints.map(subject).collect::<Result<Vec<_>, LayoutFault>>()?;
        let sheets = order.sheets(&subjects)?.count() as u64;
        if sheets * order.sheet_px() > ORDER_PX_MAX {
            return Err(FaultCode::TooManySheets.into());
        }
        let captions = subjects.iter().map(|subject| subject.caption.as_str());
        let font = Font::for_all(captions, self.font.as_deref()).map_err(|_| FaultCode::LettersMissing)?;
        lay_out(&order, &subjects, &font, &self.limits, go_on)
    }
}

/// How to print what was ordered.
fn how(order: &LayoutOrder, template: &Template) -> Result<Order, FaultCode> {
    let size = |text: &str| text.parse::<Size>().map_err(|_| FaultCode::WrongSize);
    let caption_mm = if template.is_empty() { 0.0 } else { order.caption_mm };
    let spacing = Spacing { gap_mm: order.gap_mm, margin_mm: order.margin_mm, caption_mm };
    let grid = Grid::fit(size(&order.paper)?, size(&order.print)?, spacing)?;
    Ok(Order { grid, dpi: order.dpi, cut_lines: order.cut_lines, format: order.format })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gradphoto_shared::blob::BlobKey;
    use gradphoto_shared::layout::SheetFormat;
    use image::RgbImage;

    use super::*;

    fn bundle(order: impl FnOnce(LayoutOrder) -> LayoutOrder) -> Bundle {
        let mut file = std::io::Cursor::new(Vec::new());
        let picture = RgbImage::from_fn(96, 128, |x, y| image::Rgb([(2 * x) as u8, y as u8, 90]));
        picture.write_to(&mut file, image::ImageFormat::Png).expect("a PNG");
        let facts = BTreeMap::from([("subject".to_owned(), "25103003".to_owned())]);
        let print = Print { facts, ..Print::of(BlobKey::new("results/t/s/1").expect("lawful")) };
        Bundle {
            order: order(LayoutOrder::of(vec![print])),
            files: vec![file.into_inner().into()],
            limits: DecodeLimits { max_bytes: 1 << 20, max_pixels: 1_000_000 },
            font: None,
        }
    }

    fn fault(order: impl FnOnce(LayoutOrder) -> LayoutOrder) -> (FaultCode, Option<u32>) {
        match bundle(order).draw(&|| true) {
            Err(Halt::Refused(fault)) => (fault.code, fault.print),
            Ok(laid) => panic!("{} sheets were drawn", laid.facts.pages),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_order_is_drawn_as_it_says() {
        for (format, files) in [(SheetFormat::Jpeg, 2), (SheetFormat::Pdf, 1)] {
            let order = |order| LayoutOrder { format, copies: Some(12), caption: "No. {subject}".into(), ..order };
            let laid = bundle(order).draw(&|| true).expect("a lawful order");
            assert_eq!(laid.files.len(), files);
            let SheetFacts { pages, copies, per_page, width_px, height_px, bytes, .. } = laid.facts;
            assert_eq!((pages, copies, per_page, width_px, height_px), (2, 12, 9, 1500, 2102));
            assert_eq!(bytes, laid.files.iter().map(|file| file.len() as u64).sum::<u64>());
        }
    }

    #[test]
    fn every_fault_of_an_order_has_its_word() {
        type Change = fn(&mut LayoutOrder);
        let order = |change: Change| {
            move |mut order: LayoutOrder| {
                change(&mut order);
                order
            }
        };
        let table: [(Change, FaultCode, Option<u32>); 11] = [
            (|order| order.paper = "7R".into(), FaultCode::WrongSize, None),
            (|order| order.print = "33".into(), FaultCode::WrongSize, None),
            (|order| order.print = "500x500".into(), FaultCode::DoesNotFit, None),
            (|order| order.gap_mm = -1.0, FaultCode::WrongDistance, None),
            (|order| order.dpi = 30, FaultCode::WrongResolution, None),
            (|order| order.caption = "{subject".into(), FaultCode::WrongCaption, None),
            (|order| order.caption = "{name}".into(), FaultCode::CaptionUnknown, Some(1)),
            (|order| order.caption = "\u{10348}".into(), FaultCode::LettersMissing, None),
            (|order| order.copies = Some(0), FaultCode::NothingToPrint, Some(1)),
            (|order| order.copies = Some(5_000), FaultCode::TooManySheets, None),
            (|order| (order.copies, order.dpi) = (Some(200), 600), FaultCode::TooManySheets, None),
        ];
        for (at, (change, code, print)) in table.into_iter().enumerate() {
            assert_eq!(fault(order(change)), (code, print), "row {at}");
        }
    }
}
