//! Pixels of a picture where they lie.

use std::ops::Range;

use image::RgbImage;

/// Some pixels of a row; the columns lie inside.
pub(crate) fn row(picture: &RgbImage, row: u32, columns: Range<u32>) -> &[[u8; 3]] {
    let start = row as usize * picture.width() as usize;
    &picture.as_raw().as_chunks::<3>().0[start + columns.start as usize..start + columns.end as usize]
}
