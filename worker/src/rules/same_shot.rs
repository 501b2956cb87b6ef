//! The photo is not the same shot (同版) as another: of somebody else in the session, or one given as reference.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

pub(super) const RULE: Rule = Rule {
    id: "same_shot",
    about: "How much the shot differs from the nearest one of the same person among those it is compared with \
            (references, the session's photos of others), in brightness and places of the face's points together; \
            where nobody is the same person, from that of the most alike face.",
    unit: "differences",
    low: Some(Advice {
        code: "same_shot",
        en: "This is the same picture as one that was already handed in. Please take a new photo.",
        zh: "照片与已提交的照片是同一张，请重新拍摄。",
    }),
    high: None,
    needs: &[Role::Embed],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    Ok(Measure::of(scene.nearest_shot?).in_area(subject.face_area()))
}
