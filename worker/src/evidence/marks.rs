//! The marks on the photo: landmarks, face, frame and windows, and a numbered place for each finding.

use gradphoto_shared::check::{Advice, Place, RuleFinding};

use super::drawing::{Drawing, Ink, Shape, corners, rectangle};
use super::gather::{Evidence, Frame};
use crate::model::{Area, Point};

/// Radius in pixels of the page of a numbered badge.
pub(super) const BADGE: f32 = 11.0;
/// Size in pixels of the marked photo, its frame included, where it stands alone.
const ALONE: (f32, f32) = (760.0, 900.0);

/// The marked photo without a list beside it.
pub(super) fn alone(evidence: &Evidence) -> Drawing {
    let canvas = Canvas::fitting(evidence, Point { x: 0.0, y: 0.0 }, ALONE);
    let size = (canvas.area.width.ceil().max(1.0) as u32, canvas.area.height.ceil().max(1.0) as u32);
    Drawing { size, photo: canvas.photo(evidence), shapes: canvas.marks(evidence) }
}

/// Where the reduced photo comes to lie on a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Canvas {
    /// The place on the page that photo and frame take together.
    pub(super) area: Area,
    /// Pixels of the page per pixel of the reduced photo.
    factor: f32,
    /// Left upper corner of the photo on the page.
    origin: Point,
}

impl Canvas {
    /// The largest that fits `room` with its corner at `at`, never enlarged; the frame may reach out of the photo.
    pub(super) fn fitting(evidence: &Evidence, at: Point, room: (f32, f32)) -> Self {
        let photo =
            Area { left: 0.0, top: 0.0, width: evidence.photo.width() as f32, height: evidence.photo.height() as f32 };
        let bounds = evidence.frame.map_or(photo, |frame| joined(photo, frame.area));
        let factor = (room.0 / bounds.width).min(room.1 / bounds.height).min(1.5);
        let area = Area { left: at.x, top: at.y, ..bounds.scaled(factor) };
        let origin = Point { x: at.x - bounds.left * factor, y: at.y - bounds.top * factor };
        Self { area: Area { left: at.x, top: at.y, ..area }, factor, origin }
    }

    pub(super) fn photo(&self, evidence: &Evidence) -> Area {
        let (width, height) = (evidence.photo.width() as f32, evidence.photo.height() as f32);
        self.area_on(Area { left: 0.0, top: 0.0, width, height })
    }

    /// Everything that is drawn on the photo, the weightiest finding uppermost.
    pub(super) fn marks(&self, evidence: &Evidence) -> Vec<Shape> {
        let mut shapes = Vec::new();
        if let Some(frame) = &evidence.frame {
            self.frame(frame, &mut shapes);
        }
        if let Some(face) = evidence.face {
            shapes.push(rectangle(self.area_on(face), 1.0, Ink::PAPER.faint(0.8), None));
        }
        shapes.extend(evidence.points.iter().map(|&point| Shape::Dot {
            at: self.on(point),
            radius: 0.9,
            ink: Ink::POINT,
        }));
        let numbered: Vec<_> = (1..).zip(&evidence.findings).collect();
        for (_, finding) in numbered.iter().rev() {
            shapes.extend(self.place(finding, evidence.scale));
        }
        let mut taken: Vec<Point> = Vec::new();
        for (number, finding) in numbered {
            if let Some(at) = self.badge_place(finding, evidence.scale, &taken) {
                shapes.extend(badge(number, at, ink(finding)));
                taken.push(at);
            }
        }
        shapes
    }

    /// The frame, and in it the windows for hair, eyes and cheeks.
    fn frame(&self, frame: &Frame, shapes: &mut Vec<Shape>) {
        let Frame { area, step, windows } = frame;
        let band = |from: f32, to: f32| {
            let (top, height) = (area.top + from * step, (to - from) * step);
            self.area_on(Area { top, height, ..*area })
        };
        for window in [windows.hair_top_px, windows.eyes_px] {
            shapes.push(rectangle(
                band(window.min, window.max),
                1.0,
                Ink::FRAME.faint(0.55),
                Some(Ink::FRAME.faint(0.06)),
            ));
        }
        let (middle, row) = (area.centre().x, area.top + windows.eyes_px.max * step + 14.0 / self.factor);
        for side in [-0.5, 0.5] {
            // From the narrowest to the widest lawful cheek on this side.
            let from = Point { x: middle + side * windows.face_width_px.min * step, y: row };
            let to = Point { x: middle + side * windows.face_width_px.max * step, y: row };
            shapes.push(line(vec![self.on(from), self.on(to)], 4.0, Ink::FRAME.faint(0.8)));
        }
        shapes.push(Shape::Line {
            points: corners(self.area_on(*area)),
            closed: true,
            width: 2.0,
            dashed: true,
            ink: Ink::FRAME,
            fill: None,
        });
    }

