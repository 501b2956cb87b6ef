//! Pixels as stored to pixels as seen, by the EXIF orientation.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};

/// Whether the upright picture's width is the stored one's height.
pub(super) fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

/// Turns and flips a picture upright; the eight orientations of EXIF are the only ones.
pub(super) fn turn(picture: RgbImage, orientation: Orientation) -> RgbImage {
    if orientation == Orientation::NoTransforms {
        return picture;
    }
    let mut turned = DynamicImage::ImageRgb8(picture);
    turned.apply_orientation(orientation);
    turned.into_rgb8()
}

/// As [`turn`], of brightness.
pub(super) fn turn_grey(picture: GrayImage, orientation: Orientation) -> GrayImage {
    let mut turned = DynamicImage::ImageLuma8(picture);
    turned.apply_orientation(orientation);
    turned.into_luma8()
}
