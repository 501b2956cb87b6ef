//! One session's gallery in memory: the faces that can be compared, and whose photos they are.

use std::collections::HashMap;

use gradphoto_shared::Result;
use gradphoto_shared::blob::BlobKey;
use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::face::{Face, FaceModel, ShotSignature};
use gradphoto_shared::name::SubjectId;
use gradphoto_shared::search::DoubleKind;
use gradphoto_shared::store::{GalleryChanges, GalleryCursor};

use crate::face::shot::{self, Likeness, Nearest};
use crate::face::{Decision, Entry, Gallery};

/// What is known of a session's gallery; faces go by the numbers of their entries.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    pub(super) cursor: GalleryCursor,
    gallery: Option<Gallery<u64>>,
    seats: HashMap<u64, Seat>,
    /// Entries that another model made: they cannot be compared.
    stale: HashMap<u64, Seat>,
}

/// Whose an entry is.
#[derive(Debug)]
struct Seat {
    photo: BlobKey,
    subject: Option<SubjectId>,
    shot: ShotSignature,
}

/// The photo of a job, and whose it is where it is assigned to somebody.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) photo: BlobKey,
    pub(super) subject: Option<SubjectId>,
}

impl Own {
    /// Whether an entry is of somebody else, or perhaps: one photo uploaded twice lies under one key, so of an entry or a
    /// job that nobody owns it is only known that the photo is another.
    fn is_other(&self, seat: &Seat) -> bool {
        match (&self.subject, &seat.subject) {
            (Some(own), Some(other)) => own != other,
            _ => self.photo != seat.photo,
        }
    }
}

/// A face of the gallery that an answer names.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) number: u64,
    pub(super) photo: BlobKey,
    pub(super) subject: Option<SubjectId>,
    pub(super) score: f32,
}

/// What a search comes to.
#[derive(Clone, Debug)]
pub(super) enum Verdict {
    Found(Named),
    NotFound,
    Uncertain,
    /// Nobody was found, and some faces could not be compared.
    Stale,
}

impl Shelf {
    /// Faces that it holds, those that cannot be compared among them.
    pub(super) fn len(&self) -> usize {
        self.seats.len() + self.stale.len()
    }

    /// Forgets everything where another model's faces are to be compared from now on.
    pub(super) fn begin(&mut self, model: &FaceModel) {
        if self.gallery.as_ref().is_some_and(|gallery| gallery.model() != model) {
            *self = Self::default();
        }
    }

    /// Brings it in step.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] where nobody measured limits for the model.
    pub(super) fn apply(&mut self, model: &FaceModel, changes: GalleryChanges) -> Result<()> {
        if changes.forget {
            *self = Self::default();
        }
        let gallery = match &mut self.gallery {
            Some(gallery) => gallery,
            none => none.insert(Gallery::new(model.clone())?),
        };
        for number in changes.gone {
            self.stale.remove(&number);
            if self.seats.remove(&number).is_some() {
                gallery.remove(&number);
            }
        }
        for (number, entry) in changes.entries {
            let seat = Seat { photo: entry.photo, subject: entry.subject.clone(), shot: entry.face.shot.clone() };
            if gallery.insert(Entry { photo: number, subject: entry.subject, face: entry.face }) {
                self.seats.insert(number, seat);
            } else {
                self.stale.insert(number, seat);
            }
        }
        self.cursor = changes.cursor;
        Ok(())
    }

    /// Looks for a person; answers too the best score of all.
    pub(super) fn decide(&self, face: &Face) -> (Verdict, Option<f32>) {
        let Some(gallery) = &self.gallery else { return (Verdict::NotFound, None) };
        let decision = gallery.decide(&face.descriptor);
        let best = decision.best();
        let verdict = match decision {
            Decision::Found(found) => self.named(found.photo, found.score).map_or(Verdict::Uncertain, Verdict::Found),
            Decision::Uncertain { .. } => Verdict::Uncertain,
            Decision::NotFound { .. } if !self.stale.is_empty() => Verdict::Stale,
            Decision::NotFound { .. } => Verdict::NotFound,
        };
        (verdict, best)
    }

