//! Two segmenters agree on what of the certificate picture is person.

use gradphoto_shared::check::NotAssessed;

use super::{Advice, Measure, Measured, Rule, Scene};

pub(super) const RULE: Rule = Rule {
    id: "cut_out_agreed",
    about: "Largest connected area of the certificate picture that one segmenter surely takes for person and another \
            surely for background.",
    unit: "share",
    low: None,
    high: Some(Advice {
        code: "matte_disputed",
        en: "Something beside the person cannot be told from the person. Please stand in front of an even, bare wall.",
        zh: "人像与旁边的物体难以区分，请在空白的纯色墙面前拍摄。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let disputed = scene.trust.ok_or(NotAssessed::NoOutput)?.disputed.ok_or(NotAssessed::NoModel)?;
    Ok(Measure::of(disputed.share).in_area(disputed.place))
}
