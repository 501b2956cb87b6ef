//! Both halves of the face are lit alike.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, median, patches};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness::brightness;

pub(super) const RULE: Rule = Rule {
    id: "light_from_both_sides",
    about: "Brightness of the lighter cheek over that of the darker one.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "half_lit_face",
        en: "One side of the face is in shadow. Please face the light so that both sides are lit alike.",
        zh: "面部光线不均（阴阳脸），请正对光源，使两侧光线均匀。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let [left, right] = CHEEKS.map(|cheek| median(&patches(subject, &cheek)).map(brightness));
    let (left, right) = left.zip(right).ok_or(NotAssessed::NotInPicture)?;
    let (dark, light) = (left.min(right), left.max(right));
    Ok(Measure::of(light / dark.max(1.0)).in_area(subject.face_area()))
}
