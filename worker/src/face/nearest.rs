//! The shot of a gallery that comes nearest to a photo's.

use std::hash::Hash;

use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::face::Face;
use gradphoto_shared::name::SubjectId;

use super::gallery::Gallery;
use super::shot::{self, Nearest};

impl<P: Clone + Eq + Hash> Gallery<P> {
    /// How much the shot of `face` differs from the nearest one of the same person, or where nobody is, from that of the
    /// most alike face. Looks only at photos for which `counts` says yes.
    pub fn nearest_shot(&self, face: &Face, counts: impl Fn(&P, Option<&SubjectId>) -> bool) -> Nearest {
        let rows = self.shots().enumerate().filter(|(_, (photo, subject, _))| counts(photo, *subject));
        let others: Vec<_> = rows.map(|(row, (.., shot))| (row, shot)).collect();
        if others.is_empty() {
            return Err(NotAssessed::NothingToCompare);
        }
        let scores = if face.model == *self.model() { self.scores(&face.descriptor) } else { Vec::new() };
        if scores.is_empty() {
            return Err(NotAssessed::NotComparable);
        }
        let best = others.iter().map(|(row, _)| scores[*row]).fold(f32::NEG_INFINITY, f32::max);
        // Only these signatures are read: fifty thousand would take longer than the whole search.
        let alike = others.into_iter().filter(|(row, _)| scores[*row] >= self.limits().person.min(best));
        let difference = |(row, shot)| {
            let difference = shot::compare_scored(&face.shot, shot, scores[row], self.limits()).difference();
            if difference.is_finite() { Ok(difference) } else { Err(NotAssessed::NotComparable) }
        };
        alike.map(difference).reduce(shot::nearer).unwrap_or(Err(NotAssessed::NothingToCompare))
    }
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::face::{FaceModel, ShotSignature};

    use super::super::gallery::tests::{entry, face};
    use super::*;
    use crate::face::Entry;

    /// Somebody's face on a shot of its own: every cell of the grid is a dice's number.
    fn on_shot(face: Face, shot: u32) -> Face {
        let mut state = u64::from(shot).wrapping_add(7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = || {
            state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(1);
            (state >> 56) as u8
        };
        let cells = (0..200).map(|_| next()).collect::<Vec<u8>>();
        let places = (0..52).map(|_| next() / 8).collect::<Vec<u8>>();
        Face { shot: ShotSignature::new([vec![1], cells, places].concat()).expect("short"), ..face }
    }

    fn gallery(entries: Vec<Entry<u32>>) -> Gallery<u32> {
        let mut gallery = Gallery::new(face(0, 1, 1.0).model).expect("limits");
        assert!(entries.into_iter().all(|entry| gallery.insert(entry)));
        gallery
    }

    #[test]
    fn the_nearest_shot_of_the_same_person_is_told() {
        let (mine, twin) = (|shot| on_shot(face(1, 50 + shot, 0.98), shot), on_shot(face(2, 60, 1.0), 3));
        let gallery = gallery(vec![entry(1, "a", mine(1)), entry(2, "b", mine(2)), entry(3, "c", twin)]);
        let nearest = |face: &Face, left_out: u32| gallery.nearest_shot(face, |photo, _| *photo != left_out);
        assert!(nearest(&mine(1), 9).is_ok_and(|difference| difference < 0.01));
        assert!(nearest(&mine(2), 1).is_ok_and(|difference| difference < 0.01));
        assert!(nearest(&mine(1), 1).is_ok_and(|difference| difference > 2.0), "another shot of the same person");
        let stranger = on_shot(face(9, 70, 1.0), 9);
        assert!(nearest(&stranger, 9).is_ok_and(|difference| difference > 2.0));
        let by_subject = gallery.nearest_shot(&mine(1), |_, subject| subject.is_none());
        assert_eq!(by_subject, Err(NotAssessed::NothingToCompare));
    }

    #[test]
    fn two_shots_differ_by_as_much_either_way() {
        for (one, other) in [(1, 2), (3, 4), (5, 6)] {
            let [one, other] = [one, other].map(|shot| on_shot(face(1, 50, 1.0), shot));
            let difference = |one, other| shot::compare(one, other).expect("limits").difference();
            assert!((difference(&one, &other) - difference(&other, &one)).abs() < 1e-3);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_no_other_shot() {
        let mine = on_shot(face(1, 50, 1.0), 1);
        let unread = Face { shot: ShotSignature::default(), ..mine.clone() };
        let gallery = gallery(vec![entry(1, "a", unread), entry(2, "b", on_shot(face(2, 51, 1.0), 2))]);
        let nearest = |face: &Face| gallery.nearest_shot(face, |_, _| true);
        assert_eq!(nearest(&mine), Err(NotAssessed::NotComparable));
        assert!(nearest(&on_shot(face(2, 52, 0.98), 2)).is_ok_and(|difference| difference < 0.01));
        let foreign = Face { model: FaceModel::new("dlib_resnet_128/1").expect("lawful"), ..mine };
        assert_eq!(nearest(&foreign), Err(NotAssessed::NotComparable));
    }
}
