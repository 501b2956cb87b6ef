//! The scores that decide, of each model.

use gradphoto_shared::face::FaceModel;
use gradphoto_shared::{Error, Result};

/// Fewest faces whose scores among themselves say where chance ends: the deviation of fewer is known too badly.
pub const FEW: usize = 50;
/// Share of people who are not in the gallery that may reach the score of `found`: 0.3 %.
pub(super) const CHANCE_FOUND: f64 = 0.003;
/// Share of people who are not in the gallery that may reach the score of `uncertain`: 5 %, of whom nobody is shown
/// anything. On `lfw_search` this is where 1 % of those who are in the gallery still fall below.
pub(super) const CHANCE_UNSURE: f64 = 0.05;

/// Scores of one model. They mean nothing to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    model: &'static str,
    /// Least score of `found` among fewer than [`FEW`] faces.
    pub few_found: f32,
    /// Least score of `uncertain` among fewer than [`FEW`] faces.
    pub few_unsure: f32,
    /// Below this nobody is found in any gallery, however unlike its people are to one another.
    pub floor: f32,
    /// By how much the best must exceed the best of other people.
    pub margin: f32,
    /// From here two photos of different subjects are reported as doubles, and say nothing about chance.
    pub double: f32,
    /// From here two photos that are compared alone show one person.
    pub person: f32,
}

/// Measured by `cargo run --example search`, see docs/SEARCH.md. Where a gap lies between strangers and the right people of
/// `london_search`, whose photos are like a session's, the limit stands near its middle.
const LIMITS: [Limits; 2] = [
    // Best of anybody else on `london_search` 0.165 to 0.445, right people 0.828 to 0.978. Pairs of different people reach
    // 0.45 three times in 100,000 on `lfw_search` (142,065 pairs) and 0.59 once in 10,000 on `rmfd_east_asian_search`.
    Limits {
        model: "mobilefacenet_128/1",
        few_found: 0.60,
        few_unsure: 0.45,
        floor: 0.45,
        margin: 0.08,
        double: 0.75,
        person: 0.60,
    },
    // Best of anybody else on `london_search` 0.886 to 0.935, right people 0.974 to 0.996; best of anybody else on
    // `lfw_search` at most 0.953, on `rmfd_east_asian_search` 0.971, where this network shows strangers.
    Limits {
        model: "dlib_resnet_128/1",
        few_found: 0.96,
        few_unsure: 0.94,
        floor: 0.94,
        margin: 0.01,
        double: 0.975,
        person: 0.955,
    },
];

impl Limits {
    /// The limits of a model.
    ///
    /// # Errors
    /// [`Error::Pack`] where nobody measured any.
    pub fn of(model: &FaceModel) -> Result<&'static Self> {
        let limits = LIMITS.iter().find(|limits| limits.model == model.as_str());
        limits.ok_or_else(|| Error::Pack(format!("no limits are known for faces of {model}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_a_model_stand_in_their_order() {
        for limits in LIMITS {
            let model = FaceModel::new(limits.model).unwrap();
            assert_eq!(Limits::of(&model).unwrap(), &limits);
            assert!(limits.few_unsure < limits.few_found && limits.floor <= limits.few_unsure);
            assert!(limits.few_found <= limits.double && limits.margin > 0.0);
        }
        assert!(Limits::of(&FaceModel::new("another/1").unwrap()).is_err());
    }
}
