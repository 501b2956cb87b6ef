//! The rules of `check`: one line each in [`RULES`], one file each beside. A rule measures; the standard
//! judges what it measured.

mod askew;
mod brim;
mod clothes;
mod crown;
mod detail;
mod judge;
mod list;
mod metal;
mod parts;
mod region;
mod scene;
mod wall;

use gradphoto_shared::check::{NotAssessed, Place, Verdict};
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;

pub use self::judge::{judge, not_decoded};
pub use self::list::{json, markdown};
pub use self::parts::Parts;
pub use self::scene::{Output, Scene, Subject};
use crate::model::Area;
use crate::pack::Role;
use crate::stage::matte::Trust;

/// A rule: what it measures, and what a student is told where the standard does not like the reading.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name in results and standards.
    pub id: &'static str,
    /// What the reading is, in a sentence.
    pub about: &'static str,
    /// Unit of the reading.
    pub unit: &'static str,
    /// What is said of a reading under the lower limits; absent where no reading can be too low.
    pub low: Option<Advice>,
    /// What is said of a reading over the upper limits; absent where no reading can be too high.
    pub high: Option<Advice>,
    /// Optional models that tell more than this rule could see otherwise; run only where a standard asks for it.
    pub needs: &'static [Role],
    /// Rules whose failure takes away what this one relies on: colours, for example. It is not assessed then, since that
    /// failure is told and this reading would blame something else for it.
    pub relies_on: &'static [&'static str],
    /// Takes the reading.
    pub(crate) measure: fn(&Scene<'_>) -> Measured,
}

/// Whether a rule that `spec` asks for needs a model.
#[must_use]
pub fn want(spec: &Spec, role: Role) -> bool {
    let asked = |rule: &&Rule| spec.rules.get(rule.id).is_some_and(|limits| limits.asked);
    RULES.iter().filter(asked).any(|rule| rule.needs.contains(&role))
}

/// What a student is told.
#[derive(Clone, Copy, Debug)]
pub struct Advice {
    /// The stable word for what is wrong.
    pub code: &'static str,
    /// What to do, in English.
    pub en: &'static str,
    /// What to do, in Chinese.
    pub zh: &'static str,
}

/// A reading, or why there is none.
pub(crate) type Measured = Result<Measure, NotAssessed>;

/// A reading with its place.
#[derive(Clone, Debug)]
pub(crate) struct Measure {
    value: f32,
    place: Option<Place>,
    /// Says more exactly what is wrong than the rule's own words.
    reason: Option<ReasonCode>,
    /// Whether a coarser instrument took it, for which the standard may have other limits.
    coarse: bool,
}

impl Measure {
    fn of(value: f32) -> Self {
        Self { value, place: None, reason: None, coarse: false }
    }

    /// In pixels of the original; nothing where nothing was found that could be marked.
    fn in_area(self, area: impl Into<Option<Area>>) -> Self {
        let place = area.into().map(|Area { left, top, width, height }| Place::Box { left, top, width, height });
        Self { place, ..self }
    }

    /// The mesh of 468 points knows lids and lips less well than that of 478.
    fn by_mesh_of(self, subject: &Subject<'_>) -> Self {
        Self { coarse: subject.face.points.len() <= region::IRISES[1], ..self }
    }

    /// Taken by less than the rule could have.
    fn coarsely(self) -> Self {
        Self { coarse: true, ..self }
    }

    fn because(self, reason: Option<ReasonCode>) -> Self {
        Self { reason, ..self }
    }
}

macro_rules! rules {
    ($($file:ident)*) => {
        $(mod $file;)*

        /// Every rule, in the order of answers and documents.
        pub const RULES: &[Rule] = &[$($file::RULE,)*];
    };
}

