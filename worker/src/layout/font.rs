//! Captions as ink: built-in Latin letters, or a font of the machine for all others.

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use ab_glyph::{Font as _, FontVec, PxScale, ScaleFont, point};
use embedded_graphics::Pixel;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::mono_font::iso_8859_1::{FONT_6X10, FONT_7X13, FONT_8X13, FONT_10X20};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics::text::{Baseline, Text};
use gradphoto_shared::{Error, Result};
use image::{GrayImage, Luma, RgbImage, imageops};

/// Where distributions put fonts with Chinese letters, and which face of the file is the simplified one.
const KNOWN: [(&str, u32); 4] = [
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
];

/// Width and height of a built-in letter in pixels.
const LETTER: (u32, u32) = (10, 20);
/// Least share of its size to which a caption shrinks to fit; a longer one is cut.
const SHRUNK_MIN: f32 = 0.5;

/// Letters for captions.
pub enum Font {
    /// Built in: ISO 8859-1.
    Latin,
    /// Read from a file.
    File(Box<FontVec>),
}

/// Tells where the letters come from.
impl fmt::Debug for Font {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latin => "Latin",
            Self::File(_) => "File",
        })
    }
}

/// One line of ink.
pub(crate) struct Line {
    /// 255 is full; as wide as the text.
    pub(crate) ink: GrayImage,
    /// From the upper edge down to the baseline, in pixels.
    pub(crate) ascent: f32,
}

impl Line {
    /// Puts the ink on a picture, its upper left corner at `(left, top)`; what leaves the picture is lost.
    pub(crate) fn onto(&self, picture: &mut RgbImage, (left, top): (i64, i64), colour: [u8; 3]) {
        for (x, y, cover) in self.ink.enumerate_pixels().filter(|(_, _, cover)| cover[0] > 0) {
            let place = u32::try_from(left + i64::from(x)).ok().zip(u32::try_from(top + i64::from(y)).ok());
            if let Some(pixel) = place.and_then(|(x, y)| picture.get_pixel_mut_checked(x, y)) {
                let mixed = |own: u8, ink: u8| {
                    (u32::from(own) * u32::from(255 - cover[0]) + u32::from(ink) * u32::from(cover[0])).div_ceil(255)
                        as u8
                };
                pixel.0 = std::array::from_fn(|channel| mixed(pixel.0[channel], colour[channel]));
            }
        }
    }
}

impl Font {
    /// The letters of a font file; of a collection the first font's.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Config`] when it is no font.
    pub fn of_file(file: &Path) -> Result<Self> {
        Self::read(file, 0)
    }

    /// The letters in which a page of mixed text looks best: those of `file` where one is named, else of a font that the
    /// machine has, else the built-in ones.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Config`] for a font file that cannot be read.
    pub fn for_pages(file: Option<&Path>) -> Result<Self> {
        match (file, known()) {
            (Some(file), _) => Self::of_file(file),
            (None, Some((path, face))) => Self::read(&path, face),
            (None, None) => Ok(Self::Latin),
        }
    }

