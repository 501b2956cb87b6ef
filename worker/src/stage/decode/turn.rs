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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_orientation() -> impl Strategy<Value = Orientation> {
        (1_u8..=8).prop_map(|number| Orientation::from_exif(number).expect("eight of them"))
    }

    prop_compose! {
        fn any_picture()(width in 1_u32..9, height in 1_u32..9)
            (width in Just(width), pixels in proptest::collection::vec(any::<u8>(), (width * height * 3) as usize))
            -> RgbImage {
            let height = pixels.len() as u32 / 3 / width;
            RgbImage::from_raw(width, height, pixels).expect("as many as it takes")
        }
    }

    proptest! {
        #[test]
        fn two_turns_are_one_turn_and_every_turn_can_be_undone(
            picture in any_picture(),
            first in any_orientation(),
            second in any_orientation(),
        ) {
            let all = || (1..=8).filter_map(Orientation::from_exif);
            let once = turn(picture.clone(), first);
            let twice = turn(once.clone(), second);
            prop_assert!(all().any(|one| turn(picture.clone(), one) == twice), "{:?} then {:?}", first, second);
            prop_assert!(all().any(|back| turn(once.clone(), back) == picture), "{:?}", first);
        }

        #[test]
        fn a_turn_moves_pixels_and_makes_none(picture in any_picture(), orientation in any_orientation()) {
            let (width, height) = picture.dimensions();
            let turned = turn(picture.clone(), orientation);
            let expected = if swaps_sides(orientation) { (height, width) } else { (width, height) };
            prop_assert_eq!(turned.dimensions(), expected);
            let sorted = |picture: &RgbImage| {
                let mut pixels: Vec<[u8; 3]> = picture.pixels().map(|pixel| pixel.0).collect();
                pixels.sort_unstable();
                pixels
            };
            prop_assert_eq!(sorted(&turned), sorted(&picture));
        }
    }
}
