//! How bright a colour is: the weights of ITU-R BT.601, as JPEG has them.

use std::ops::Range;

use image::RgbImage;

use super::pixels::row;
use super::plane::Plane;

/// Brightness of red, green and blue, in whatever unit they are.
pub(crate) fn brightness([red, green, blue]: [f32; 3]) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// Brightness of a part of a picture, 0 to 255; columns and rows lie inside.
pub(crate) fn levels(picture: &RgbImage, columns: Range<u32>, rows: Range<u32>) -> Plane {
    let (width, height) = (columns.len(), rows.len());
    let mut values = vec![0.0; width * height];
    for (at, levels) in rows.zip(values.chunks_exact_mut(width.max(1))) {
        fill(row(picture, at, columns.clone()).as_flattened(), levels);
    }
    Plane { width, height, values }
}

/// Brightness of pixels of red, green and blue bytes, 0 to 255 each, into numbers that are there already.
pub(crate) fn fill(pixels: &[u8], levels: &mut [f32]) {
    // Four pixels at a time, as three words: compilers have a vector for these, and none for steps of three bytes.
    let (fours, rest) = pixels.as_chunks::<12>();
    let (filled, left) = levels.as_chunks_mut::<4>();
    for (bytes, levels) in fours.iter().zip(filled) {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let (first, second, third) = (word(0), word(4), word(8));
        let pixels = [first, first >> 24 | second << 8, second >> 16 | third << 16, third >> 8];
        let channel = |shift: u32| pixels.map(|pixel| (pixel >> shift & 255) as i32 as f32);
        let (red, green, blue) = (channel(0), channel(8), channel(16));
        *levels = std::array::from_fn(|at| brightness([red[at], green[at], blue[at]]));
    }
    for (pixel, level) in rest.as_chunks::<3>().0.iter().zip(left) {
        *level = brightness(pixel.map(f32::from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_pixels_are_as_bright_as_each_is_alone() {
        let bytes: Vec<u8> = (0..3 * 103_u32).map(|at| (at * 7919 % 256) as u8).collect();
        for count in [0, 1, 3, 4, 5, 8, 103] {
            let alone = bytes.as_chunks::<3>().0.iter().map(|pixel| brightness(pixel.map(f32::from)));
            let mut levels = vec![0.0; count];
            fill(&bytes[..3 * count], &mut levels);
            assert_eq!(levels, alone.take(count).collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn white_is_as_bright_as_its_channels() {
        assert!((brightness([255.0; 3]) - 255.0).abs() < 1e-3);
        assert_eq!(brightness([0.0; 3]), 0.0);
    }
}
