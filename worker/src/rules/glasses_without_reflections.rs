//! Glasses do not reflect over the eyes.

use gradphoto_shared::check::NotAssessed;

use super::region::{EYES, around, colour, median, middle, patch};
use super::{Advice, Measure, Measured, Rule, Scene, Subject};
use crate::pack::Role;
use crate::stage::brightness::brightness;
use crate::stage::portrait::FACE_PX;

/// Middle of each cheek, under the rim.
const CHEEK: [usize; 2] = [205, 425];
/// Half the width and height of the place behind a lens, in widths of the face.
const ACROSS: f32 = 0.16;
const DOWN: f32 = 0.1;
/// Least brightness of a reflection, and by how much it outshines the cheek.
const LEAST: f32 = 120.0;
const OVER: f32 = 40.0;

pub(super) const RULE: Rule = Rule {
    id: "glasses_without_reflections",
    about: "Share of the place behind a lens that is much lighter than the cheek; 0 without glasses.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "reflecting_glasses",
        en: "The glasses reflect over the eyes. Please tilt the glasses a little, move the light or take them off.",
        zh: "眼镜反光，请略微调整眼镜角度或移动光源，或摘下眼镜。",
    }),
    needs: &[Role::Glasses],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let worn = subject.readings.glasses.clear.ok_or(NotAssessed::NoModel)?;
    if worn <= 0.0 {
        return Ok(Measure::of(0.0));
    }
    let (left, right) = light(subject, 0).zip(light(subject, 1)).ok_or(NotAssessed::NotInPicture)?;
    let eye = if left >= right { EYES[0] } else { EYES[1] };
    Ok(Measure::of(left.max(right)).in_area(around(subject, &eye, 0.4)))
}

/// Share of the place behind a lens that is much lighter than the cheek under it.
fn light(subject: &Subject<'_>, side: usize) -> Option<f32> {
    let portrait = &subject.portrait;
    let eye = portrait.at(middle(subject, EYES[side]));
    let cheek = brightness(median(&patch(portrait, subject.point(CHEEK[side])))?);
    let limit = LEAST.max(cheek + OVER);
    let (across, down) = (ACROSS * FACE_PX, DOWN * FACE_PX);
    let (mut all, mut light) = (0_u32, 0_u32);
    for row in (eye.y - down).max(0.0) as u32..((eye.y + down).max(0.0) as u32).min(portrait.pixels.height()) {
        for column in (eye.x - across).max(0.0) as u32..((eye.x + across).max(0.0) as u32).min(portrait.pixels.width())
        {
            all += 1;
            light += u32::from(brightness(colour(portrait.pixels.get_pixel(column, row))) > limit);
        }
    }
    (all > 0).then(|| light as f32 / all as f32)
}