rules! {
    readable
    one_face
    nobody_else
    head_in_frame
    chest_in_frame
    beside_in_frame
    face_pixels
    enlarged
    yaw
    pitch
    roll
    shoulders_level
    eyes_open
    gaze
    mouth_closed
    neutral_expression
    face_uncovered
    lower_face_bare
    mouth_whole
    an_ear_visible
    both_ears_visible
    brows_clear
    no_fringe_over_both
    eyes_clear
    forehead_bare
    no_glasses
    eyes_lit
    no_sunglasses
    glasses_untinted
    glasses_without_reflections
    head_bare
    no_hair_ornament
    no_earrings
    no_necklace
    no_make_up
    irises_natural
    no_hand_at_head
    exposure
    light_from_both_sides
    chin_lit
    not_backlit
    highlights
    haze
    colour
    colour_cast
    blur
    noise
    compression
    retouched
    not_composed
    red_eye
    input_background
    output_background
    cut_out_sure
    cut_out_agreed
    clothes_background_blue
    clothes_blue
    clothes_outline
    clothes_pattern
    shoulders_covered
    collar
    no_hood
    border
    no_text
    not_recaptured
    front_camera
    camera_named
    edited
    original_size
    copied
    same_shot
}

/// Whether the standard calls a cut-out so doubtful that a person should look at it; rules that it does not ask for
/// have no say.
pub(crate) fn is_doubtful(trust: Trust, spec: &Spec) -> bool {
    let readings = [
        (cut_out_sure::RULE.id, Some(trust.soft.share)),
        (cut_out_agreed::RULE.id, trust.disputed.map(|doubt| doubt.share)),
    ];
    readings.into_iter().any(|(rule, reading)| {
        let limits = spec.rules.get(rule).filter(|limits| limits.asked).zip(reading);
        limits.is_some_and(|(limits, reading)| limits.limits(false).judge(reading).0 != Verdict::Pass)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use gradphoto_shared::spec::{Side, Spec};

    use super::*;
    use crate::stage::matte::Doubt;

    #[test]
    fn every_rule_is_in_every_standard_and_every_rule_of_a_standard_is_here() {
        let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
        assert_eq!(known.len(), RULES.len(), "a name stands for one rule");
        for name in Spec::presets() {
            let spec = Spec::preset(name).expect("a lawful preset");
            let named: BTreeSet<&str> = spec.rules.keys().map(String::as_str).collect();
            assert_eq!(named, known, "{name}");
        }
    }

    #[test]
    fn a_cut_out_is_doubtful_only_by_rules_that_are_asked_for() {
        let mut spec = Spec::preset("chsi").expect("a lawful preset");
        let [none, all] = [0.0, 1.0].map(|share| Doubt { share, place: None });
        let sure = Trust { confidence: 1.0, soft: none, disputed: Some(none) };
        let (soft, disputed) = (Trust { soft: all, ..sure }, Trust { disputed: Some(all), ..sure });
        assert_eq!([sure, soft, disputed].map(|trust| is_doubtful(trust, &spec)), [false, true, true]);
        spec.rules.get_mut(cut_out_sure::RULE.id).expect("a rule").asked = false;
        assert_eq!([sure, soft, disputed].map(|trust| is_doubtful(trust, &spec)), [false, false, true]);
        spec.rules.get_mut(cut_out_agreed::RULE.id).expect("a rule").asked = false;
        assert_eq!([sure, soft, disputed].map(|trust| is_doubtful(trust, &spec)), [false; 3]);
    }

    #[test]
    fn what_a_rule_relies_on_is_a_rule_that_relies_on_nothing() {
        for rule in RULES {
            for id in rule.relies_on {
                let other = RULES.iter().find(|rule| rule.id == *id);
                assert!(other.is_some_and(|other| other.relies_on.is_empty()), "{} relies on {id}", rule.id);
            }
        }
    }

    #[test]
    fn a_side_with_limits_has_words_and_words_have_limits() {
        let spec = Spec::preset("chsi").expect("a lawful preset");
        for rule in RULES {
            let limits = &spec.rules[rule.id];
            for (side, advice) in [(Side::Below, rule.low), (Side::Above, rule.high)] {
                let is_limited = limits.limits(false).side(side) != (None, None);
                assert_eq!(is_limited, advice.is_some(), "{} {side:?}", rule.id);
            }
        }
    }

    #[test]
    fn every_word_for_what_is_wrong_is_one_rules_own_and_says_what_to_do_in_both_languages() {
        let advice = || RULES.iter().flat_map(|rule| [rule.low, rule.high]).flatten();
        let codes: BTreeSet<&str> = advice().map(|advice| advice.code).collect();
        assert_eq!(codes.len(), advice().count());
        for Advice { code, en, zh } in advice() {
            assert!(en.ends_with('.') && zh.ends_with('。'), "{code}");
            assert!(code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'), "{code}");
        }
    }
}
