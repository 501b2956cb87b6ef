//! The picture has its full contrast.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, middle, patch, quantile};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness::brightness;

pub(super) const RULE: Rule = Rule {
    id: "haze",
    about: "Brightness over which nine tenths of the darker pupil lie: pupils are black in any light, and a veil lifts them.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "hazy",
        en: "The picture is hazy. Please clean the lens and avoid light behind you.",
        zh: "画面发灰，请擦净镜头并避免逆光。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let dark = |eye: [usize; 6]| {
        let levels = patch(&subject.portrait, middle(subject, eye)).into_iter().map(brightness);
        quantile(levels.collect(), 0.1)
    };
    let [left, right] = EYES.map(dark);
    let level = left.zip(right).map(|(left, right)| left.min(right)).ok_or(NotAssessed::NotInPicture)?;
    Ok(Measure::of(level).in_area(subject.face_area()))
}
