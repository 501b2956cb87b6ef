//! Small text on a picture.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::iso_8859_1::FONT_7X13;
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};
use image::RgbImage;

/// Width of a character in pixels.
const CHARACTER_PX: u32 = 7;

/// Height of a line in pixels, gap included.
pub(super) const LINE_PX: u32 = 15;

/// Draws one line with its upper left corner at `(left, top)`, shortened in its middle to fit `width`
/// pixels. The font holds Latin letters; others show as question marks.
pub(super) fn write(picture: &mut RgbImage, text: &str, (left, top): (u32, u32), width: u32, colour: [u8; 3]) {
    let text = shortened(text, (width / CHARACTER_PX) as usize);
    let [red, green, blue] = colour;
    let style = MonoTextStyle::new(&FONT_7X13, Rgb888::new(red, green, blue));
    let place = Point::new(left.cast_signed(), top.cast_signed());
    let drawn = Text::with_baseline(&text, place, style, Baseline::Top);
    let Ok(_) = embedded_graphics::Drawable::draw(&drawn, &mut Canvas(picture));
}

/// Width in pixels that `text` takes at most `width` of.
pub(super) fn width_of(text: &str, width: u32) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX).saturating_mul(CHARACTER_PX).min(width)
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

struct Canvas<'a>(&'a mut RgbImage);

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(place, colour) in pixels {
            let place = u32::try_from(place.x).ok().zip(u32::try_from(place.y).ok());
            if let Some(pixel) = place.and_then(|(x, y)| self.0.get_pixel_mut_checked(x, y)) {
                pixel.0 = [colour.r(), colour.g(), colour.b()];
            }
        }
        Ok(())
    }
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
        write(&mut picture, "wide enough to leave the picture", (30, 10), 1000, [0; 3]);
        let dark = |picture: &RgbImage| picture.pixels().filter(|pixel| pixel[0] == 0).count();
        assert!(dark(&picture) > 5, "{} dark pixels", dark(&picture));
    }
}
