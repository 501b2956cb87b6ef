//! No shadow lies under the chin.

use gradphoto_shared::check::NotAssessed;

use super::region::{CHEEKS, median, patch, patches};
use super::{Advice, Measure, Measured, Rule, Scene};
use crate::model::{Area, Point};
use crate::stage::brightness::brightness;
use crate::stage::portrait::FACE_PX;

/// The neck: under the chin, a little higher, and beside the chin's middle, in widths of the face.
const UNDER: f32 = 0.17;
const OVER_A_FOLD: f32 = 0.1;
const BESIDE: [f32; 3] = [-0.12, 0.0, 0.12];

pub(super) const RULE: Rule = Rule {
    id: "chin_lit",
    about: "Brightness of the cheeks over that of the brightest place of the neck.",
    unit: "ratio",
    low: None,
    high: Some(Advice {
        code: "chin_shadow",
        en: "There is a dark shadow under the chin. Please use light from the front, at the height of the face.",
        zh: "下巴下方阴影过重，请使用正面光线，光源与面部同高。",
    }),
    needs: &[],
    relies_on: &[],
    measure,
};

fn measure(scene: &Scene<'_>) -> Measured {
    let subject = scene.subject()?;
    let portrait = &subject.portrait;
    let cheeks = median(&patches(subject, &CHEEKS.concat())).map(brightness).ok_or(NotAssessed::NotInPicture)?;
    let chin = subject.face.chin;
    let far = |share: f32| share * FACE_PX / portrait.scale;
    let brightest = |under: f32| {
        let neck = BESIDE.map(|beside| Point { x: chin.x + far(beside), y: chin.y + far(under) });
        neck.iter().filter_map(|&place| median(&patch(portrait, place)).map(brightness)).reduce(f32::max)
    };
    // A fold under a full chin is dark too, but narrow.
    let lower = brightest(UNDER).ok_or(NotAssessed::NotInPicture)?;
    let brightest = brightest(OVER_A_FOLD).map_or(lower, |upper| upper.max(lower));
    let place = Area::about(Point { y: chin.y + far(UNDER), ..chin }, far(0.5), far(0.3));
    Ok(Measure::of(cheeks / brightest.max(1.0)).in_area(place).by_mesh_of(subject))
}
