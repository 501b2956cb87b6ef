//! A drawing as pixels, shapes by tiny-skia and letters by the font of the machine.
//!
//! A renderer of SVG (resvg) would bring 31 crates and draws no letter, not even a Latin one, on a machine without
//! fonts; the shapes here are lines and dots, for which its rasteriser alone (4 crates) is enough.

use fast_image_resize::FilterType;
use image::{Rgb, RgbImage, imageops};
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, PremultipliedColorU8, Stroke, StrokeDash, Transform,
};

use super::drawing::{Drawing, Ink, Shape};
use crate::layout::Font;
use crate::model::{Area, Point};
use crate::stage::resample::{self, Outside};

/// JPEG quality of a page: letters stay sharp.
pub(super) const QUALITY: i32 = 88;

/// Draws a page on white; `photo` is the reduced photo.
pub(super) fn paint(drawing: &Drawing, photo: &RgbImage, font: &Font) -> RgbImage {
    let (width, height) = drawing.size;
    let mut page = RgbImage::from_pixel(width.max(1), height.max(1), Rgb([255; 3]));
    let place = drawing.photo;
    let size = (place.width.round().max(1.0) as u32, place.height.round().max(1.0) as u32);
    let whole = Area { left: 0.0, top: 0.0, width: photo.width() as f32, height: photo.height() as f32 };
    let scaled = resample::cut(photo, whole, size, FilterType::Bilinear, Outside::Edge).picture;
    imageops::replace(&mut page, &scaled, place.left.round() as i64, place.top.round() as i64);
    let mut pixels = to_pixmap(&page);
    for shape in &drawing.shapes {
        match shape {
            // Letters lie over everything, so they can wait.
            Shape::Text { .. } => {}
            Shape::Dot { at, radius, ink } => {
                if let Some(path) = PathBuilder::from_circle(at.x, at.y, *radius) {
                    pixels.fill_path(&path, &brush(*ink), FillRule::Winding, Transform::identity(), None);
                }
            }
            Shape::Line { points, closed, width, dashed, ink, fill } => {
                let Some(path) = path(points, *closed) else { continue };
                if let Some(fill) = fill {
                    pixels.fill_path(&path, &brush(*fill), FillRule::Winding, Transform::identity(), None);
                }
                let dash = dashed.then(|| StrokeDash::new(vec![9.0, 6.0], 0.0)).flatten();
                let stroke = Stroke {
                    width: *width,
                    dash,
                    line_cap: LineCap::Butt,
                    line_join: LineJoin::Miter,
                    ..Stroke::default()
                };
                pixels.stroke_path(&path, &brush(*ink), &stroke, Transform::identity(), None);
            }
        }
    }
    let mut page = from_pixmap(&pixels);
    for shape in &drawing.shapes {
        if let Shape::Text { at, text, size, middle, ink, .. } = shape {
            write(&mut page, font, text, (*at, *middle), *size, *ink);
        }
    }
    page
}

fn write(page: &mut RgbImage, font: &Font, text: &str, (at, middle): (Point, bool), size: f32, Ink(colour, _): Ink) {
    let line = font.line(text, size);
    let left = at.x - if middle { line.ink.width() as f32 / 2.0 } else { 0.0 };
    let corner = (left.round() as i64, (at.y - line.ascent).round() as i64);
    line.onto(page, corner, colour);
}

fn path(points: &[Point], closed: bool) -> Option<tiny_skia::Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.x, first.y);
    rest.iter().for_each(|point| path.line_to(point.x, point.y));
    if closed {
        path.close();
    }
    path.finish()
}

fn brush(Ink([red, green, blue], cover): Ink) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color_rgba8(red, green, blue, (cover * 255.0).round() as u8);
    paint
}

fn to_pixmap(page: &RgbImage) -> Pixmap {
    let mut pixels = Pixmap::new(page.width(), page.height()).expect("a page has pixels");
    for (to, from) in pixels.pixels_mut().iter_mut().zip(page.pixels()) {
        let [red, green, blue] = from.0;
        *to = PremultipliedColorU8::from_rgba(red, green, blue, 255).expect("opaque colours are lawful");
    }
    pixels
}

fn from_pixmap(pixels: &Pixmap) -> RgbImage {
    let mut page = RgbImage::new(pixels.width(), pixels.height());
    for (to, from) in page.pixels_mut().zip(pixels.pixels()) {
        *to = Rgb([from.red(), from.green(), from.blue()]);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_letters_lie_where_the_drawing_says() {
        let ink = Ink::RETAKE;
        let shapes = vec![
            super::super::drawing::rectangle(Area { left: 10.0, top: 10.0, width: 30.0, height: 20.0 }, 2.0, ink, None),
            Shape::Dot { at: Point { x: 70.0, y: 20.0 }, radius: 6.0, ink },
            Shape::Text {
                at: Point { x: 10.0, y: 60.0 },
                text: "IIII".into(),
                size: 13.0,
                middle: false,
                bold: false,
                ink,
            },
        ];
        let photo = Area { left: 90.0, top: 0.0, width: 10.0, height: 10.0 };
        let drawing = Drawing { size: (100, 80), photo, shapes };
        let page = paint(&drawing, &RgbImage::from_pixel(5, 5, Rgb([0, 0, 255])), &Font::Latin);
        for (at, colour) in [((10, 20), ink.0), ((70, 20), ink.0), ((25, 20), [255; 3]), ((95, 5), [0, 0, 255])] {
            assert_eq!(page.get_pixel(at.0, at.1).0, colour, "{at:?}");
        }
        let written =
            page.enumerate_pixels().filter(|(x, y, pixel)| *x < 60 && (45..=62).contains(y) && pixel[1] < 100);
        assert!(written.count() > 20);
    }
}
