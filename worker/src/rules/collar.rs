//! Clothes reach up to the neck, as those with a collar do.

use super::{Advice, Measured, Rule, Scene};
use crate::pack::Role;

/// Where a collar lies at both sides of the neck: beside the middle of the face and under the chin, in its widths.
const BESIDE: std::ops::Range<f32> = 0.22..0.42;
const UNDER: std::ops::Range<f32> = 0.05..0.45;
/// Least pixels of the portrait that tell anything: a third of that.
const LEAST: usize = 2000;

pub(super) const RULE: Rule = Rule {
    id: "collar",
    about: "Share of the neck's sides, from the chin down, that clothes cover.",
    unit: "share",
    low: Some(Advice {
        code: "no_collar",
        en: "The clothes seem to have no collar. Clothes with a collar look best.",
        zh: "衣服疑似无领，建议穿有领衣服。",
    }),
    high: None,
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let is_cloth = |[hair, skin, _]: [Option<bool>; 3], _| skin != Some(true) && hair != Some(true);
    scene.subject()?.share_under_chin(UNDER, BESIDE, LEAST, is_cloth)
}