    /// Who comes nearest, nearest first.
    pub(super) fn candidates(&self, face: &Face, count: usize) -> Vec<Named> {
        let Some(gallery) = &self.gallery else { return Vec::new() };
        let nearest = gallery.candidates(&face.descriptor, count).into_iter();
        nearest.filter_map(|found| self.named(found.photo, found.score)).collect()
    }

    /// Photos of others that are too like entry `number`, most alike first.
    pub(super) fn doubles(&self, number: u64, subject: Option<&SubjectId>, face: &Face) -> Vec<(Named, DoubleKind)> {
        let Some(gallery) = &self.gallery else { return Vec::new() };
        let alike = gallery.doubles_of(&number, subject, face).into_iter();
        alike.filter_map(|found| Some((self.named(found.photo, found.score)?, self.kind(found.photo, face)?))).collect()
    }

    /// In what way an entry is like `face`, of which it is known that the faces are alike.
    fn kind(&self, number: u64, face: &Face) -> Option<DoubleKind> {
        let other = Face { shot: self.seats.get(&number)?.shot.clone(), ..face.clone() };
        let is_same = shot::compare(face, &other).is_ok_and(|compared| compared.likeness == Likeness::SameShot);
        Some(if is_same { DoubleKind::SameShot } else { DoubleKind::LooksAlike })
    }

    /// Whether it holds photos of others than whoever has `photo`.
    pub(super) fn has_others(&self, own: &Own) -> bool {
        self.seats.values().chain(self.stale.values()).any(|seat| own.is_other(seat))
    }

    /// How near the shot of `face` comes to those of others than whoever has it.
    pub(super) fn nearest_shot(&self, face: &Face, own: &Own) -> Nearest {
        // Where both subjects are known no seat is looked up, which in fifty thousand would take longer than the search.
        let counts = |number: &u64, subject: Option<&SubjectId>| match (&own.subject, subject) {
            (Some(own), Some(other)) => own != other,
            _ => self.seats.get(number).is_some_and(|seat| own.is_other(seat)),
        };
        let nothing = Err(NotAssessed::NothingToCompare);
        let nearest = self.gallery.as_ref().map_or(nothing, |gallery| gallery.nearest_shot(face, counts));
        let is_stale = self.stale.values().any(|seat| own.is_other(seat));
        if is_stale { shot::nearer(nearest, Err(NotAssessed::NotComparable)) } else { nearest }
    }

    fn named(&self, number: u64, score: f32) -> Option<Named> {
        let Seat { photo, subject, .. } = self.seats.get(&number)?;
        Some(Named { number, photo: photo.clone(), subject: subject.clone(), score })
    }
}

#[cfg(test)]
mod tests {
    use gradphoto_shared::face::Descriptor;
    use gradphoto_shared::store::GalleryEntry;

    use super::*;

    fn model() -> FaceModel {
        FaceModel::new("mobilefacenet_128/1").unwrap()
    }

    /// A face that is like itself alone.
    fn face(number: usize) -> Face {
        let values = (0..128).map(|at| if at == number { 1.0 } else { 0.0 }).collect();
        Face { model: model(), descriptor: Descriptor::new(values).unwrap(), shot: ShotSignature::default() }
    }

    fn entry(number: usize, subject: &str, face: Face) -> (u64, GalleryEntry) {
        let photo = BlobKey::new(format!("photos/t/s/{number}")).unwrap();
        let subject = (!subject.is_empty()).then(|| SubjectId::new(subject).unwrap());
        (number as u64, GalleryEntry { photo, subject, generation: 0, face })
    }

    fn changes(entries: Vec<(u64, GalleryEntry)>, gone: &[u64]) -> GalleryChanges {
        GalleryChanges { entries, gone: gone.to_vec(), ..GalleryChanges::default() }
    }

