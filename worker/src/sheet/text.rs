//! Small text on a picture.

use image::RgbImage;

use crate::layout::Font;

/// Size of the letters in pixels: the built-in ones are 7 wide and 13 high then.
const SIZE: f32 = 12.0;

/// Height of a line in pixels, gap included.
pub(super) const LINE_PX: u32 = 15;

/// From the upper edge of a line down to its baseline, in pixels: that of the built-in letters.
const BASELINE_PX: f32 = 11.0;

/// Letters of a line that are shortened no further.
const LETTERS_MIN: usize = 5;

/// Draws one line with its upper left corner at `(left, top)`, shortened in its middle to fit `width` pixels. Letters
/// that the font lacks show as its mark for those.
pub(super) fn write(
    picture: &mut RgbImage,
    font: &Font,
    text: &str,
    (left, top): (u32, u32),
    width: u32,
    colour: [u8; 3],
) {
    let mut line = font.line(text, SIZE);
    let mut letters = text.chars().count();
    while line.ink.width() > width && letters > LETTERS_MIN {
        letters -= 1;
        line = font.line(&shortened(text, letters), SIZE);
    }
    let above = (BASELINE_PX - line.ascent).round() as i64;
    line.onto(picture, (left.into(), i64::from(top) + above), colour);
}

/// Width in pixels that `text` takes at most `width` of.
pub(super) fn width_of(font: &Font, text: &str, width: u32) -> u32 {
    font.line(text, SIZE).ink.width().min(width)
}

/// Keeps the start and the end, which carries the number and the ending of a file's name.
fn shortened(text: &str, most: usize) -> String {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() <= most || most < 5 {
        return characters.into_iter().take(most).collect();
    }
    let tail = (most - 2) / 2;
    let head = most - 2 - tail;
    characters[..head].iter().chain(&['.', '.']).chain(&characters[characters.len() - tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(shortened("a.jpg", 10), "a.jpg");
        assert_eq!(shortened("a_very_long_name_0042.jpg", 12), "a_ver..2.jpg");
        assert_eq!(shortened("张三丰张三丰张三丰.jpg", 9), "张三丰张..jpg");
        assert_eq!(shortened("abcdef", 3), "abc");
    }

    #[test]
    fn text_is_drawn_inside_the_picture_only() {
        let mut picture = RgbImage::from_pixel(40, 20, image::Rgb([255; 3]));
        write(&mut picture, &Font::Latin, "wide enough to leave the picture", (30, 10), 1000, [0; 3]);
        let dark = |picture: &RgbImage| picture.pixels().filter(|pixel| pixel[0] == 0).count();
        assert!(dark(&picture) > 5, "{} dark pixels", dark(&picture));
    }

    #[test]
    fn a_line_keeps_to_its_width_in_every_font() {
        for font in [Font::Latin, Font::for_pages(None).expect("a font of the machine or the built-in one")] {
            let mut picture = RgbImage::from_pixel(400, 20, image::Rgb([255; 3]));
            let name = "a_very_long_name_张三丰_张三丰_张三丰_张三丰_0042.jpg";
            write(&mut picture, &font, name, (0, 0), 150, [0; 3]);
            let is_dark = |(_, _, pixel): &(u32, u32, &image::Rgb<u8>)| pixel[0] < 128;
            let right = picture.enumerate_pixels().filter(is_dark).map(|(x, ..)| x).max();
            assert!(right.is_some_and(|right| (75..150).contains(&right)), "{font:?}: {right:?}");
        }
    }
}
