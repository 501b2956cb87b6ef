//! The page: the marked photo, and the list of what did not pass beside it.

use gradphoto_shared::check::{Advice, RuleFinding};

use super::drawing::{Drawing, Ink, Shape, wrapped};
use super::gather::Evidence;
use super::marks::{BADGE, Canvas, badge, ink};
use super::words;
use crate::local::Language;
use crate::model::Point;

/// Room for the marked photo in pixels.
const PHOTO: (f32, f32) = (640.0, 760.0);
/// Width of the list in pixels: some thirty Chinese letters a line.
const LIST: f32 = 440.0;
/// Space round and between.
const SPACE: f32 = 28.0;
/// From a badge to its words.
const INDENT: f32 = 2.0 * BADGE + 12.0;

/// The whole page.
pub(super) fn whole(evidence: &Evidence, language: Language) -> Drawing {
    let canvas = Canvas::fitting(evidence, Point { x: SPACE, y: SPACE }, PHOTO);
    let mut shapes = canvas.marks(evidence);
    let mut list = List { left: canvas.area.left + canvas.area.width + SPACE, y: SPACE, shapes: Vec::new(), language };
    list.head(evidence);
    for (number, finding) in (1..).zip(&evidence.findings) {
        list.finding(number, finding);
    }
    if evidence.findings.is_empty() {
        list.text(words::nothing(language), 15.0, 0.0, Ink::TEXT, false);
    }
    list.rule();
    if let Some(file) = &evidence.file {
        list.text(&words::file(file, language), 12.0, 0.0, Ink::QUIET, false);
        list.y += 6.0;
    }
    list.text(words::legend(language), 12.0, 0.0, Ink::QUIET, false);
    shapes.append(&mut list.shapes);
    let bottom = (canvas.area.top + canvas.area.height).max(list.y);
    let size = ((list.left + LIST + SPACE).ceil() as u32, (bottom + SPACE).ceil() as u32);
    Drawing { size, photo: canvas.photo(evidence), shapes }
}

/// A column of text that grows downwards.
struct List {
    left: f32,
    /// The upper edge of what comes next.
    y: f32,
    shapes: Vec<Shape>,
    language: Language,
}

impl List {
    fn head(&mut self, evidence: &Evidence) {
        let ink = match evidence.advice {
            Advice::Accept => Ink::ACCEPT,
            Advice::Review => Ink::REVIEW,
            Advice::Retake => Ink::RETAKE,
        };
        self.text(words::advice(evidence.advice, self.language), 26.0, 0.0, ink, true);
        self.y += 4.0;
    }

    fn finding(&mut self, number: usize, finding: &RuleFinding) {
        self.rule();
        let (start, ink) = (self.y, ink(finding));
        let at = Point { x: self.left + BADGE, y: start + BADGE };
        self.shapes.extend(badge(number, at, ink));
        let sentence = match self.language {
            Language::En => &finding.en,
            Language::Zh => &finding.zh,
        };
        self.text(sentence.as_deref().unwrap_or(&finding.rule), 15.0, INDENT, Ink::TEXT, true);
        let weight = [words::verdict(finding.verdict, self.language), words::severity(finding.severity, self.language)];
        let code = finding.code.as_deref().unwrap_or(&finding.rule);
        self.text(&format!("{} ({})  ·  {code}", weight[0], weight[1]), 13.0, INDENT, ink, false);
        let reading = words::reading(finding, self.language);
        if !reading.is_empty() {
            self.text(&reading, 13.0, INDENT, Ink::QUIET, false);
        }
    }

    /// A thin line across with space above and below.
    fn rule(&mut self) {
        self.y += 10.0;
        let points = [self.left, self.left + LIST].map(|x| Point { x, y: self.y }).to_vec();
        self.shapes.push(Shape::Line { points, closed: false, width: 1.0, dashed: false, ink: Ink::RULE, fill: None });
        self.y += 12.0;
    }

    fn text(&mut self, text: &str, size: f32, indent: f32, ink: Ink, bold: bool) {
        for line in wrapped(text, size, LIST - indent) {
            let at = Point { x: self.left + indent, y: self.y + size };
            self.shapes.push(Shape::Text { at, text: line, size, middle: false, bold, ink });
            self.y += (size * 1.45).round();
        }
    }
}
