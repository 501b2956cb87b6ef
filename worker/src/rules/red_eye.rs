//! The flash has not made the pupils red.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around, middle, patch, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};
use super::Subject;

pub(super) const RULE: Rule = Rule {
    id: "red_eye",
    about: "How far red stands over green and blue in the middle of the redder eye, as a share of full red.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "red_eye",
        en: "The flash has made the eyes red. Please take the photo without flash.",
        zh: "出现红眼，请关闭闪光灯重拍。",
    }),
    needs: &[],
    relies_on: &["colour"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let [left, right] = EYES.map(|eye| redness(subject, eye));
    let (left, right) = left.zip(right).ok_or(NotAssessed::TooFewPixels)?;
    let (most, eye) = if left >= right { (left, EYES[0]) } else { (right, EYES[1]) };
    Ok(Measure::of(most).in_area(around(subject, &eye, 0.3)))
}

/// Redness over which a quarter of the pixels between the lids lie.
fn redness(subject: &Subject<'_>, eye: [usize; 6]) -> Option<f32> {
    let red = |[red, green, blue]: [f32; 3]| (red - green.max(blue)) / 255.0;
    quantile(patch(&subject.portrait, middle(subject, eye)).into_iter().map(red).collect(), 0.75)
}
