//! Levelled squares of the photo, as the networks of the face want them.

use fast_image_resize::FilterType;
use image::{Rgb, RgbImage};

use super::resample::Outside;
use super::view::View;
use crate::model::{Area, Point};

/// A square of the photo, turned so that two places in it are level: for networks only, never for the output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Square {
    centre: Point,
    side: f32,
    sine: f32,
    cosine: f32,
}

impl Square {
    /// The square of `side` pixels of the original about `centre` in which `left` and `right` are level.
    pub(crate) fn level(centre: Point, side: f32, left: Point, right: Point) -> Self {
        let (sine, cosine) = (right.y - left.y).atan2(right.x - left.x).sin_cos();
        Self { centre, side, sine, cosine }
    }

    /// The square in which each of some places, 0 to 1 in both directions, comes nearest to its point of the photo, by
    /// least squares; `None` where the points lie in one place.
    pub(crate) fn fitted(places: &[Point], points: &[Point]) -> Option<Self> {
        let count = places.len().min(points.len()) as f32;
        let mean = |of: &[Point], axis: fn(&Point) -> f32| of.iter().map(axis).sum::<f32>() / count;
        let middle = |of: &[Point]| Point { x: mean(of, |point| point.x), y: mean(of, |point| point.y) };
        let (from, to) = (middle(places), middle(points));
        let (mut along, mut across, mut spread) = (0.0, 0.0, 0.0);
        for (place, point) in places.iter().zip(points) {
            let (a, b) = ((place.x - from.x, place.y - from.y), (point.x - to.x, point.y - to.y));
            along += a.0 * b.0 + a.1 * b.1;
            across += a.0 * b.1 - a.1 * b.0;
            spread += a.0 * a.0 + a.1 * a.1;
        }
        let side = along.hypot(across) / spread;
        if !side.is_normal() {
            return None;
        }
        let (sine, cosine) = across.atan2(along).sin_cos();
        let (x, y) = ((0.5 - from.x) * side, (0.5 - from.y) * side);
        let centre = Point { x: to.x + x * cosine - y * sine, y: to.y + x * sine + y * cosine };
        Some(Self { centre, side, sine, cosine })
    }

    /// The square of `factor` times the side whose middle lies at `place` of this one, 0 to 1 in both directions.
    pub(crate) fn about(self, place: Point, factor: f32) -> Self {
        Self { centre: self.to_photo(place), side: self.side * factor, ..self }
    }

    /// Where a point of the photo lies in the square, 0 to 1 in both directions where it lies inside.
    pub(crate) fn place_of(self, point: Point) -> Point {
        let (x, y) = (point.x - self.centre.x, point.y - self.centre.y);
        let (x, y) = (x * self.cosine + y * self.sine, y * self.cosine - x * self.sine);
        Point { x: x / self.side + 0.5, y: y / self.side + 0.5 }
    }

    /// A place in the square, 0 to 1 in both directions, in pixels of the original.
    pub(crate) fn to_photo(self, place: Point) -> Point {
        let (x, y) = ((place.x - 0.5) * self.side, (place.y - 0.5) * self.side);
        Point { x: self.centre.x + x * self.cosine - y * self.sine, y: self.centre.y + x * self.sine + y * self.cosine }
    }

    /// The square's pixels: first the upright square that holds it, scaled without aliasing, then turned.
    pub(crate) fn cut(&self, view: &View, side: u32) -> RgbImage {
        self.turned(side, |area, size| view.cut(area, size, FilterType::Bilinear, Outside::Black).picture)
    }

    /// As [`Self::cut`], for a network: see [`View::glance`].
    pub(crate) fn glance(&self, view: &View, side: u32) -> RgbImage {
        self.turned(side, |area, size| view.glance(area, size, Outside::Black).picture)
    }

    fn turned(&self, side: u32, upright: impl FnOnce(Area, (u32, u32)) -> RgbImage) -> RgbImage {
        let growth = self.sine.abs() + self.cosine.abs();
        let upright_side = (side as f32 * growth).ceil();
        let reach = self.side * upright_side / side as f32;
        let area =
            Area { left: self.centre.x - reach / 2.0, top: self.centre.y - reach / 2.0, width: reach, height: reach };
        let size = (upright_side as u32, upright_side as u32);
        let upright = upright(area, size);
        if self.sine == 0.0 {
            return upright;
        }
        let (middle, half) = (upright_side / 2.0, side as f32 / 2.0);
        RgbImage::from_fn(side, side, |column, row| {
            let (x, y) = (column as f32 + 0.5 - half, row as f32 + 0.5 - half);
            let from =
                Point { x: middle + x * self.cosine - y * self.sine, y: middle + x * self.sine + y * self.cosine };
            between(&upright, from)
        })
    }
}

