//! One sheet of pixels: copies, cut lines, captions.

use fast_image_resize::FilterType;
use gradphoto_shared::layout::LayoutFault;
use image::{Rgb, RgbImage, imageops};

use super::font::Font;
use super::grid::{Grid, Place};
use super::prints::Prints;
use crate::model::Area;
use crate::stage::resample::{self, Outside};

const MM_PER_INCH: f32 = 25.4;
const WHITE: [u8; 3] = [255; 3];
/// Cut lines: seen on white paper, not on a print that is cut a little wide.
const CUT: [u8; 3] = [170; 3];
/// Thickness of a cut line in mm: a hair, one pixel at 300 dpi.
const CUT_MM: f32 = 0.085;

/// A copy on its way to a sheet.
pub(super) struct Copy<'a> {
    /// The subject's place in the order.
    pub(super) at: usize,
    pub(super) caption: &'a str,
}

/// How sheets are drawn.
pub(super) struct Pen<'a> {
    pub(super) grid: Grid,
    pub(super) dpi: u16,
    pub(super) cut_lines: bool,
    pub(super) font: &'a Font,
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pixels {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Pen<'_> {
    /// The sheet's width and height in pixels.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.pixels(self.grid.sheet.width_mm), self.pixels(self.grid.sheet.height_mm))
    }

    /// Draws up to a sheet of copies, in the order of the grid.
    pub(super) fn draw<B: AsRef<[u8]>>(
        &self,
        copies: &[Copy<'_>],
        prints: &mut Prints<'_, B>,
    ) -> Result<RgbImage, LayoutFault> {
        let (width, height) = self.size();
        let mut page = RgbImage::from_pixel(width, height, Rgb(WHITE));
        let places = || (0..self.grid.count()).zip(copies);
        // Lines first: they run across the sheet, and the prints lie over them.
        for (at, _) in places().filter(|_| self.cut_lines) {
            self.cut_lines(&mut page, self.on(self.grid.place(at)));
        }
        for (at, copy) in places() {
            let place = self.on(self.grid.place(at));
            let size = (place.width, place.height);
            let print = filled(prints.picture(copy.at, size)?, size);
            imageops::replace(&mut page, &print, place.left.into(), place.top.into());
            let under = self.on(self.grid.caption(at));
            if under.height > 0 && !copy.caption.is_empty() {
                self.write(&mut page, copy.caption, under);
            }
        }
        Ok(page)
    }

    /// A place in pixels. Each edge is rounded by itself, so no error adds up across the sheet.
    pub(super) fn on(&self, place: Place) -> Pixels {
        let (left, top) = (self.pixels(place.left_mm), self.pixels(place.top_mm));
        let right = self.pixels(place.left_mm + place.size.width_mm);
        let bottom = self.pixels(place.top_mm + place.size.height_mm);
        Pixels { left, top, width: right - left, height: bottom - top }
    }

    fn pixels(&self, mm: f32) -> u32 {
        (mm * f32::from(self.dpi) / MM_PER_INCH).round().max(0.0) as u32
    }

    /// Lines along the four edges, just outside, from one end of the sheet to the other.
    fn cut_lines(&self, page: &mut RgbImage, place: Pixels) {
        let thick = self.pixels(CUT_MM).max(1);
        let (width, height) = page.dimensions();
        let (right, bottom) = (place.left + place.width, place.top + place.height);
        for left in [place.left.saturating_sub(thick), right] {
            fill(page, Pixels { left, top: 0, width: thick, height });
        }
        for top in [place.top.saturating_sub(thick), bottom] {
            fill(page, Pixels { left: 0, top, width, height: thick });
        }
    }

    fn write(&self, page: &mut RgbImage, caption: &str, place: Pixels) {
        let ink = self.font.ink(caption, (place.width, place.height));
        for (x, y, cover) in ink.enumerate_pixels().filter(|(_, _, cover)| cover[0] > 0) {
            if let Some(pixel) = page.get_pixel_mut_checked(place.left + x, place.top + y) {
                pixel.0 = pixel.0.map(|level| (u32::from(level) * u32::from(255 - cover[0]) / 255) as u8);
            }
        }
    }
}

fn fill(page: &mut RgbImage, place: Pixels) {
    for y in place.top..(place.top + place.height).min(page.height()) {
        for x in place.left..(place.left + place.width).min(page.width()) {
            page.put_pixel(x, y, Rgb(CUT));
        }
    }
}

