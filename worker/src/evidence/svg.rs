//! A drawing as SVG: no script, nothing from elsewhere.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::drawing::{Drawing, Ink, Shape};
use crate::model::Point;

/// Fonts by which systems write Chinese, the reader's own first.
const FONTS: &str = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif";

/// Writes a drawing; `jpeg` is the reduced photo.
pub(super) fn write(drawing: &Drawing, jpeg: Option<&[u8]>) -> String {
    let (width, height) = drawing.size;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"{FONTS}\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    if let Some(jpeg) = jpeg {
        let photo = drawing.photo;
        line(
            &mut svg,
            format_args!(
                "<image x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" preserveAspectRatio=\"none\" \
                 href=\"data:image/jpeg;base64,{}\"/>",
                photo.left,
                photo.top,
                photo.width,
                photo.height,
                BASE64_STANDARD.encode(jpeg)
            ),
        );
    }
    for shape in &drawing.shapes {
        write_shape(&mut svg, shape);
    }
    svg.push_str("</svg>\n");
    svg
}

fn write_shape(svg: &mut String, shape: &Shape) {
    match shape {
        Shape::Line { points, closed, width, dashed, ink, fill } => {
            let element = if *closed { "polygon" } else { "polyline" };
            let fill = fill.map_or("fill=\"none\"".to_owned(), |fill| paint("fill", fill));
            let dash = if *dashed { " stroke-dasharray=\"9 6\"" } else { "" };
            let (points, stroke) = (corners(points), paint("stroke", *ink));
            line(svg, format_args!("<{element} points=\"{points}\" {fill} {stroke} stroke-width=\"{width}\"{dash}/>"));
        }
        Shape::Dot { at: Point { x, y }, radius, ink } => {
            line(svg, format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" {}/>", paint("fill", *ink)));
        }
        Shape::Text { at: Point { x, y }, text, size, middle, bold, ink } => {
            let anchor = if *middle { " text-anchor=\"middle\"" } else { "" };
            let weight = if *bold { " font-weight=\"600\"" } else { "" };
            let (fill, text) = (paint("fill", *ink), escaped(text));
            line(
                svg,
                format_args!(
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\"{anchor}{weight} {fill}>{text}</text>"
                ),
            );
        }
    }
}

fn line(svg: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(svg, "{text}").expect("a text takes every line");
}

fn corners(points: &[Point]) -> String {
    let corner = |point: &Point| format!("{:.1},{:.1}", point.x, point.y);
    points.iter().map(corner).collect::<Vec<_>>().join(" ")
}

fn paint(what: &str, Ink([red, green, blue], cover): Ink) -> String {
    let cover = if cover < 1.0 { format!(" {what}-opacity=\"{cover}\"") } else { String::new() };
    format!("{what}=\"#{red:02x}{green:02x}{blue:02x}\"{cover}")
}

/// A text as XML holds it; letters that XML does not know become a mark.
pub(super) fn escaped(text: &str) -> String {
    let escape = |letter: char| match letter {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => "\u{fffd}".to_owned(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Area;

    #[test]
    fn a_hostile_text_stays_a_text() {
        let at = Point { x: 1.0, y: 2.0 };
        let text = "</text><script>alert('\u{7}')</script>&\"".to_owned();
        let shapes = vec![Shape::Text { at, text, size: 12.0, middle: false, bold: false, ink: Ink::TEXT }];
        let photo = Area { left: 0.0, top: 0.0, width: 1.0, height: 1.0 };
        let svg = write(&Drawing { size: (10, 10), photo, shapes }, None);
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;alert(&#39;\u{fffd}&#39;)"), "{svg}");
        assert_eq!(svg.matches("</text>").count(), 1, "{svg}");
    }
}
