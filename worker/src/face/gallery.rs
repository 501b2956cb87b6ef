//! The faces of a session in memory, and the exact search among them.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use gradphoto_shared::Result;
use gradphoto_shared::face::{Descriptor, Face, FaceModel, ShotSignature};
use gradphoto_shared::name::SubjectId;

use super::limits::Limits;
use super::shot::{self, Likeness};
use super::tail::Tail;

/// A photo with its face, as a gallery takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<P> {
    /// The photo's id.
    pub photo: P,
    /// Whose it is, where it is assigned to somebody.
    pub subject: Option<SubjectId>,
    /// The face on it.
    pub face: Face,
}

/// A photo of the gallery that was compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Match<P> {
    /// The photo's id.
    pub photo: P,
    /// Whose it is, where it is assigned to somebody.
    pub subject: Option<SubjectId>,
    /// Likeness of the faces, -1 to 1.
    pub score: f32,
}

/// Two photos of different subjects, or of unknown ones, that look like one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Double<P> {
    /// The photo that was in the gallery first.
    pub one: Match<P>,
    /// The other.
    pub other: Match<P>,
    /// Whether they are one shot, one person's two, or perhaps twins'.
    pub likeness: Likeness,
}

/// Everybody's face in one matrix. A search reads all of it: 50,000 faces of 128 numbers take a few milliseconds.
#[derive(Clone, Debug)]
pub struct Gallery<P> {
    model: FaceModel,
    limits: Limits,
    /// Numbers of a descriptor; 0 until there is one.
    width: usize,
    matrix: Vec<f32>,
    rows: Vec<Row<P>>,
    places: HashMap<P, usize>,
    tail: Tail,
}

/// What a face's row in the matrix belongs to.
#[derive(Clone, Debug)]
pub(super) struct Row<P> {
    photo: P,
    subject: Option<SubjectId>,
    shot: ShotSignature,
}

impl<P: Clone + Eq + Hash> Gallery<P> {
    /// An empty gallery for faces of one model.
    ///
    /// # Errors
    /// [`gradphoto_shared::Error::Pack`] where nobody measured limits for the model.
    pub fn new(model: FaceModel) -> Result<Self> {
        let limits = *Limits::of(&model)?;
        let (matrix, rows, places) = (Vec::new(), Vec::new(), HashMap::new());
        Ok(Self { model, limits, width: 0, matrix, rows, places, tail: Tail::default() })
    }

    /// What made its faces.
    #[must_use]
    pub fn model(&self) -> &FaceModel {
        &self.model
    }

    /// The limits that decide.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many faces it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether it holds a photo.
    #[must_use]
    pub fn holds(&self, photo: &P) -> bool {
        self.places.contains_key(photo)
    }

