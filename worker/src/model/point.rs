//! Places in a picture: x to the right, y down, pixel `i` covers `i` to `i + 1`.

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: f32,
    /// Pixels from the upper edge.
    pub y: f32,
}

impl Point {
    /// The place between two.
    #[must_use]
    pub fn middle(self, other: Self) -> Self {
        Self { x: (self.x + other.x) / 2.0, y: (self.y + other.y) / 2.0 }
    }

    /// Pixels to another place.
    #[must_use]
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The same place in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(self, factor: f32) -> Self {
        Self { x: self.x * factor, y: self.y * factor }
    }
}

/// An upright rectangle; it may reach out of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Width in pixels.
    pub width: f32,
    /// Height in pixels.
    pub height: f32,
}

impl Area {
    /// Its middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point { x: self.left + self.width / 2.0, y: self.top + self.height / 2.0 }
    }

    /// The same area in a picture `factor` times as large.
    #[must_use]
    pub fn scaled(&self, factor: f32) -> Self {
        Self {
            left: self.left * factor,
            top: self.top * factor,
            width: self.width * factor,
            height: self.height * factor,
        }
    }

    /// The same area where a picture of `size` pixels shows `shown`, in the pixels of the latter.
    pub(crate) fn laid_on(&self, shown: &Self, size: (usize, usize)) -> Self {
        let (across, down) = (shown.width / size.0.max(1) as f32, shown.height / size.1.max(1) as f32);
        Self {
            left: shown.left + self.left * across,
            top: shown.top + self.top * down,
            width: self.width * across,
            height: self.height * down,
        }
    }

    /// The area with so much more on every side.
    pub(crate) fn padded(&self, by: f32) -> Self {
        Self { left: self.left - by, top: self.top - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }

    /// The smallest area that holds both.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let (left, top) = (self.left.min(other.left), self.top.min(other.top));
        let right = (self.left + self.width).max(other.left + other.width);
        let bottom = (self.top + self.height).max(other.top + other.height);
        Self { left, top, width: right - left, height: bottom - top }
    }

    /// Intersection over union, 0 to 1.
    #[must_use]
    pub fn overlap(&self, other: &Self) -> f32 {
        let both = self.intersection(other);
        ratio(both, self.width * self.height + other.width * other.height - both)
    }

    /// Intersection over the smaller of both, 0 to 1.
    #[must_use]
    pub fn shared(&self, other: &Self) -> f32 {
        ratio(self.intersection(other), (self.width * self.height).min(other.width * other.height))
    }

    fn intersection(&self, other: &Self) -> f32 {
        let across = (self.left + self.width).min(other.left + other.width) - self.left.max(other.left);
        let down = (self.top + self.height).min(other.top + other.height) - self.top.max(other.top);
        across.max(0.0) * down.max(0.0)
    }
}

fn ratio(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_with_another_holds_both() {
        let one = Area { left: 2.0, top: 3.0, width: 4.0, height: 1.0 };
        let other = Area { left: -1.0, top: 3.5, width: 2.0, height: 6.0 };
        let both = Area { left: -1.0, top: 3.0, width: 7.0, height: 6.5 };
        assert_eq!((one.with(&other), other.with(&one), one.with(&one)), (both, both, one));
    }

    #[test]
    fn an_area_of_a_picture_lies_where_the_picture_shows_it() {
        let shown = Area { left: -10.0, top: 50.0, width: 200.0, height: 300.0 };
        let whole = Area { left: 0.0, top: 0.0, width: 100.0, height: 100.0 };
        assert_eq!(whole.laid_on(&shown, (100, 100)), shown);
        let part = Area { left: 10.0, top: 20.0, width: 5.0, height: 1.0 };
        let expected = Area { left: 10.0, top: 110.0, width: 10.0, height: 3.0 };
        assert_eq!(part.laid_on(&shown, (100, 100)), expected);
        assert_eq!(part.padded(2.0), Area { left: 8.0, top: 18.0, width: 9.0, height: 5.0 });
    }

    #[test]
    fn areas_share_what_lies_in_both() {
        let area = |left, width| Area { left, top: 0.0, width, height: 10.0 };
        for (one, other, overlap, shared) in [
            (area(0.0, 10.0), area(0.0, 10.0), 1.0, 1.0),
            (area(0.0, 10.0), area(5.0, 10.0), 1.0 / 3.0, 0.5),
            (area(0.0, 10.0), area(2.0, 4.0), 0.4, 1.0),
            (area(0.0, 10.0), area(20.0, 10.0), 0.0, 0.0),
            (area(0.0, 0.0), area(0.0, 0.0), 0.0, 0.0),
        ] {
            assert!((one.overlap(&other) - overlap).abs() < 1e-6, "{one:?} {other:?}");
            assert!((one.shared(&other) - shared).abs() < 1e-6, "{one:?} {other:?}");
        }
    }
}
