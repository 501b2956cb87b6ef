//! Glasses have clear lenses.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around, balance, distance, median, patch};
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::model::Point;
use crate::pack::Role;
use crate::stage::brightness::brightness;
use crate::stage::portrait::FACE_PX;

/// Under an eye, in widths of the face: behind the lens, over the rim.
const UNDER_EYE: f32 = 0.085;
/// Middle of each cheek, under the rim.
const CHEEK: [usize; 2] = [205, 425];
/// Levels that the loss of all light counts: a tenth of it weighs as much as a tint that can just be seen.
const DARKNESS: f32 = 30.0;

pub(super) const RULE: Rule = Rule {
    id: "glasses_untinted",
    about: "How far the skin behind the lenses differs from the cheeks, by colour and darkness; 0 without glasses.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "tinted_glasses",
        en: "The glasses are tinted. Please take them off or wear clear ones.",
        zh: "眼镜镜片有颜色，请摘下或更换无色镜片。",
    }),
    needs: &[Role::Glasses],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let worn = subject.readings.glasses.clear.ok_or(NotAssessed::NoModel)?;
    if worn <= 0.0 {
        return Ok(Measure::of(0.0));
    }
    let [left, right] = [apart(subject, 0), apart(subject, 1)];
    let both = left.zip(right).map(|(left, right)| (left + right) / 2.0).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(both).in_area(around(subject, &EYES.concat(), 0.3)))
}

/// How far the skin under an eye is from that of the cheek.
fn apart(subject: &Subject<'_>, side: usize) -> Option<f32> {
    let eye = super::region::middle(subject, EYES[side]);
    let down = |share: f32| share * FACE_PX / subject.portrait.scale;
    let under = median(&patch(&subject.portrait, Point { y: eye.y + down(UNDER_EYE), ..eye }))?;
    let cheek = median(&patch(&subject.portrait, subject.point(CHEEK[side])))?;
    let darker = (1.0 - brightness(under) / brightness(cheek).max(1.0)).max(0.0);
    Some(distance(balance(under), balance(cheek)) + DARKNESS * darker)
}
