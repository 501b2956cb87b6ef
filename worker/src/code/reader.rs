//! The two readers, behind one answer: what was seen, where, and whether it could be read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::GrayImage;
use rqrr::PreparedImage;
use zxingcpp::{Barcode, BarcodeError, BarcodeFormat, BarcodeReader, Binarizer, ImageFormat, ImageView, TextMode};

use super::corners::Corners;

/// What a code holds. It has no `Debug`: its text is personal.
#[derive(Clone)]
pub(super) struct Content {
    bytes: Vec<u8>,
    pub(super) text: String,
}

/// Readers guess the character set of bytes that do not name it, each in its own way; the bytes are what the
/// code says.
impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes || self.text == other.text
    }
}

/// A code that a reader saw.
#[derive(Clone)]
pub(super) struct Sighting {
    /// Where, in pixels of what was read.
    pub(super) corners: Corners,
    /// What it holds; `None` where it could not be read.
    pub(super) content: Option<Content>,
}

/// How the strong reader tells dark from light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Threshold {
    /// By the mean round each pixel.
    Local,
    /// By one level for the whole pixels.
    Global,
}

/// Reads with zxing-cpp: dark on light and light on dark, in any direction, mirrored too.
pub(super) fn strong(pixels: &GrayImage, threshold: Threshold) -> Vec<Sighting> {
    let binarizer = match threshold {
        Threshold::Local => Binarizer::LocalAverage,
        Threshold::Global => Binarizer::GlobalHistogram,
    };
    let reader = BarcodeReader::new()
        .formats([BarcodeFormat::QRCodeModel2])
        .try_harder(true)
        .try_rotate(true)
        .try_invert(true)
        .try_downscale(true)
        .return_errors(true)
        .max_number_of_symbols(8)
        .text_mode(TextMode::Plain)
        .binarizer(binarizer);
    let view = ImageView::from_slice(pixels.as_raw(), pixels.width(), pixels.height(), ImageFormat::Lum);
    let found = view.and_then(|view| reader.from(view)).unwrap_or_default();
    found
        .iter()
        .map(|code| {
            let at = code.position();
            let corner = |point: zxingcpp::PointI| (point.x as f32, point.y as f32);
            Sighting {
                corners: Corners([at.top_left, at.top_right, at.bottom_right, at.bottom_left].map(corner)),
                content: whole(code),
            }
        })
        .collect()
}

/// What a code says, where that is all of it.
///
/// One of a sequence of codes holds a part only. The library hands texts over as C strings, which end at the
/// first NUL: a text with one is taken from the bytes.
fn whole(code: &Barcode) -> Option<Content> {
    let is_whole = code.is_valid() && code.error() == BarcodeError::None() && code.sequence_size() <= 1;
    let bytes = is_whole.then(|| code.bytes())?;
    let text = if bytes.contains(&0) { String::from_utf8(bytes.clone()).ok()? } else { code.text() };
    Some(Content { bytes, text })
}

/// Reads with rqrr.
pub(super) fn plain(pixels: &GrayImage) -> Vec<Sighting> {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let values = pixels.as_raw();
    let read = || {
        let mut prepared = PreparedImage::prepare_from_greyscale(width, height, |x, y| values[y * width + x]);
        let grids = prepared.detect_grids();
        let sighting = |grid: &rqrr::Grid<_>| {
            let mut bytes = Vec::new();
            let is_read = grid.decode_to(&mut bytes).is_ok();
            let text = String::from_utf8(bytes.clone()).ok().filter(|_| is_read);
            Sighting {
                corners: Corners(grid.bounds.map(|point| (point.x as f32, point.y as f32))),
                content: text.map(|text| Content { bytes, text }),
            }
        };
        grids.iter().map(sighting).collect()
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_default()
}

/// What a reader makes of a code of plain letters.
#[cfg(test)]
pub(super) fn content(text: &str) -> Content {
    Content { bytes: text.as_bytes().to_vec(), text: text.to_owned() }
}