/// The colour at a place between pixels, by the four round it.
fn between(picture: &RgbImage, place: Point) -> Rgb<u8> {
    let (width, height) = picture.dimensions();
    let (x, y) = (place.x - 0.5, place.y - 0.5);
    let column = x.clamp(0.0, (width - 1) as f32);
    let row = y.clamp(0.0, (height - 1) as f32);
    let (left, top) = (column as u32, row as u32);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let (fx, fy) = (column - left as f32, row - top as f32);
    let corners = [(left, top), (right, top), (left, bottom), (right, bottom)].map(|(x, y)| picture.get_pixel(x, y).0);
    let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
    Rgb(std::array::from_fn(|channel| {
        let sum: f32 = corners.iter().zip(weights).map(|(corner, weight)| f32::from(corner[channel]) * weight).sum();
        (sum + 0.5) as u8
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_square_turned_by_the_eyes_maps_back_to_the_photo() {
        let eyes = (Point { x: 90.0, y: 100.0 }, Point { x: 110.0, y: 120.0 });
        let square = Square::level(Point { x: 100.0, y: 110.0 }, 60.0, eyes.0, eyes.1);
        let centre = square.to_photo(Point { x: 0.5, y: 0.5 });
        assert!(centre.distance(Point { x: 100.0, y: 110.0 }) < 1e-3);
        let right = square.to_photo(Point { x: 1.0, y: 0.5 });
        let expected = Point { x: 100.0 + 30.0 * 0.5_f32.sqrt(), y: 110.0 + 30.0 * 0.5_f32.sqrt() };
        assert!(right.distance(expected) < 1e-3, "{right:?}");
    }

    #[test]
    fn a_fitted_square_is_the_one_whose_places_the_points_are() {
        let (centre, left, right) = (Point { x: 70.0, y: 40.0 }, Point { x: 0.0, y: 0.0 }, Point { x: 4.0, y: -1.0 });
        let square = Square::level(centre, 50.0, left, right);
        let places = [(0.2, 0.3), (0.7, 0.35), (0.5, 0.8)].map(|(x, y)| Point { x, y });
        let points = places.map(|place| square.to_photo(place));
        let fitted = Square::fitted(&places, &points).expect("three places");
        for place in [(0.0, 0.0), (1.0, 0.0), (0.3, 0.9)].map(|(x, y)| Point { x, y }) {
            assert!(fitted.to_photo(place).distance(square.to_photo(place)) < 1e-3);
            assert!(fitted.place_of(square.to_photo(place)).distance(place) < 1e-4);
        }
        let about = square.about(places[1], 0.5);
        assert!(about.to_photo(Point { x: 0.5, y: 0.5 }).distance(points[1]) < 1e-3 && about.side == 25.0);
        assert!(Square::fitted(&places, &[centre; 3]).is_none());
    }

    #[test]
    fn a_turned_square_shows_the_photo_turned() {
        // A photo that is bright below the diagonal: turned by 45 degrees the border is level.
        let pixels = RgbImage::from_fn(200, 200, |x, y| if y > x { Rgb([255; 3]) } else { Rgb([0; 3]) });
        let view = View::of(pixels, 1.0, (200, 200));
        let (left_eye, right_eye) = (Point { x: 95.0, y: 95.0 }, Point { x: 105.0, y: 105.0 });
        let cut = Square::level(Point { x: 100.0, y: 100.0 }, 60.0, left_eye, right_eye).cut(&view, 64);
        for column in [2, 30, 60] {
            assert!(cut.get_pixel(column, 24).0[0] < 5 && cut.get_pixel(column, 40).0[0] > 250, "{column}");
        }
    }

    proptest! {
        #[test]
        fn a_square_keeps_lengths_and_angles_and_levels_its_two_places(
            left in (0.0_f32..4000.0, 0.0_f32..4000.0),
            turn in -3.1_f32..3.1,
            apart in 5.0_f32..900.0,
            side in 10.0_f32..3000.0,
            places in ((0.0_f32..1.0, 0.0_f32..1.0), (0.0_f32..1.0, 0.0_f32..1.0)),
        ) {
            let at = |(x, y)| Point { x, y };
            let left = at(left);
            let right = Point { x: left.x + apart * turn.cos(), y: left.y + apart * turn.sin() };
            let square = Square::level(left.middle(right), side, left, right);
            let (one, other) = (at(places.0), at(places.1));
            let (there, too) = (square.to_photo(one), square.to_photo(other));
            prop_assert!((there.distance(too) - side * one.distance(other)).abs() < 1.0);
            // Both places lie in the square's middle row, the left one left of the right one.
            let half = apart / side / 2.0;
            let (first, second) = (at((0.5 - half, 0.5)), at((0.5 + half, 0.5)));
            prop_assert!(square.to_photo(first).distance(left) < 1.0);
            prop_assert!(square.to_photo(second).distance(right) < 1.0);
        }
    }
}
