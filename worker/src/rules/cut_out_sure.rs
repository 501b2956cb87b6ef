//! The cut-out of the certificate picture is sure of itself.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "cut_out_sure",
    about: "Largest connected area of the certificate picture through which the new background shines, edges of hair and \
            cloth aside.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "matte_soft",
        en: "The outline of the person is unsure. Please tie loose hair and stand in front of an even wall of another colour.",
        zh: "人像边缘不够清晰，请束好散落的头发，并在与头发、衣服颜色不同的纯色墙面前拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let soft = scene.trust.ok_or(NotAssessed::NoOutput)?.soft;
    Ok(Measure::of(soft.share).in_area(soft.place))
}
