//! The flash has not made the pupils red.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, Colour, EYES, around, middle, patch, patches, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};

/// Share of the pixels between the lids under which the reading lies: white and lashes are less red than a red pupil.
const MOST: f32 = 0.75;

pub(super) const RULE: Rule = Rule {
    id: "red_eye",
    about: "How much farther red stands over green and blue in the middle of the redder eye than in the cheeks, as a share of full red.",
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
    // Skin is red too, in warm light and where a small file keeps fewer colours than pixels also between narrow lids.
    let cheeks = redness(patches(subject, CHEEKS.as_flattened()), 0.5);
    let [left, right] = EYES.map(|eye| redness(patch(&subject.portrait, middle(subject, eye)), MOST));
    let (Some(left), Some(right), Some(cheeks)) = (left, right, cheeks) else {
        return Err(NotAssessed::TooFewPixels);
    };
    let (most, eye) = if left >= right { (left, EYES[0]) } else { (right, EYES[1]) };
    Ok(Measure::of((most - cheeks).max(0.0)).in_area(around(subject, &eye, 0.3)))
}

/// Redness under which a share of the colours lies.
fn redness(colours: Vec<Colour>, share: f32) -> Option<f32> {
    let red = |[red, green, blue]: Colour| (red - green.max(blue)) / 255.0;
    quantile(colours.into_iter().map(red).collect(), share)
}
