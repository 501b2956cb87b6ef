//! Areas that networks want to see round a face, out of the box that a detector gave.

use super::{Area, Point};

impl Area {
    /// An upright rectangle about a middle.
    #[must_use]
    pub fn about(middle: Point, width: f32, height: f32) -> Self {
        Self { left: middle.x - width / 2.0, top: middle.y - height / 2.0, width, height }
    }

    /// Whether a place lies in it.
    #[must_use]
    pub fn holds(&self, place: Point) -> bool {
        let (across, down) = (place.x - self.left, place.y - self.top);
        (0.0..self.width).contains(&across) && (0.0..self.height).contains(&down)
    }

    /// The upright square about the same middle whose side is `factor` times the longer side.
    #[must_use]
    pub fn square(&self, factor: f32) -> Self {
        let side = self.width.max(self.height) * factor;
        Self::about(self.centre(), side, side)
    }

    /// The area with `share` of its width more at the left and at the right, and of its height above and below.
    #[must_use]
    pub fn grown(&self, share: f32) -> Self {
        let factor = 1.0 + 2.0 * share;
        Self::about(self.centre(), self.width * factor, self.height * factor)
    }

    /// What of the area lies in a picture of `size`; of no width or height where nothing does.
    #[must_use]
    pub fn clipped(&self, size: (u32, u32)) -> Self {
        let (width, height) = (size.0 as f32, size.1 as f32);
        let (left, top) = (self.left.clamp(0.0, width), self.top.clamp(0.0, height));
        let right = (self.left + self.width).clamp(left, width);
        let bottom = (self.top + self.height).clamp(top, height);
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// The area `factor` times as large, or as large as a picture of `size` lets it be, about its middle as far
    /// as the picture's borders allow.
    #[must_use]
    pub fn fitted(&self, factor: f32, size: (u32, u32)) -> Self {
        let (width, height) = (size.0 as f32, size.1 as f32);
        let factor = factor.min((width - 1.0) / self.width).min((height - 1.0) / self.height);
        let grown = Self::about(self.centre(), self.width * factor, self.height * factor);
        Self {
            left: grown.left.min(width - grown.width).max(0.0),
            top: grown.top.min(height - grown.height).max(0.0),
            ..grown
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOX: Area = Area { left: 40.0, top: 30.0, width: 20.0, height: 40.0 };

    #[test]
    fn areas_grow_about_their_middle() {
        assert_eq!(BOX.square(1.5), Area { left: 20.0, top: 20.0, width: 60.0, height: 60.0 });
        assert_eq!(BOX.grown(0.5), Area { left: 30.0, top: 10.0, width: 40.0, height: 80.0 });
        assert_eq!(BOX.grown(0.0), BOX);
    }

    #[test]
    fn what_leaves_the_picture_is_clipped() {
        assert_eq!(BOX.clipped((50, 50)), Area { left: 40.0, top: 30.0, width: 10.0, height: 20.0 });
        assert_eq!(BOX.clipped((200, 200)), BOX);
        let outside = BOX.clipped((30, 10));
        assert_eq!((outside.width, outside.height), (0.0, 0.0));
    }

    #[test]
    fn a_fitted_area_shrinks_first_and_moves_then() {
        assert_eq!(BOX.fitted(2.0, (200, 200)), Area { left: 30.0, top: 10.0, width: 40.0, height: 80.0 });
        assert_eq!(BOX.fitted(2.0, (200, 85)).top, 5.0, "it would hang over the lower border");
        let (width, height) = (61.0, 81.0);
        let fitted = BOX.fitted(9.0, (61, 81));
        assert!((fitted.height - 80.0).abs() < 1e-3 && (fitted.width - 40.0).abs() < 1e-3, "{fitted:?}");
        assert!(fitted.left >= 0.0 && fitted.left + fitted.width <= width, "{fitted:?}");
        assert!(fitted.top >= 0.0 && fitted.top + fitted.height <= height, "{fitted:?}");
    }

    prop_compose! {
        fn any_area()(left in -900.0_f32..900.0, top in -900.0_f32..900.0, width in 0.1_f32..900.0, height in 0.1_f32..900.0)
            -> Area {
            Area { left, top, width, height }
        }
    }

    proptest! {
        #[test]
        fn a_clipped_area_lies_in_the_picture_and_in_the_area(area in any_area(), size in (1_u32..800, 1_u32..800)) {
            let clipped = area.clipped(size);
            prop_assert!(clipped.width >= 0.0 && clipped.height >= 0.0);
            prop_assert!(clipped.left >= 0.0 && clipped.left + clipped.width <= size.0 as f32 + 1e-3);
            prop_assert!(clipped.top >= 0.0 && clipped.top + clipped.height <= size.1 as f32 + 1e-3);
            prop_assert!(clipped.width <= area.width + 1e-3 && clipped.height <= area.height + 1e-3);
            prop_assert_eq!(clipped.clipped(size), clipped);
        }

        #[test]
        fn a_fitted_area_lies_in_the_picture_and_keeps_its_shape(
            area in any_area(),
            factor in 0.2_f32..5.0,
            size in (2_u32..800, 2_u32..800),
        ) {
            let fitted = area.fitted(factor, size);
            prop_assert!(fitted.left >= 0.0 && fitted.left + fitted.width <= size.0 as f32 + 0.01, "{:?}", fitted);
            prop_assert!(fitted.top >= 0.0 && fitted.top + fitted.height <= size.1 as f32 + 0.01, "{:?}", fitted);
            let (before, after) = (area.width / area.height, fitted.width / fitted.height);
            prop_assert!((before / after - 1.0).abs() < 1e-3, "{} {}", before, after);
        }

        #[test]
        fn overlap_is_a_share_and_the_same_both_ways(one in any_area(), other in any_area()) {
            for (found, back) in [(one.overlap(&other), other.overlap(&one)), (one.shared(&other), other.shared(&one))] {
                prop_assert!((0.0..=1.0 + 1e-4).contains(&found), "{}", found);
                prop_assert!((found - back).abs() < 1e-4);
            }
            prop_assert!((one.overlap(&one) - 1.0).abs() < 1e-3);
        }
    }
}