    /// A font that has every letter of `captions`: that of `file` where one is named, else the built-in letters,
    /// else one that the machine has.
    ///
    /// # Errors
    /// [`Error::Io`] when `file` cannot be read; [`Error::Config`] when it is no font or lacks a letter, or when
    /// the machine has none, with what to install.
    pub fn for_all<'a>(captions: impl Iterator<Item = &'a str> + Clone, file: Option<&Path>) -> Result<Self> {
        let is_latin = |caption: &str| caption.chars().all(|letter| matches!(letter, ' '..='~' | '\u{a0}'..='\u{ff}'));
        if let Some(file) = file {
            return Self::of_file(file)?.checked(captions);
        }
        if captions.clone().all(is_latin) {
            return Ok(Self::Latin);
        }
        match known() {
            Some((path, face)) => Self::read(&path, face)?.checked(captions),
            None => Err(Error::Config(
                "Chinese letters need a font: install fonts-noto-cjk (Debian, Ubuntu) or google-noto-sans-cjk-fonts \
                 (Fedora), or name a font file with --font"
                    .to_owned(),
            )),
        }
    }

    fn read(path: &Path, face: u32) -> Result<Self> {
        let bytes = fs::read(path).map_err(|cause| Error::io(format!("read the font {}", path.display()), cause))?;
        let font = FontVec::try_from_vec_and_index(bytes, face);
        let font = font.map_err(|_| Error::Config(format!("{} is no font that can be read", path.display())))?;
        Ok(Self::File(Box::new(font)))
    }

    /// The font, where it has every letter; captions are personal, so the missing one is not named.
    fn checked<'a>(self, mut captions: impl Iterator<Item = &'a str>) -> Result<Self> {
        let has = |caption: &str| match &self {
            Self::Latin => true,
            Self::File(font) => caption.chars().all(|letter| letter == ' ' || font.glyph_id(letter).0 != 0),
        };
        let all = captions.all(has);
        all.then_some(self).ok_or_else(|| Error::Config("the font lacks a letter of the text".to_owned()))
    }

    /// The ink of one line in the middle of a box: 255 is full. A line that is too long shrinks to half its size
    /// at most and then loses its end.
    #[must_use]
    pub fn ink(&self, text: &str, (width, height): (u32, u32)) -> GrayImage {
        let mut ink = GrayImage::new(width.max(1), height.max(1));
        match self {
            Self::Latin => latin(&mut ink, text),
            Self::File(font) => drawn(&mut ink, font, text),
        }
        ink
    }
}

impl Font {
    /// A text in one line, about `size` pixels high from line to line; letters that the font lacks are its mark for
    /// those.
    pub(crate) fn line(&self, text: &str, size: f32) -> Line {
        match self {
            Self::Latin => {
                let font = letters_near(size);
                let (letter, count) = (font.character_size, text.chars().count() as u32);
                let mut ink = Canvas(GrayImage::new((letter.width * count).max(1), letter.height));
                put(&mut ink, text, font);
                Line { ink: ink.0, ascent: font.baseline as f32 + 1.0 }
            }
            Self::File(font) => {
                let scaled = font.as_scaled(PxScale::from(size * FULL_HEIGHT));
                let width = text.chars().map(|letter| scaled.h_advance(font.glyph_id(letter))).sum::<f32>();
                let mut ink = GrayImage::new((width.ceil() as u32).max(1), (scaled.height().ceil() as u32).max(1));
                let ascent = scaled.ascent();
                glyphs(&mut ink, font, text, (0.0, ascent), scaled.scale());
                Line { ink, ascent }
            }
        }
    }
}

/// Full height of the known fonts' lines over the size by which texts are set: 1.448 in Noto Sans CJK.
const FULL_HEIGHT: f32 = 1.448;

/// The first font with Chinese letters that the machine has, and its face.
fn known() -> Option<(PathBuf, u32)> {
    KNOWN.map(|(path, face)| (PathBuf::from(path), face)).into_iter().find(|(path, _)| path.is_file())
}

/// The built-in letters that come nearest to a size and are not wider than it allows.
fn letters_near(size: f32) -> &'static MonoFont<'static> {
    match size {
        ..11.5 => &FONT_6X10,
        ..14.0 => &FONT_7X13,
        ..17.0 => &FONT_8X13,
        _ => &FONT_10X20,
    }
}

fn put(ink: &mut Canvas, text: &str, font: &MonoFont<'_>) {
    let style = MonoTextStyle::new(font, BinaryColor::On);
    let Ok(_) = embedded_graphics::Drawable::draw(&Text::with_baseline(text, Point::zero(), style, Baseline::Top), ink);
}

/// Built-in letters, each of their pixels a square.
fn latin(ink: &mut GrayImage, text: &str) {
    let letters = text.chars().count() as u32;
    // Four fifths of the height, as the letters' own lines leave room above and below.
    let tallest = (ink.height() * 4 / 5 / LETTER.1).max(1);
    let widest = ink.width() / (LETTER.0 * letters.max(1));
    let factor = widest.min(tallest).max((tallest as f32 * SHRUNK_MIN) as u32).max(1);
    let fitting = (ink.width() / (LETTER.0 * factor)).min(letters);
    let text: String = text.chars().take(fitting as usize).collect();
    let mut small = Canvas(GrayImage::new((LETTER.0 * fitting).max(1), LETTER.1));
    put(&mut small, &text, &FONT_10X20);
    let (width, height) = (small.0.width() * factor, small.0.height() * factor);
    let large = imageops::resize(&small.0, width, height, imageops::FilterType::Nearest);
    let middle = |room: u32, taken: u32| (i64::from(room) - i64::from(taken)) / 2;
    imageops::overlay(ink, &large, middle(ink.width(), width), middle(ink.height(), height));
}

