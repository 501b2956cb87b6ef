//! The region between some points.

use crate::model::{Area, Point};

/// The smallest region without dents that holds some points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hull {
    /// Its corners, in the order of the clock as one sees the picture.
    corners: Vec<Point>,
}

impl Hull {
    /// The hull of points. Of fewer than three, or of points in a line, it holds nothing.
    pub(super) fn of(points: impl IntoIterator<Item = Point>) -> Self {
        let mut points: Vec<Point> = points.into_iter().collect();
        points.sort_by(|one, other| one.x.total_cmp(&other.x).then(one.y.total_cmp(&other.y)));
        // Along the upper side from left to right, then along the lower side back.
        let mut corners = side(points.iter().copied());
        corners.pop();
        let mut back = side(points.into_iter().rev());
        back.pop();
        corners.append(&mut back);
        Self { corners }
    }

    /// The hull of the same points seen through `place`, which must keep lines straight and mirror nothing.
    pub(super) fn seen(&self, place: impl Fn(Point) -> Point) -> Self {
        Self { corners: self.corners.iter().map(|&corner| place(corner)).collect() }
    }

    /// Whether a place lies inside.
    pub(super) fn holds(&self, place: Point) -> bool {
        let next = self.corners.iter().cycle().skip(1);
        self.corners.len() > 2 && self.corners.iter().zip(next).all(|(&from, &to)| turn(from, to, place) >= 0.0)
    }

    /// The upright rectangle round it.
    pub(super) fn bounds(&self) -> Area {
        let least = |pick: fn(&Point) -> f32| self.corners.iter().map(pick).fold(f32::INFINITY, f32::min);
        let most = |pick: fn(&Point) -> f32| self.corners.iter().map(pick).fold(f32::NEG_INFINITY, f32::max);
        let (left, top) = (least(|corner| corner.x), least(|corner| corner.y));
        Area { left, top, width: most(|corner| corner.x) - left, height: most(|corner| corner.y) - top }
    }
}

/// Those of points in order of their columns that make one side of the hull.
fn side(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut side: Vec<Point> = Vec::new();
    for point in points {
        while let [.., from, to] = side[..]
            && turn(from, to, point) <= 0.0
        {
            side.pop();
        }
        side.push(point);
    }
    side
}

/// Above 0 where the way from `from` over `to` to `place` turns with the clock.
fn turn(from: Point, to: Point, place: Point) -> f32 {
    (to.x - from.x) * (place.y - from.y) - (to.y - from.y) * (place.x - from.x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(places: &[(f32, f32)]) -> Vec<Point> {
        places.iter().map(|&(x, y)| Point { x, y }).collect()
    }

    #[test]
    fn a_hull_holds_what_lies_between_its_points() {
        let hull = Hull::of(points(&[(2.0, 2.0), (0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (1.0, 3.0)]));
        assert_eq!(hull.corners.len(), 4);
        for (x, y, inside) in [(2.0, 2.0, true), (0.0, 1.0, true), (4.1, 2.0, false), (2.0, -0.1, false)] {
            assert_eq!(hull.holds(Point { x, y }), inside, "{x} {y}");
        }
        assert_eq!(hull.bounds(), Area { left: 0.0, top: 0.0, width: 4.0, height: 4.0 });
        let far = hull.seen(|point| Point { x: point.x * 2.0 + 10.0, y: point.y });
        assert!(far.holds(Point { x: 17.0, y: 2.0 }) && !far.holds(Point { x: 9.0, y: 2.0 }));
    }

    #[test]
    fn a_line_holds_nothing_but_itself() {
        assert!(!Hull::of([]).holds(Point { x: 0.0, y: 0.0 }));
        let line = Hull::of(points(&[(0.0, 0.0), (1.0, 1.0), (2.0, 2.0)]));
        assert!(!line.holds(Point { x: 1.0, y: 1.2 }));
    }
}
