//! Clothes stand out from the background that the finished picture gets.

use super::region::Colour;
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::pack::Role;

/// How far from what is not the person clothes are looked at, in pixels of the portrait: a sixteenth of the face's width.
const REACH: usize = 12;
/// A colour that lies no farther from the background's in any channel is hard to tell from it, in levels: so are, by eye,
/// the shoulders of finished pictures of london before white (18 looked at).
const NEAR: f32 = 30.0;
/// Least pixels of the outline that tell anything.
const LEAST: usize = 100;

pub(super) const RULE: Rule = Rule {
    id: "clothes_outline",
    about: "Share of the clothes along the person's outline that has the colour of the standard's background.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "clothes_like_background",
        en: "The clothes can hardly be told from the background of the finished picture. Please wear another colour.",
        zh: "衣服颜色与成品照片背景接近，肩部轮廓难以分辨，请更换其他颜色的衣服。",
    }),
    needs: &[Role::Hair, Role::Parse],
    relies_on: &["colour_cast"],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let clothes = scene.clothes()?;
    let wanted = scene.spec.picture.background.map(f32::from);
    let same = |colour: Colour| colour.iter().zip(wanted).all(|(own, wanted)| (own - wanted).abs() <= NEAR);
    let share = clothes.share_at_outline(&scene.subject()?.portrait, REACH, LEAST, same)?;
    Ok(Measure::of(share).in_area(clothes.area))
}
