//! Who is shown to a student: one photo beyond reasonable doubt, or none.

use std::hash::Hash;

use gradphoto_shared::face::Descriptor;

use super::gallery::{Gallery, Match};
use super::limits::{CHANCE_FOUND, CHANCE_UNSURE, FEW};

/// What a search comes to. Only `Found` names anybody.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision<P> {
    /// This photo shows the person.
    Found(Match<P>),
    /// Somebody in the gallery is more alike than chance allows, and not enough to be shown: too low a score, or two
    /// people who are both alike.
    Uncertain {
        /// The best score.
        best: f32,
    },
    /// Nobody in the gallery is this person.
    NotFound {
        /// The best score; none in an empty gallery.
        best: Option<f32>,
    },
}

/// Scores from which a gallery's answers change.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least score of `found`.
    pub found: f32,
    /// Least score of `uncertain`.
    pub unsure: f32,
}

impl<P> Decision<P> {
    /// `found`, `uncertain` or `not_found`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Found(_) => "found",
            Self::Uncertain { .. } => "uncertain",
            Self::NotFound { .. } => "not_found",
        }
    }

    /// The best score of all; none in an empty gallery.
    #[must_use]
    pub fn best(&self) -> Option<f32> {
        match self {
            Self::Found(found) => Some(found.score),
            Self::Uncertain { best } => Some(*best),
            Self::NotFound { best } => *best,
        }
    }
}

impl<P: Clone + Eq + Hash> Gallery<P> {
    /// The scores from which this gallery's answers change: where its own people's likeness to one another ends (for
    /// `found` never below the model's floor); with few people, what a large number of strangers says.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let limits = self.limits();
        let few = Bounds { found: limits.few_found, unsure: limits.few_unsure };
        if self.len() < FEW {
            return few;
        }
        let by_chance = |chance| self.tail().score_by_chance(chance);
        match (by_chance(CHANCE_FOUND), by_chance(CHANCE_UNSURE)) {
            (Some(found), Some(unsure)) => Bounds { found: found.max(limits.floor), unsure },
            _ => few,
        }
    }

    /// Looks for the person.
    #[must_use]
    pub fn decide(&self, probe: &Descriptor) -> Decision<P> {
        let scores = self.scores(probe);
        let best = scores.iter().copied().enumerate().max_by(|one, other| one.1.total_cmp(&other.1));
        let Some((row, best)) = best else { return Decision::NotFound { best: None } };
        let Bounds { found, unsure } = self.bounds();
        if best < unsure {
            return Decision::NotFound { best: Some(best) };
        }
        let too_near = best - self.limits().margin;
        let rivals = scores.iter().enumerate().filter(|(other, score)| *other != row && **score > too_near);
        let is_alone = rivals.into_iter().all(|(other, _)| self.is_one_person(row, other));
        if best < found || !is_alone {
            return Decision::Uncertain { best };
        }
        Decision::Found(self.matched(row, best))
    }
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::name::SubjectId;

    use super::super::gallery::tests::{entry, face, gallery};
    use super::*;

    /// What a gallery of so many people answers to somebody who is `likeness` like person 7.
    fn check(people: u32, likeness: f32, expected: &str) {
        let gallery = gallery(people);
        let decision = gallery.decide(&face(7, 70_007, likeness).descriptor);
        assert_eq!(decision.name(), expected, "{likeness} among {people}: {:?}", gallery.bounds());
        if let Decision::Found(found) = &decision {
            assert_eq!((found.photo, found.subject.as_ref().map(SubjectId::as_str)), (7, Some("s7")));
        }
        assert!(people == 0 || decision.best().is_some());
    }

    #[test]
    fn likeness_decides() {
        for (people, likeness, expected) in [
            (0, 0.9, "not_found"),
            (1, 0.2, "not_found"),
            (8, 0.2, "not_found"),
            (8, 0.5, "uncertain"),
            (8, 0.7, "found"),
            (300, 0.3, "not_found"),
            (300, 0.9, "found"),
        ] {
            check(people, likeness, expected);
        }
    }

    #[test]
    fn a_gallery_of_people_who_are_alike_asks_for_more() {
        let mut alike = gallery(0);
        for person in 0..80 {
            // All of them are 0.8 like one face, so 0.64 like one another.
            alike.insert(entry(person, "", face(500, 1_000 + person, 0.8)));
        }
        let (alike, unlike) = (alike.bounds(), gallery(80).bounds());
        assert!(alike.found > 0.68 && unlike.found < 0.5, "{alike:?} {unlike:?}");
        assert!(alike.unsure < alike.found && unlike.unsure <= unlike.found);
    }

    #[test]
    fn nobody_is_shown_where_two_are_as_like() {
        let probe = face(7, 70_007, 0.9).descriptor;
        let with_second = |subject: &str, likeness: f32| {
            let mut gallery = gallery(20);
            gallery.insert(entry(99, subject, face(7, 70_008, likeness)));
            gallery.decide(&probe).name()
        };
        assert_eq!(with_second("twin", 0.97), "uncertain");
        assert_eq!(with_second("", 0.97), "uncertain", "somebody unknown may be another person");
        assert_eq!(with_second("s7", 0.97), "found", "two photos of one subject are no rivals");
        assert_eq!(with_second("cousin", 0.7), "found");
    }
}
