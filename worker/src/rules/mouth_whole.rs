//! Nothing covers one half of the mouth.

use gradphoto_shared::check::NotAssessed;

use super::region::{Colour, around, balance, distance, inside, median, patches};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::colours::way;

/// The line round all but the middle of each half of the lips: from the corner along the upper lip and back under the lower
/// one. What covers a mouth from a side may end before its middle.
const SIDES: [[usize; 9]; 2] =
    [[61, 185, 40, 39, 37, 84, 181, 91, 146], [291, 409, 270, 269, 267, 314, 405, 321, 375]];

/// Skin over, beside and under each half of the lips. Light from a side tints it as it tints the lips.
const BESIDE: [[usize; 6]; 2] = [[186, 92, 165, 43, 106, 182], [410, 322, 391, 273, 335, 406]];
/// Levels by which lips must differ from skin to say anything. The redder half does by more in 82 of 98 portraits of
/// london and 113 of 118 of synth_east_asian; in the others what the halves differ by counts against this.
const COLOURED: f32 = 10.0;

pub(super) const RULE: Rule = Rule {
    id: "mouth_whole",
    about: "How much the two halves of the lips differ in their distance from the skin beside them, in colour without \
            brightness, over the greater distance.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "mouth_half_covered",
        en: "Something covers a part of the mouth. Please keep hands and things away from the face.",
        zh: "嘴部有遮挡，请勿用手或物品遮挡面部。",
    }),
    needs: &[],
    relies_on: &["colour", "compression"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let tint = |colours: &[Colour]| median(colours).map(balance);
    let lips = SIDES.map(|line| tint(&inside(subject, &line)));
    let skin = BESIDE.map(|points| tint(&patches(subject, &points)));
    let [Some(left), Some(right)] = [0, 1].map(|side| Some(way(skin[side]?, lips[side]?))) else {
        return Err(NotAssessed::NotInPicture);
    };
    Ok(Measure::of(uneven(left, right)).in_area(around(subject, &[61, 0, 291, 17], 0.4)))
}

/// How much the ways from skin to lips differ on both sides, over the longer one.
fn uneven(left: Colour, right: Colour) -> f32 {
    let length = |way: Colour| distance(way, Colour::default());
    distance(left, right) / length(left).max(length(right)).max(COLOURED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lipstick_and_light_from_a_side_do_not_count_and_a_finger_over_one_half_does() {
        let (skin, painted) = ([120.0, 95.0, 85.0], [150.0, 75.0, 75.0]);
        let in_shade = |colour: Colour| [colour[0] + 12.0, colour[1] - 4.0, colour[2] - 8.0];
        let bright = way(skin, painted);
        assert!(uneven(bright, way(in_shade(skin), in_shade(painted))) < 0.01);
        assert!(uneven(bright, way(skin, skin)) > 0.99);
        let pale = way(skin, [123.0, 93.0, 84.0]);
        assert!(uneven(pale, way(skin, skin)) < 0.5, "noise on pale lips is not told");
    }
}
