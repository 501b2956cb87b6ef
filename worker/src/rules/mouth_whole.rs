//! Nothing covers one half of the mouth.

use gradphoto_shared::check::NotAssessed;

use super::region::{around, balance, distance, median, patch};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::Point;

/// Corners of the mouth, and how far towards them the halves are looked at.
const CORNERS: [usize; 2] = [61, 291];
const OUTWARDS: f32 = 0.55;

pub(super) const RULE: Rule = Rule {
    id: "mouth_whole",
    about: "Distance of the left half of the lips from the right one, in colour without brightness.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "mouth_half_covered",
        en: "Something covers a part of the mouth. Please keep hands and things away from the face.",
        zh: "嘴部有遮挡，请勿用手或物品遮挡面部。",
    }),
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let [left, right] = CORNERS.map(|corner| subject.point(corner));
    let middle = left.middle(right);
    let half = |corner: Point| {
        let place =
            Point { x: middle.x + (corner.x - middle.x) * OUTWARDS, y: middle.y + (corner.y - middle.y) * OUTWARDS };
        median(&patch(&subject.portrait, place)).map(balance)
    };
    let (left, right) = half(left).zip(half(right)).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(distance(left, right)).in_area(around(subject, &[61, 0, 291, 17], 0.4)))
}