    /// Bytes in memory, roughly: the matrix and what stands beside each row.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let shots: usize = self.rows.iter().map(|row| row.shot.as_bytes().len()).sum();
        let beside = size_of::<Row<P>>() + 2 * size_of::<P>() + size_of::<usize>();
        self.matrix.capacity() * size_of::<f32>() + self.rows.capacity() * beside + shots
    }

    /// Adds a photo, in the place of its former self where it is there. Says no to faces of another model.
    pub fn insert(&mut self, entry: Entry<P>) -> bool {
        let values = entry.face.descriptor.values();
        let fits = self.width == 0 || self.width == values.len();
        if entry.face.model != self.model || !fits {
            return false;
        }
        self.remove(&entry.photo);
        self.width = values.len();
        let row = self.rows.len();
        self.matrix.extend_from_slice(values);
        self.places.insert(entry.photo.clone(), row);
        let draw = BuildHasherDefault::<DefaultHasher>::default().hash_one(&entry.photo);
        self.rows.push(Row { photo: entry.photo, subject: entry.subject, shot: entry.face.shot });
        let mut tail = std::mem::take(&mut self.tail);
        tail.add(row, draw, |one, other| self.impostor(one, other));
        self.tail = tail;
        true
    }

    /// Takes a photo out; says whether it was there.
    pub fn remove(&mut self, photo: &P) -> bool {
        let Some(row) = self.places.remove(photo) else { return false };
        let last = self.rows.len() - 1;
        self.rows.swap_remove(row);
        let (from, to) = (last * self.width, row * self.width);
        self.matrix.copy_within(from..from + self.width, to);
        self.matrix.truncate(from);
        if let Some(moved) = self.rows.get(row) {
            self.places.insert(moved.photo.clone(), row);
        }
        let mut tail = std::mem::take(&mut self.tail);
        tail.take_out(row, last, |one, other| self.impostor(one, other));
        self.tail = tail;
        true
    }

    /// The photos that come nearest, nearest first, at most `count`: for reviewers, never for students.
    #[must_use]
    pub fn candidates(&self, probe: &Descriptor, count: usize) -> Vec<Match<P>> {
        let mut scored: Vec<(usize, f32)> = self.scores(probe).into_iter().enumerate().collect();
        let nearer = |one: &(usize, f32), other: &(usize, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if count < scored.len() {
            scored.select_nth_unstable_by(count, nearer);
            scored.truncate(count);
        }
        scored.sort_by(nearer);
        scored.into_iter().map(|(row, score)| self.matched(row, score)).collect()
    }

    /// Photos that look like the same person or shot as `face` and belong to another subject or to nobody: twins,
    /// people who enrolled twice, a photo under two names. `photo` itself is left out.
    #[must_use]
    pub fn doubles_of(&self, photo: &P, subject: Option<&SubjectId>, face: &Face) -> Vec<Match<P>> {
        let scores = self.scores(&face.descriptor).into_iter().enumerate();
        let is_double = |&(row, score): &(usize, f32)| {
            let other = &self.rows[row];
            let is_other = other.photo != *photo && !is_one_subject(subject, other.subject.as_ref());
            is_other && score >= self.limits.double
        };
        let mut doubles: Vec<_> = scores.filter(is_double).map(|(row, score)| self.matched(row, score)).collect();
        doubles.sort_by(|one, other| other.score.total_cmp(&one.score));
        doubles
    }

    /// All pairs that [`Self::doubles_of`] would find, most alike first. Compares everybody with everybody: 3,000
    /// faces take half a second, 50,000 minutes.
    #[must_use]
    pub fn doubles(&self) -> Vec<Double<P>> {
        let mut doubles = Vec::new();
        for one in 0..self.rows.len() {
            for other in one + 1..self.rows.len() {
                let score = self.score(one, other);
                if score >= self.limits.double && !self.is_one_subject(one, other) {
                    let likeness = self.likeness(one, other, score);
                    doubles.push(Double { one: self.matched(one, score), other: self.matched(other, score), likeness });
                }
            }
        }
        doubles.sort_by(|one, other| other.one.score.total_cmp(&one.one.score));
        doubles
    }

    /// Likeness of a face to every row's; none to a descriptor of another width.
    pub(super) fn scores(&self, probe: &Descriptor) -> Vec<f32> {
        let probe = probe.values();
        if probe.len() != self.width {
            return Vec::new();
        }
        self.matrix.chunks_exact(self.width).map(|row| dot(row, probe)).collect()
    }

    pub(super) fn matched(&self, row: usize, score: f32) -> Match<P> {
        let Row { photo, subject, .. } = &self.rows[row];
        Match { photo: photo.clone(), subject: subject.clone(), score }
    }

    /// Every row's photo, whose it is and its shot, in the order of [`Self::scores`].
    pub(super) fn shots(&self) -> impl Iterator<Item = (&P, Option<&SubjectId>, &ShotSignature)> {
        self.rows.iter().map(|Row { photo, subject, shot }| (photo, subject.as_ref(), shot))
    }

    /// The tail of the best scores of people among others.
    pub(super) fn tail(&self) -> &Tail {
        &self.tail
    }

    /// Whether two rows are known to show one person: one subject, or one shot, which two people never share.
    pub(super) fn is_one_person(&self, one: usize, other: usize) -> bool {
        self.is_one_subject(one, other) || self.likeness(one, other, self.score(one, other)) == Likeness::SameShot
    }

    fn likeness(&self, one: usize, other: usize, score: f32) -> Likeness {
        shot::compare_scored(&self.rows[one].shot, &self.rows[other].shot, score, &self.limits).likeness
    }

    fn is_one_subject(&self, one: usize, other: usize) -> bool {
        is_one_subject(self.rows[one].subject.as_ref(), self.rows[other].subject.as_ref())
    }

    /// Likeness of two rows as of two people; nothing where they may be one.
    fn impostor(&self, one: usize, other: usize) -> Option<f32> {
        let score = self.score(one, other);
        (score < self.limits.double && !self.is_one_subject(one, other)).then_some(score)
    }

    fn score(&self, one: usize, other: usize) -> f32 {
        let row = |row: usize| &self.matrix[row * self.width..(row + 1) * self.width];
        dot(row(one), row(other))
    }
}

fn is_one_subject(one: Option<&SubjectId>, other: Option<&SubjectId>) -> bool {
    one.is_some() && one == other
}

