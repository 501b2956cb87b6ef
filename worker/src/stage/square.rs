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

    /// A place in the square, 0 to 1 in both directions, in pixels of the original.
    pub(crate) fn to_photo(self, place: Point) -> Point {
        let (x, y) = ((place.x - 0.5) * self.side, (place.y - 0.5) * self.side);
        Point { x: self.centre.x + x * self.cosine - y * self.sine, y: self.centre.y + x * self.sine + y * self.cosine }
    }

    /// The square's pixels: first the upright square that holds it, scaled without aliasing, then turned.
    pub(crate) fn cut(&self, view: &View, side: u32) -> RgbImage {
        let growth = self.sine.abs() + self.cosine.abs();
        let upright_side = (side as f32 * growth).ceil();
        let reach = self.side * upright_side / side as f32;
        let area =
            Area { left: self.centre.x - reach / 2.0, top: self.centre.y - reach / 2.0, width: reach, height: reach };
        let size = (upright_side as u32, upright_side as u32);
        let upright = view.cut(area, size, FilterType::Bilinear, Outside::Black).picture;
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
    fn a_turned_square_shows_the_photo_turned() {
        // A photo that is bright below the diagonal: turned by 45 degrees the border is level.
        let pixels = RgbImage::from_fn(200, 200, |x, y| if y > x { Rgb([255; 3]) } else { Rgb([0; 3]) });
        let view = View { pixels, scale: 1.0, size: (200, 200) };
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
            prop_assert!(square.to_photo(Point { x: 0.5 - half, y: 0.5 }).distance(left) < 1.0);
            prop_assert!(square.to_photo(Point { x: 0.5 + half, y: 0.5 }).distance(right) < 1.0);
        }
    }
}