/// The picture scaled to fill a print: where their proportions differ, the same is cut off at two opposite
/// sides. Nothing is stretched, turned or mirrored.
fn filled(picture: &RgbImage, (width, height): (u32, u32)) -> RgbImage {
    let (have_width, have_height) = (picture.width() as f32, picture.height() as f32);
    let scale = (width as f32 / have_width).max(height as f32 / have_height);
    let (across, down) = (width as f32 / scale, height as f32 / scale);
    let area = Area { left: (have_width - across) / 2.0, top: (have_height - down) / 2.0, width: across, height: down };
    resample::cut(picture, area, (width.max(1), height.max(1)), FilterType::Lanczos3, Outside::Edge).picture
}

#[cfg(test)]
mod tests {
    use super::super::Subject;
    use super::super::grid::Spacing;
    use super::super::paper::Size;
    use super::*;
    use crate::stage::decode::DecodeLimits;

    /// Red to the right, green downwards, so that turning and mirroring show.
    fn picture() -> RgbImage {
        RgbImage::from_fn(480, 640, |x, y| Rgb([(x / 2) as u8, (y / 3) as u8, 60]))
    }

    fn pen(dpi: u16, cut_lines: bool) -> Pen<'static> {
        let spacing = Spacing { gap_mm: 2.0, margin_mm: 3.0, caption_mm: 4.0 };
        let print = Size { width_mm: 33.0, height_mm: 48.0 };
        let grid = Grid::fit("5R".parse().expect("a size"), print, spacing).expect("it fits");
        Pen { grid, dpi, cut_lines, font: &Font::Latin }
    }

    fn drawn(pen: &Pen<'_>, copies: &[Copy<'_>]) -> RgbImage {
        let mut file = std::io::Cursor::new(Vec::new());
        picture().write_to(&mut file, image::ImageFormat::Png).expect("a PNG");
        let subjects = [Subject { file: file.into_inner(), caption: String::new(), copies: None }];
        let limits = DecodeLimits { max_bytes: 8 << 20, max_pixels: 1_000_000 };
        pen.draw(copies, &mut Prints::new(&subjects, &limits)).expect("a picture")
    }

    #[test]
    fn a_sheet_has_its_size_and_every_copy_its_place() {
        for (dpi, size) in [(300, (1500, 2102)), (350, (1750, 2453)), (600, (3000, 4205))] {
            let pen = pen(dpi, false);
            assert_eq!(pen.size(), size, "{dpi}");
            let copies: Vec<_> = (0..pen.grid.count()).map(|_| Copy { at: 0, caption: "" }).collect();
            let page = drawn(&pen, &copies);
            for at in 0..pen.grid.count() {
                let Pixels { left, top, width, height } = pen.on(pen.grid.place(at));
                let first = page.get_pixel(left + 2, top + 2).0;
                let last = page.get_pixel(left + width - 3, top + height - 3).0;
                assert!(first[0] < 30 && first[1] < 15, "{first:?}");
                assert!(last[0] > 210 && last[1] > 200, "{last:?}");
                assert_eq!(page.get_pixel(left - 1, top).0, WHITE);
                assert_eq!(page.get_pixel(left + width, top).0, WHITE);
            }
        }
    }

    #[test]
    fn proportions_are_kept_and_two_sides_cut_alike() {
        let print = filled(&picture(), (300, 600));
        // 480 x 640 fills 300 x 600 at 0.9375: 320 of 480 columns remain, from the 80th.
        assert!(print.get_pixel(0, 300)[0].abs_diff(40) <= 2 && print.get_pixel(299, 300)[0].abs_diff(199) <= 2);
        assert!(print.get_pixel(150, 0)[1] <= 2 && print.get_pixel(150, 599)[1] >= 210);
    }

    #[test]
    fn cut_lines_stand_beside_the_copies_and_never_on_them() {
        let pen = pen(300, true);
        let copies = [Copy { at: 0, caption: "25103003" }, Copy { at: 0, caption: "" }];
        let page = drawn(&pen, &copies);
        let place = pen.on(pen.grid.place(0));
        assert_eq!(page.get_pixel(place.left - 1, 0).0, CUT);
        assert_eq!(page.get_pixel(page.width() - 1, place.top - 1).0, CUT);
        assert_ne!(page.get_pixel(place.left, place.top).0, CUT);
        let under = pen.on(pen.grid.caption(0));
        let dark = |place: Pixels| {
            let rows = place.top + 2..place.top + place.height;
            let pixels = rows.flat_map(|y| (place.left..place.left + place.width).map(move |x| (x, y)));
            pixels.filter(|&(x, y)| page.get_pixel(x, y)[0] < 100).count()
        };
        assert!(dark(under) > 100 && dark(pen.on(pen.grid.caption(1))) == 0, "{}", dark(under));
    }
}
