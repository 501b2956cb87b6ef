//! The picture is no photograph of a screen or a print.

use super::region::{GREY, chroma, median};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::measure::moire;
use crate::pack::Role;

/// Waves in standard deviations: 98 photographed portraits reach 3.4, drawn rasters start at 4.7. Whether the face
/// lives, turned round: photographed portraits reach 0.66. Frames over the picture's side.
const WAVES: Sign = Sign { from: 3.6, to: 6.6 };
const LIFELESS: Sign = Sign { from: 0.6, to: 1.0 };
const FRAME: Sign = Sign { from: 0.0, to: 0.03 };

pub(super) const RULE: Rule = Rule {
    id: "not_recaptured",
    about: "How certain waves of a raster, an even frame and the networks for living faces make it, together; waves \
            weigh most.",
    unit: "certainty",
    low: None,
    high: Some(Advice {
        code: "recaptured",
        en: "The picture looks like a photograph of a screen or a print. Please upload the original photo.",
        zh: "照片疑似翻拍屏幕或纸质照片，请上传原始照片。",
    }),
    needs: &[Role::LiveNear, Role::LiveWide],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let wave = moire::strongest_wave(&scene.view.pixels).map_or(0.0, |wave| WAVES.share(wave));
    let live = scene.subject.as_ref().and_then(|subject| subject.readings.live);
    // The networks take greyscale photos for prints.
    let is_grey = scene.face().is_ok_and(|face| median(face).is_some_and(|colour| chroma(colour) < GREY));
    let dead = live.filter(|_| !is_grey).map_or(0.0, |live| LIFELESS.share(1.0 - live));
    let frame = FRAME.share(scene.border());
    Ok(Measure::of(together(&[(wave, 0.9), (dead, 0.4), (frame, 0.3)])))
}

/// A reading that tells nothing up to `from` and as much as it ever can from `to`.
struct Sign {
    from: f32,
    to: f32,
}

impl Sign {
    fn share(&self, reading: f32) -> f32 {
        ((reading - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }
}

/// How certain independent signs make it, each with the most that it alone can.
fn together(signs: &[(f32, f32)]) -> f32 {
    1.0 - signs.iter().map(|(share, most)| 1.0 - share * most).product::<f32>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_add_up_and_none_is_sure_alone() {
        assert_eq!(together(&[(0.0, 0.9), (0.0, 0.4)]), 0.0);
        assert!((together(&[(1.0, 0.9), (0.0, 0.4)]) - 0.9).abs() < 1e-6);
        assert!((together(&[(1.0, 0.5), (1.0, 0.5)]) - 0.75).abs() < 1e-6);
        for (wave, share) in [(3.0, 0.0), (5.1, 0.5), (9.0, 1.0)] {
            assert!((WAVES.share(wave) - share).abs() < 1e-6, "{wave}");
        }
    }
}
