//! Skin has its own grain.

use super::region::{CHEEKS, around, colour, luma};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::plane::Plane;

/// Least real pixels from cheek to cheek: fewer hold no grain of skin.
const LEAST_PX: f32 = 180.0;
/// Radius in pixels of what counts as fine.
const FINE: usize = 1;

pub(super) const RULE: Rule = Rule {
    id: "retouched",
    about: "Standard deviation of the finest brightness changes in the smoother cheek.",
    unit: "levels",
    low: Some(Advice {
        code: "too_smooth",
        en: "The skin looks smoothed. Please turn beauty filters off and upload the unedited photo.",
        zh: "皮肤疑似经过磨皮，请关闭美颜并上传未经编辑的照片。",
    }),
    high: None,
    needs: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let portrait = subject.detailed(LEAST_PX)?;
    let (width, height) = (portrait.pixels.width() as usize, portrait.pixels.height() as usize);
    let levels = Plane { width, height, values: portrait.pixels.pixels().map(|pixel| luma(colour(pixel))).collect() };
    let fine = levels.zip(&levels.mean(FINE), |level, mean| level - mean);
    let cheek = |points: &[usize]| {
        let area = around(subject, points, 0.0);
        let from = portrait.at(crate::model::Point { x: area.left, y: area.top });
        let (across, down) = (area.width * portrait.scale, area.height * portrait.scale);
        let columns = (from.x.max(0.0) as usize).min(width)..((from.x + across).max(0.0) as usize).min(width);
        let rows = (from.y.max(0.0) as usize).min(height)..((from.y + down).max(0.0) as usize).min(height);
        let values = rows.flat_map(|row| columns.clone().map(move |column| (column, row)));
        let (sum, count) = values.fold((0.0, 0), |(sum, count), (x, y)| (sum + fine.at(x, y).powi(2), count + 1));
        (sum / count.max(1) as f32).sqrt()
    };
    let [left, right] = CHEEKS;
    Ok(Measure::of(cheek(&left).min(cheek(&right))).in_area(subject.face_area()))
}