    fn place(&self, finding: &RuleFinding, scale: f32) -> Option<Shape> {
        let points = self.outline(finding, scale)?;
        let ink = ink(finding);
        Some(Shape::Line { points, closed: true, width: 2.5, dashed: false, ink, fill: Some(ink.faint(0.12)) })
    }

    /// A finding's place on the page, kept inside the photo's and the frame's.
    fn outline(&self, finding: &RuleFinding, scale: f32) -> Option<Vec<Point>> {
        let points = match finding.place.as_ref()? {
            Place::Box { left, top, width, height } => {
                corners(Area { left: *left, top: *top, width: *width, height: *height })
            }
            Place::Polygon { points } => points.iter().map(|&[x, y]| Point { x, y }).collect(),
        };
        let Area { left, top, width, height } = self.area;
        let inside = |point: Point| {
            let point = self.on(point.scaled(scale));
            Point { x: point.x.clamp(left + 1.5, left + width - 1.5), y: point.y.clamp(top + 1.5, top + height - 1.5) }
        };
        Some(points.into_iter().filter(|point| point.x.is_finite() && point.y.is_finite()).map(inside).collect())
    }

    /// The left upper corner of a finding's place, or the nearest free spot beside it.
    fn badge_place(&self, finding: &RuleFinding, scale: f32, taken: &[Point]) -> Option<Point> {
        let points = self.outline(finding, scale)?;
        let least = |of: fn(&Point) -> f32| points.iter().map(of).fold(f32::MAX, f32::min);
        let Area { left, top, width, height } = self.area;
        let inside =
            |value: f32, from: f32, length: f32| value.min(from + length - BADGE - 2.0).max(from + BADGE + 2.0);
        let first = Point { x: inside(least(|p| p.x), left, width), y: inside(least(|p| p.y), top, height) };
        let step = 2.0 * BADGE + 2.0;
        let across = (width / step).max(1.0) as u32;
        let spots = (0..across * 4).map(|number| Point {
            x: inside(first.x + (number % across) as f32 * step, left, width),
            y: inside(first.y + (number / across) as f32 * step, top, height),
        });
        let mut spots = spots.filter(|spot| taken.iter().all(|other| other.distance(*spot) >= step - 1.0));
        Some(spots.next().unwrap_or(first))
    }

    fn on(&self, point: Point) -> Point {
        Point { x: self.origin.x + point.x * self.factor, y: self.origin.y + point.y * self.factor }
    }

    fn area_on(&self, area: Area) -> Area {
        let corner = self.on(Point { x: area.left, y: area.top });
        Area { left: corner.x, top: corner.y, width: area.width * self.factor, height: area.height * self.factor }
    }
}

/// A number on a filled circle.
pub(super) fn badge(number: usize, at: Point, ink: Ink) -> [Shape; 3] {
    let text = number.to_string();
    let baseline = Point { x: at.x, y: at.y + 4.7 };
    [
        Shape::Dot { at, radius: BADGE + 1.5, ink: Ink::PAPER },
        Shape::Dot { at, radius: BADGE, ink },
        Shape::Text { at: baseline, text, size: 13.0, middle: true, bold: true, ink: Ink::PAPER },
    ]
}

/// The colour of a finding: what it alone advises.
pub(super) fn ink(finding: &RuleFinding) -> Ink {
    match finding.advice() {
        Advice::Retake => Ink::RETAKE,
        Advice::Review => Ink::REVIEW,
        Advice::Accept => Ink::QUIET,
    }
}

fn line(points: Vec<Point>, width: f32, ink: Ink) -> Shape {
    Shape::Line { points, closed: false, width, dashed: false, ink, fill: None }
}

/// The least rectangle round both.
fn joined(one: Area, other: Area) -> Area {
    let (left, top) = (one.left.min(other.left), one.top.min(other.top));
    let right = (one.left + one.width).max(other.left + other.width);
    let bottom = (one.top + one.height).max(other.top + other.height);
    Area { left, top, width: right - left, height: bottom - top }
}