    #[test]
    fn who_left_is_found_no_more() {
        let mut shelf = Shelf::default();
        assert!(matches!(shelf.decide(&face(1)), (Verdict::NotFound, None)));
        let both = vec![entry(1, "a", face(1)), entry(2, "", face(2))];
        shelf.apply(&model(), changes(both, &[])).unwrap();
        let (Verdict::Found(found), Some(_)) = shelf.decide(&face(1)) else { panic!("not found") };
        assert_eq!((found.number, found.photo.as_str()), (1, "photos/t/s/1"));
        assert_eq!(shelf.candidates(&face(2), 5)[0].number, 2);
        // The same face once more, of somebody else: nobody is shown, and both are told of.
        shelf.apply(&model(), changes(vec![entry(3, "c", face(1))], &[])).unwrap();
        assert!(matches!(shelf.decide(&face(1)).0, Verdict::Uncertain));
        let subject = SubjectId::new("c").unwrap();
        let doubles = shelf.doubles(3, Some(&subject), &face(1));
        assert_eq!((doubles.len(), doubles[0].0.number), (1, 1));
        shelf.apply(&model(), changes(vec![], &[1, 3])).unwrap();
        assert!(matches!(shelf.decide(&face(1)).0, Verdict::NotFound));
        assert_eq!(shelf.len(), 1);
    }

    #[test]
    fn faces_of_another_model_are_not_compared_and_leave_doubt() {
        let mut shelf = Shelf::default();
        let other = Face { model: FaceModel::new("dlib_resnet_128/1").unwrap(), ..face(1) };
        shelf.apply(&model(), changes(vec![entry(1, "a", other)], &[])).unwrap();
        assert!(matches!(shelf.decide(&face(1)).0, Verdict::Stale));
        assert!(shelf.candidates(&face(1), 5).is_empty());
        let forget = GalleryChanges { forget: true, ..changes(vec![entry(2, "a", face(1))], &[]) };
        shelf.apply(&model(), forget).unwrap();
        assert!(matches!(shelf.decide(&face(1)).0, Verdict::Found(found) if found.number == 2));
        assert_eq!(shelf.len(), 1);
    }

    #[test]
    fn shots_of_others_are_compared_and_ones_own_are_not() {
        let mut shelf = Shelf::default();
        let own = |photo: u32, subject: &str| {
            let photo = BlobKey::new(format!("photos/t/s/{photo}")).unwrap();
            Own { photo, subject: (!subject.is_empty()).then(|| SubjectId::new(subject).unwrap()) }
        };
        assert!(!shelf.has_others(&own(1, "a")));
        assert_eq!(shelf.nearest_shot(&face(1), &own(1, "a")), Err(NotAssessed::NothingToCompare));
        shelf.apply(&model(), changes(vec![entry(1, "a", face(1)), entry(2, "", face(2))], &[])).unwrap();
        for (photo, subject, others) in
            [(1, "a", 1), (1, "b", 2), (3, "a", 1), (2, "a", 0), (2, "b", 1), (1, "", 1), (2, "", 1), (3, "", 2)]
        {
            let own = own(photo, subject);
            let counted = shelf.seats.values().filter(|seat| own.is_other(seat)).count();
            assert_eq!((counted, shelf.has_others(&own)), (others, others > 0), "{photo} of {subject:?}");
        }
        let old = Face { model: FaceModel::new("dlib_resnet_128/1").unwrap(), ..face(3) };
        shelf.apply(&model(), changes(vec![entry(3, "c", old)], &[1, 2])).unwrap();
        assert_eq!(shelf.nearest_shot(&face(1), &own(4, "a")), Err(NotAssessed::NotComparable));
        assert_eq!(shelf.nearest_shot(&face(1), &own(3, "c")), Err(NotAssessed::NothingToCompare));
    }
}
