//! Where a code lies.

use crate::model::Area;

/// The four corners, in order round the code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Corners(pub(super) [(f32, f32); 4]);

impl Corners {
    /// Each corner put through `place`.
    pub(super) fn map(self, place: impl Fn((f32, f32)) -> (f32, f32)) -> Self {
        Self(self.0.map(place))
    }

    /// The upright box round the corners.
    pub(super) fn bounds(self) -> Area {
        let span = |axis: fn((f32, f32)) -> f32| {
            let values = self.0.map(axis);
            let least = values.into_iter().fold(f32::INFINITY, f32::min);
            (least, values.into_iter().fold(f32::NEG_INFINITY, f32::max) - least)
        };
        let ((left, width), (top, height)) = (span(|corner| corner.0), span(|corner| corner.1));
        Area { left, top, width, height }
    }

    /// Whether they enclose nothing: a reader that lost its place.
    pub(super) fn is_nowhere(self) -> bool {
        let Area { width, height, .. } = self.bounds();
        width < 1.0 || height < 1.0
    }

    /// Whether both lie at one place: the middle of either lies in the box of the other.
    ///
    /// Codes side by side have their middles a whole code apart; two readers put the corners of one code a few
    /// modules apart.
    pub(super) fn meets(self, other: Self) -> bool {
        let (one, two) = (self.bounds(), other.bounds());
        holds(one, middle(two)) || holds(two, middle(one))
    }
}

fn middle(area: Area) -> (f32, f32) {
    (area.left + area.width / 2.0, area.top + area.height / 2.0)
}

fn holds(area: Area, (x, y): (f32, f32)) -> bool {
    (area.left..=area.left + area.width).contains(&x) && (area.top..=area.top + area.height).contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(left: f32, top: f32, side: f32) -> Corners {
        Corners([(left, top), (left + side, top), (left + side, top + side), (left, top + side)])
    }

    #[test]
    fn codes_side_by_side_do_not_meet() {
        assert!(square(0.0, 0.0, 100.0).meets(square(5.0, -4.0, 100.0)));
        assert!(square(0.0, 0.0, 100.0).meets(square(40.0, 40.0, 30.0)), "a part of it");
        assert!(!square(0.0, 0.0, 100.0).meets(square(101.0, 0.0, 100.0)));
        assert!(!square(0.0, 0.0, 100.0).meets(square(0.0, 300.0, 20.0)));
    }

    #[test]
    fn the_box_holds_a_turned_code() {
        let turned = Corners([(50.0, 0.0), (100.0, 50.0), (50.0, 100.0), (0.0, 50.0)]);
        assert_eq!(turned.bounds(), Area { left: 0.0, top: 0.0, width: 100.0, height: 100.0 });
        assert_eq!(turned.map(|(x, y)| (x * 2.0 + 1.0, y)).bounds().width, 200.0);
    }
}
