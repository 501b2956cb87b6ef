//! Skin has its own grain.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, EYES, around};
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::measure::hair::{LEFT_BROW, RIGHT_BROW};
use crate::model::Area;

/// Least real pixels from cheek to cheek: london portraits made so small and saved as JPEG of quality 75 keep a grain
/// of 0.63 levels and more (49), while at 122 pixels 8 of 49 fall under it.
const LEAST_PX: f32 = 150.0;
/// Brightness in levels past which skin is so near to white that its grain is gone: smoothed and brightened cheeks
/// have 203 and less (14), over-exposed ones from 235 (7).
const WHITE: f32 = 225.0;
/// Least grain of eyes and brows, which no filter smooths, in the same levels as that of the skin: without it the
/// photo is blurred and tells nothing about filters. Dirty lenses leave 2.6 and less, motion 3.0 (7 each); london
/// has 3.9 and more (98), reduced to 600 pixels and saved again 3.5 (49), beauty filters 3.7 (28).
const SHARP: f32 = 3.25;
/// Grain grows with the root of brightness, so it is told as it were at this one.
const MIDDLE: f32 = 128.0;

pub(super) const RULE: Rule = Rule {
    id: "retouched",
    about: "Standard deviation of the finest brightness changes in the smoother cheek, as if it were half as bright as white, where eyes and brows are sharp.",
    unit: "levels",
    low: Some(Advice {
        code: "too_smooth",
        en: "The skin looks smoothed. Please turn beauty filters off and upload the unedited photo.",
        zh: "皮肤疑似经过磨皮，请关闭美颜并上传未经编辑的照片。",
    }),
    high: None,
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    subject.detailed(LEAST_PX)?;
    let detail = scene.detail()?;
    let cheek = |points: &[usize]| {
        let grain = detail.grain(&[around(subject, points, 0.0)])?;
        let at_middle = (MIDDLE / grain.brightness.max(1.0)).sqrt();
        Some((grain, at_middle))
    };
    let cheeks = CHEEKS.iter().filter_map(|points| cheek(points));
    let smoother = cheeks.min_by(|(one, at), (other, there)| (one.deviation * at).total_cmp(&(other.deviation * there)));
    let (smoother, at_middle) = smoother.ok_or(NotAssessed::NotInPicture)?;
    let unsmoothed = detail.grain(&eyes_and_brows(subject)).ok_or(NotAssessed::NotInPicture)?;
    if smoother.brightness > WHITE || unsmoothed.deviation * at_middle < SHARP {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(Measure::of(smoother.deviation * at_middle).in_area(subject.face_area()))
}

fn eyes_and_brows(subject: &Subject<'_>) -> [Area; 4] {
    let [left_eye, right_eye] = EYES.map(|eye| around(subject, &eye, 0.3));
    let [left_brow, right_brow] = [LEFT_BROW, RIGHT_BROW].map(|brow| around(subject, &brow, 0.1));
    [left_eye, right_eye, left_brow, right_brow]
}
