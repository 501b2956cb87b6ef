//! Clothes have no stripes or loud patterns.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// Radius in pixels of the portrait within which brightness is compared: a quarter of the width of a
/// mouth, wider than a stripe.
const RADIUS: usize = 8;
/// Share of clothes in the neighbourhood from which a pixel counts: the rest is edge.
const INSIDE: f32 = 0.98;
const LEAST: usize = 1500;

pub(super) const RULE: Rule = Rule {
    id: "clothes_pattern",
    about: "How much brightness changes within a finger's breadth of cloth, on average.",
    unit: "levels",
    low: None,
    high: Some(Advice {
        code: "patterned_clothes",
        en: "The clothes are striped or patterned. Plain clothes with a collar are best.",
        zh: "衣服有条纹或花纹，建议穿纯色有领衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let clothes = scene.clothes()?;
    let (member, levels) = clothes.planes(&scene.subject()?.portrait, RADIUS as u32);
    let inside = member.mean(RADIUS);
    let mean = levels.mean(RADIUS);
    let squares = levels.map(|level| level * level).mean(RADIUS);
    let counted = (0..levels.values.len()).filter(|&at| inside.values[at] > INSIDE);
    let spread = |at: usize| (squares.values[at] - mean.values[at] * mean.values[at]).max(0.0).sqrt();
    let (sum, count) = counted.fold((0.0, 0), |(sum, count), at| (sum + spread(at), count + 1));
    if count < LEAST {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(Measure::of(sum / count as f32).in_area(clothes.area))
}
