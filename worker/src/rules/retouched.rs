//! Skin has its own grain.

use std::ops::Range;

use super::region::{CHEEKS, around};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::stage::brightness::levels;

/// Least real pixels from cheek to cheek: fewer hold no grain of skin.
const LEAST_PX: f32 = 180.0;
/// Radius in pixels of what counts as fine.
const FINE: u32 = 1;

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
    let (width, height) = portrait.pixels.dimensions();
    let cheek = |points: &[usize]| {
        let area = around(subject, points, 0.0);
        let from = portrait.at(crate::model::Point { x: area.left, y: area.top });
        let (across, down) = (area.width * portrait.scale, area.height * portrait.scale);
        let range = |from: f32, to: f32, size: u32| (from.max(0.0) as u32).min(size)..(to.max(0.0) as u32).min(size);
        let (columns, rows) = (range(from.x, from.x + across, width), range(from.y, from.y + down, height));
        // Means of pixels at the edge reach beyond it.
        let grown = |range: &Range<u32>, size: u32| range.start.saturating_sub(FINE)..(range.end + FINE).min(size);
        let (wide, high) = (grown(&columns, width), grown(&rows, height));
        let (left, top) = ((columns.start - wide.start) as usize, (rows.start - high.start) as usize);
        let levels = levels(&portrait.pixels, wide, high);
        let fine = levels.zip(&levels.mean(FINE as usize), |level, mean| level - mean);
        let rows = (0..rows.len()).map(|row| &fine.row(top + row)[left..left + columns.len()]);
        let (sum, count) = rows.flatten().fold((0.0, 0), |(sum, count), step| (sum + step.powi(2), count + 1));
        (sum / count.max(1) as f32).sqrt()
    };
    let [left, right] = CHEEKS;
    Ok(Measure::of(cheek(&left).min(cheek(&right))).in_area(subject.face_area()))
}