/// The product of two vectors of one length, in lanes that a compiler makes one instruction of.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    const LANES: usize = 16;
    let ((one, one_rest), (other, other_rest)) = (one.as_chunks::<LANES>(), other.as_chunks::<LANES>());
    let mut sums = [0.0_f32; LANES];
    for (one, other) in one.iter().zip(other) {
        for (sum, (one, other)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += one * other;
        }
    }
    let rest: f32 = one_rest.iter().zip(other_rest).map(|(one, other)| one * other).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A direction of 128 numbers; numbers that follow one another are two people.
    pub(crate) fn direction(seed: u32) -> Vec<f32> {
        let mut state = u64::from(seed).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut next = || {
            state = (state ^ (state >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9).rotate_left(31);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        (0..128).map(|_| next()).collect()
    }

    /// Somebody's face whose likeness to the person of `seed` is `likeness`; `noise` is what it differs by.
    pub(crate) fn face(seed: u32, noise: u32, likeness: f32) -> Face {
        let person = Descriptor::new(direction(seed)).unwrap();
        let other = Descriptor::new(direction(noise + 1_000_000)).unwrap();
        let along = person.likeness(&other);
        let beside: Vec<f32> = other.values().iter().zip(person.values()).map(|(o, p)| o - along * p).collect();
        let beside = Descriptor::new(beside).unwrap();
        let share = (1.0 - likeness * likeness).max(0.0).sqrt();
        let sum = person.values().iter().zip(beside.values()).map(|(p, b)| likeness * p + share * b).collect();
        let model = FaceModel::new("mobilefacenet_128/1").unwrap();
        Face { model, descriptor: Descriptor::new(sum).unwrap(), shot: ShotSignature::default() }
    }

    pub(crate) fn entry(photo: u32, subject: &str, face: Face) -> Entry<u32> {
        let subject = (!subject.is_empty()).then(|| SubjectId::new(subject).unwrap());
        Entry { photo, subject, face }
    }

    pub(crate) fn gallery(people: u32) -> Gallery<u32> {
        let mut gallery = Gallery::new(face(0, 1, 1.0).model).unwrap();
        for person in 0..people {
            assert!(gallery.insert(entry(person, &format!("s{person}"), face(person, 9_000 + person, 1.0))));
        }
        gallery
    }

    fn nearest(gallery: &Gallery<u32>, seed: u32) -> Vec<u32> {
        let found = gallery.candidates(&face(seed, 7_777, 0.9).descriptor, 3);
        assert!(found.windows(2).all(|pair| pair[0].score >= pair[1].score));
        found.into_iter().map(|found| found.photo).collect()
    }

    #[test]
    fn a_gallery_finds_what_is_in_it_and_nothing_else() {
        let mut gallery = gallery(40);
        for person in [0, 17, 39] {
            assert_eq!(nearest(&gallery, person)[0], person);
        }
        assert!(gallery.remove(&17) && !gallery.remove(&17));
        assert_eq!(gallery.len(), 39);
        assert!(!nearest(&gallery, 17).contains(&17) && !gallery.holds(&17));
        assert_eq!(nearest(&gallery, 39)[0], 39, "the row that moved is still its own photo's");
        gallery.insert(entry(17, "", face(17, 1, 1.0)));
        gallery.insert(entry(3, "", face(3, 2, 0.95)));
        assert_eq!((gallery.len(), nearest(&gallery, 17)[0], nearest(&gallery, 3)[0]), (40, 17, 3));
        (0..40).for_each(|photo| assert!(gallery.remove(&photo)));
        assert!(gallery.is_empty() && gallery.candidates(&face(1, 1, 1.0).descriptor, 5).is_empty());
    }

    #[test]
    fn faces_of_another_model_are_never_compared() {
        let mut gallery = gallery(3);
        let other = Face { model: FaceModel::new("dlib_resnet_128/1").unwrap(), ..face(50, 1, 1.0) };
        assert!(!gallery.insert(entry(50, "", other)) && gallery.len() == 3);
        let narrow = Descriptor::new(vec![1.0; 64]).unwrap();
        assert!(!gallery.insert(entry(51, "", Face { descriptor: narrow.clone(), ..face(51, 1, 1.0) })));
        assert!(gallery.candidates(&narrow, 3).is_empty());
        assert!(Gallery::<u32>::new(FaceModel::new("another/1").unwrap()).is_err());
    }

    #[test]
    fn doubles_are_two_subjects_with_one_face() {
        let mut gallery = gallery(10);
        gallery.insert(entry(100, "twin", face(4, 5_000, 0.9)));
        gallery.insert(entry(101, "s5", face(5, 5_001, 0.9)));
        gallery.insert(entry(102, "", face(6, 5_002, 0.6)));
        let photos: Vec<_> =
            gallery.doubles().into_iter().map(|double| (double.one.photo, double.other.photo)).collect();
        assert_eq!(photos, [(4, 100)], "one subject's two photos and a mere likeness are none");
        let newcomer = face(4, 6_000, 0.95);
        let found = gallery.doubles_of(&200, None, &newcomer);
        assert_eq!(found.iter().map(|found| found.photo).collect::<Vec<_>>(), [4, 100]);
        let own = SubjectId::new("s4").unwrap();
        assert_eq!(gallery.doubles_of(&200, Some(&own), &newcomer).len(), 1);
        assert_eq!(gallery.doubles_of(&100, Some(&own), &newcomer).len(), 0);
    }

    #[test]
    fn the_product_of_lanes_is_the_product() {
        for length in [1, 15, 16, 17, 128, 130] {
            let (one, other) = (&direction(1)[..], &direction(2)[..]);
            let (one, other) = (one.iter().cycle().take(length), other.iter().cycle().take(length));
            let (one, other): (Vec<f32>, Vec<f32>) = (one.copied().collect(), other.copied().collect());
            let plain: f64 = one.iter().zip(&other).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert!((f64::from(dot(&one, &other)) - plain).abs() < 1e-4, "{length}");
        }
    }
}
