//! Clothes have no stripes or loud patterns.

use gradphoto_shared::check::NotAssessed;

use super::clothes::Clothes;
use super::region::{colour, luma};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;
use crate::stage::plane::Plane;

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
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let (clothes, pixels) = (Clothes::of(subject), &subject.portrait.pixels);
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let plane = |values: Vec<f32>| Plane { width, height, values };
    let member = plane(
        pixels.enumerate_pixels().map(|(column, row, _)| f32::from(u8::from(clothes.holds(column, row)))).collect(),
    );
    let levels = plane(pixels.pixels().map(|pixel| luma(colour(pixel))).collect());
    let inside = member.mean(RADIUS);
    let mean = levels.mean(RADIUS);
    let squares = levels.map(|level| level * level).mean(RADIUS);
    let counted = (0..levels.values.len()).filter(|&at| inside.values[at] > INSIDE);
    let spread = |at: usize| (squares.values[at] - mean.values[at] * mean.values[at]).max(0.0).sqrt();
    let (sum, count) = counted.fold((0.0, 0), |(sum, count), at| (sum + spread(at), count + 1));
    if count < LEAST {
        return Err(NotAssessed::NotInPicture);
    }
    Ok(Measure::of(sum / count as f32).in_area(clothes.area()))
}