/// Letters of a font, as smooth as it has them.
fn drawn(ink: &mut GrayImage, font: &FontVec, text: &str) {
    let (room, height) = (ink.width() as f32, ink.height() as f32);
    let width_at = |scale: f32, text: &str| {
        let font = font.as_scaled(PxScale::from(scale));
        text.chars().map(|letter| font.h_advance(font.glyph_id(letter))).sum::<f32>()
    };
    let tallest = height * 0.8;
    let scale = (tallest * room / width_at(tallest, text).max(1.0)).clamp(tallest * SHRUNK_MIN, tallest);
    let mut text = text.to_owned();
    while !text.is_empty() && width_at(scale, &text) > room {
        text.pop();
    }
    let scaled = font.as_scaled(PxScale::from(scale));
    let baseline = (height - scaled.height()) / 2.0 + scaled.ascent();
    let left = (room - width_at(scale, &text)) / 2.0;
    glyphs(ink, font, &text, (left, baseline), PxScale::from(scale));
}

/// Letters side by side from a point of the baseline on.
fn glyphs(ink: &mut GrayImage, font: &FontVec, text: &str, (mut left, baseline): (f32, f32), scale: PxScale) {
    let scaled = font.as_scaled(scale);
    for letter in text.chars() {
        let glyph = scaled.glyph_id(letter).with_scale_and_position(scale, point(left, baseline));
        left += scaled.h_advance(glyph.id);
        if let Some(outline) = font.outline_glyph(glyph) {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, cover| {
                let at = (corner.x as i64 + i64::from(x), corner.y as i64 + i64::from(y));
                let at = u32::try_from(at.0).ok().zip(u32::try_from(at.1).ok());
                if let Some(pixel) = at.and_then(|(x, y)| ink.get_pixel_mut_checked(x, y)) {
                    pixel[0] = pixel[0].max((cover.clamp(0.0, 1.0) * 255.0).round() as u8);
                }
            });
        }
    }
}

struct Canvas(GrayImage);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = BinaryColor;
    type Error = std::convert::Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<BinaryColor>>>(&mut self, pixels: I) -> Result<(), Self::Error> {
        for Pixel(at, colour) in pixels {
            let at = u32::try_from(at.x).ok().zip(u32::try_from(at.y).ok());
            if let Some(pixel) = at.and_then(|(x, y)| self.0.get_pixel_mut_checked(x, y)) {
                *pixel = Luma([if colour.is_on() { 255 } else { 0 }]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inked(ink: &GrayImage) -> usize {
        ink.pixels().filter(|pixel| pixel[0] > 127).count()
    }

    #[test]
    fn latin_letters_need_no_font_and_stay_in_their_box() {
        let font = Font::for_all(["25103003 M", "Müller"].into_iter(), None).expect("built in");
        assert!(matches!(font, Font::Latin));
        for text in ["", "a", "25103003", "a caption that is much too long for so small a box"] {
            let ink = font.ink(text, (300, 50));
            assert_eq!(ink.dimensions(), (300, 50));
            assert_eq!(inked(&ink) > 0, !text.is_empty(), "{text}");
        }
        assert!(inked(&font.ink("l", (3, 3))) <= 9, "the least box is no trouble");
    }

    #[test]
    fn chinese_letters_are_drawn_or_it_is_said_what_to_install() {
        match Font::for_all(["张三 25103003"].into_iter(), None) {
            Ok(font) => {
                let (one, two) = (font.ink("张", (400, 60)), font.ink("张三丰", (400, 60)));
                assert!(inked(&one) > 200 && inked(&two) > inked(&one), "{} {}", inked(&one), inked(&two));
            }
            Err(error) => assert!(error.to_string().contains("fonts-noto-cjk"), "{error}"),
        }
    }

    #[test]
    fn what_is_no_font_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(Font::for_all(["a"].into_iter(), Some(file.path())).is_err());
        assert!(Font::for_all(["a"].into_iter(), Some(Path::new("/nowhere"))).is_err());
    }
}
