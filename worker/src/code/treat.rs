//! Treatments that bring out a code: even light, harder edges.

use image::GrayImage;

use super::patch::{all, scaled};

/// The level to which even light brings the mean.
const MIDDLE: f32 = 128.0;

/// Divides by the brightness round each pixel, over `reach` pixels, so that shadows and glare go.
pub(super) fn even(pixels: &GrayImage, reach: u32) -> GrayImage {
    let around = round_about(pixels, reach);
    zipped(pixels, &around, |value, around| value / (around + 1.0) * MIDDLE)
}

/// Adds `strength` times what sets each pixel apart from those round it, over `reach` pixels.
pub(super) fn sharp(pixels: &GrayImage, reach: u32, strength: f32) -> GrayImage {
    let around = round_about(pixels, reach);
    zipped(pixels, &around, |value, around| value + strength * (value - around))
}

/// The brightness over about `reach` pixels: shrunk by as much and stretched again, which costs two passes
/// whatever the reach.
fn round_about(pixels: &GrayImage, reach: u32) -> GrayImage {
    let (width, height) = pixels.dimensions();
    let small = scaled(pixels, all(pixels), (width / reach.max(1), height / reach.max(1)));
    scaled(&small, all(&small), (width, height))
}

fn zipped(one: &GrayImage, two: &GrayImage, f: impl Fn(f32, f32) -> f32) -> GrayImage {
    let level = |value: f32| value.round().clamp(0.0, 255.0) as u8;
    let pairs = one.as_raw().iter().zip(two.as_raw());
    let values = pairs.map(|(&one, &two)| level(f(f32::from(one), f32::from(two)))).collect();
    GrayImage::from_raw(one.width(), one.height(), values).expect("one value a pixel")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Black and white squares of 4 px under a light that fades to the right.
    fn shaded() -> GrayImage {
        GrayImage::from_fn(160, 160, |x, y| {
            let light = 250.0 - x as f32;
            image::Luma([if (x / 4 + y / 4) % 2 == 0 { light as u8 } else { (light * 0.2) as u8 }])
        })
    }

    fn lightest(pixels: &GrayImage, columns: std::ops::Range<u32>) -> u8 {
        columns.flat_map(|x| (20..140).map(move |y| (x, y))).map(|(x, y)| pixels.get_pixel(x, y)[0]).max().unwrap_or(0)
    }

    #[test]
    fn a_shadow_goes() {
        let (before, after) = (shaded(), even(&shaded(), 16));
        assert!(lightest(&before, 20..28) > lightest(&before, 132..140) + 80);
        assert!(lightest(&after, 20..28).abs_diff(lightest(&after, 132..140)) < 30);
    }

    #[test]
    fn edges_get_harder_and_flat_places_stay() {
        let flat = GrayImage::from_pixel(64, 64, image::Luma([90]));
        assert_eq!(sharp(&flat, 4, 2.0), flat);
        let step = GrayImage::from_fn(64, 64, |x, _| image::Luma([if x < 32 { 100 } else { 150 }]));
        let sharpened = sharp(&step, 4, 2.0);
        assert!(sharpened.get_pixel(31, 30)[0] < 100 && sharpened.get_pixel(32, 30)[0] > 150);
    }

    #[test]
    fn the_least_picture_is_no_trouble() {
        let dot = GrayImage::from_pixel(1, 1, image::Luma([7]));
        assert_eq!(sharp(&dot, 9, 2.0).dimensions(), even(&dot, 9).dimensions());
    }
}
