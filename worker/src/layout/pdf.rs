//! Sheets as a PDF: one page each, in its true size, with the same JPEG inside that would be written alone.

use gradphoto_shared::{Error, Result};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

use super::paper::Size;

/// PDF measures in points, 72 to the inch.
const POINTS_PER_MM: f32 = 72.0 / 25.4;

/// A sheet as a JPEG.
pub(super) struct Page {
    pub(super) jpeg: Vec<u8>,
    pub(super) width_px: u32,
    pub(super) height_px: u32,
}

/// A document of sheets, each `sheet` large.
///
/// # Errors
/// [`Error::Config`] for more sheets than a document of this kind numbers.
pub(super) fn document(pages: Vec<Page>, sheet: Size) -> Result<Vec<u8>> {
    let count = i32::try_from(pages.len()).ok().filter(|count| *count < i32::MAX / 4);
    let count = count.ok_or_else(|| Error::Config("too many sheets for one PDF".to_owned()))?;
    let (catalogue, tree) = (Ref::new(1), Ref::new(2));
    // Page, picture and drawing of sheet n are objects 3n + 3, 3n + 4 and 3n + 5.
    let object = |sheet: i32, part: i32| Ref::new(3 * sheet + 3 + part);
    let (width, height) = (sheet.width_mm * POINTS_PER_MM, sheet.height_mm * POINTS_PER_MM);
    let mut pdf = Pdf::new();
    pdf.catalog(catalogue).pages(tree);
    pdf.pages(tree).kids((0..count).map(|at| object(at, 0))).count(count);
    for (at, page) in (0..count).zip(pages) {
        let name = Name(b"Sheet");
        let mut leaf = pdf.page(object(at, 0));
        leaf.media_box(Rect::new(0.0, 0.0, width, height)).parent(tree).contents(object(at, 2));
        leaf.resources().x_objects().pair(name, object(at, 1));
        leaf.finish();
        let mut picture = pdf.image_xobject(object(at, 1), &page.jpeg);
        picture.filter(Filter::DctDecode);
        picture.width(page.width_px.cast_signed()).height(page.height_px.cast_signed());
        picture.color_space().device_rgb();
        picture.bits_per_component(8);
        picture.finish();
        let mut content = Content::new();
        content.save_state().transform([width, 0.0, 0.0, height, 0.0, 0.0]).x_object(name).restore_state();
        pdf.stream(object(at, 2), &content.finish());
        // Its bytes stand in the document now; the page is dropped, so that they are not held twice.
    }
    Ok(pdf.finish())
}
