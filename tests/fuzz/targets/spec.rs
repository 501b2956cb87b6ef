//! The text of a document standard: whatever is taken can be placed and judged by, quickly.

#![no_main]

use gradphoto_fuzz::end_at_own_panics;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;
use gradphoto_worker::model::Point;
use gradphoto_worker::rules;
use gradphoto_worker::stage::landmark::Landmarked;
use gradphoto_worker::stage::outline::Outlined;
use gradphoto_worker::stage::place::place;
use libfuzzer_sys::fuzz_target;

/// Width and height in pixels of the photo that is placed.
const PHOTO: (u32, u32) = (3000, 4000);

fuzz_target!(init: end_at_own_panics(), |text: &str| {
    let Ok(spec) = Spec::from_toml(text) else { return };
    let refused = rules::not_decoded(&spec, ReasonCode::Corrupt);
    assert!(refused.codes().count() <= rules::RULES.len());
    let outline = Outlined { hair_top: 700.0, cut_left: false, cut_right: false };
    if let Ok(placed) = place(&face(), &outline, PHOTO, &spec) {
        assert!(placed.scale > 0.0 && placed.scale.is_finite());
        assert!(placed.frame.top + placed.frame.height <= PHOTO.1 as f32 + 1.0);
    }
});

/// A face of 1000 px in the middle of the photo.
fn face() -> Landmarked {
    let at = |x, y| Point { x, y };
    Landmarked {
        points: Vec::new(),
        left_cheek: at(1000.0, 1700.0),
        right_cheek: at(2000.0, 1700.0),
        forehead: at(1500.0, 1000.0),
        chin: at(1500.0, 2300.0),
        eyes: at(1500.0, 1500.0),
    }
}
