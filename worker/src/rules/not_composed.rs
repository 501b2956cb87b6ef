//! The background was not drawn in.

use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::Area;
use crate::stage::pixels::row;

/// A corner's sides are this part of the picture's.
const CORNER: u32 = 5;

pub(super) const RULE: Rule = Rule {
    id: "not_composed",
    about: "Share of neighbours in the upper corners that have exactly the same colour: cameras leave grain, \
            programs do not.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "drawn_background",
        en: "The background looks drawn in. Please upload the photo as it was taken, before any change of background.",
        zh: "背景疑似经过替换，请上传未经修改背景的原照片。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    // Where nobody stands in front of it there is no background.
    scene.subject()?;
    let pixels = &scene.view.pixels;
    let (width, height) = (pixels.width(), pixels.height());
    let (across, down) = (width / CORNER, height / CORNER);
    let (mut all, mut same) = (0_usize, 0_usize);
    for at in 0..down {
        for corner in [row(pixels, at, 0..across), row(pixels, at, width - across..width)] {
            all += corner.len().saturating_sub(1);
            same += corner.windows(2).filter(|pair| pair[0] == pair[1]).count();
        }
    }
    let (right, bottom) = scene.view.size;
    // From corner to corner.
    let place = Area { left: 0.0, top: 0.0, width: right as f32, height: (bottom / CORNER) as f32 };
    Ok(Measure::of(same as f32 / all.max(1) as f32).in_area(place))
}
