//! Nothing covers one half of the mouth.

use gradphoto_shared::check::NotAssessed;

use super::region::{around, balance, distance, inside, median};
use super::{Advice, Measure, Measured, Rule, Scene};

/// The line round all but the middle of each half of the lips: from the corner along the upper lip and back under the lower
/// one. What covers a mouth from a side may end before its middle.
const SIDES: [[usize; 9]; 2] =
    [[61, 185, 40, 39, 37, 84, 181, 91, 146], [291, 409, 270, 269, 267, 314, 405, 321, 375]];

pub(super) const RULE: Rule = Rule {
    id: "mouth_whole",
    about: "Distance of the left side of the lips from the right one, in colour without brightness.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "mouth_half_covered",
        en: "Something covers a part of the mouth. Please keep hands and things away from the face.",
        zh: "嘴部有遮挡，请勿用手或物品遮挡面部。",
    }),
    needs: &[],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let [left, right] = SIDES.map(|line| median(&inside(subject, &line)).map(balance));
    let (left, right) = left.zip(right).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(distance(left, right)).by_mesh_of(subject).in_area(around(subject, &[61, 0, 291, 17], 0.4)))
}
