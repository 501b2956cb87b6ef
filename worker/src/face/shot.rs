//! Whether two photos are one shot (同版): the same press of the shutter, cropped, recoloured, before another
//! background, compressed, sharpened, smoothed, slightly turned, mirrored, or printed and scanned.
//!
//! Another shot of the same person differs in brightness and in the places of points, because nobody holds still to a
//! hundredth of a face.

mod signature;

use gradphoto_shared::Result;
use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::face::{Face, ShotSignature};

use self::signature::Sketch;
pub(super) use self::signature::make;
use super::limits::Limits;

/// What of the pictures' correlation is missing, and by how many hundredths of the face's width points differ, that weigh
/// alike. On `same_shot` (108 pairs of one shot, 24 of two shots of one person, both packs) one shot has at most 0.040
/// and 1.18, two shots at least 0.048 and 0.66, never both least at once.
const PICTURE_WEIGHT: f32 = 1.0 / 0.045;
const PLACES_WEIGHT: f32 = 1.0 / 1.1;
/// Most difference of one shot, in the sum of both.
const SAME_SHOT: f32 = 2.0;

/// What two photos have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// One shot.
    SameShot,
    /// Two shots of one person, or of twins.
    SamePersonOtherShot,
    /// Two people.
    OtherPerson,
}

/// How two photos compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// What it comes to.
    pub likeness: Likeness,
    /// Likeness of the faces, -1 to 1.
    pub face: f32,
    /// Correlation of the pictures, -1 to 1; 0 where a signature is of another layout.
    pub picture: f32,
    /// What points of the face differ by, in hundredths of its width; infinite where a signature is of another layout.
    pub places: f32,
    /// Whether the pictures are more alike when one is mirrored.
    pub is_mirrored: bool,
}

impl Comparison {
    /// How much the shots differ in picture and places together: at most 2 for one shot.
    #[must_use]
    pub fn difference(&self) -> f32 {
        // A picture is like itself by a little more than 1, as numbers are rounded.
        (1.0 - self.picture).max(0.0) * PICTURE_WEIGHT + self.places * PLACES_WEIGHT
    }
}

/// How much a shot differs from the nearest of others, see [`Comparison::difference`], or why nobody can say.
pub type Nearest = std::result::Result<f32, NotAssessed>;

/// The nearer of two answers to the same question about different photos. One shot is told even where other photos
/// cannot be compared; that it is none of them is not.
pub fn nearer(one: Nearest, other: Nearest) -> Nearest {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok(one.min(other)),
        (Ok(found), Err(NotAssessed::NothingToCompare)) | (Err(NotAssessed::NothingToCompare), Ok(found)) => Ok(found),
        (Ok(found), Err(_)) | (Err(_), Ok(found)) if found <= SAME_SHOT => Ok(found),
        (Ok(_), Err(why)) | (Err(why), Ok(_)) | (Err(NotAssessed::NothingToCompare), Err(why)) | (Err(why), Err(_)) => {
            Err(why)
        }
    }
}

/// Compares two faces; those of different models are two people as far as can be told.
///
/// # Errors
/// [`gradphoto_shared::Error::Pack`] where nobody measured limits for the model.
pub fn compare(one: &Face, other: &Face) -> Result<Comparison> {
    let limits = Limits::of(&one.model)?;
    let face = if one.model == other.model { one.descriptor.likeness(&other.descriptor) } else { -1.0 };
    Ok(compare_scored(&one.shot, &other.shot, face, limits))
}

/// Compares two shots whose faces are alike by `face`.
pub(super) fn compare_scored(one: &ShotSignature, other: &ShotSignature, face: f32, limits: &Limits) -> Comparison {
    let sketches = Sketch::read(one).zip(Sketch::read(other));
    let (picture, places, is_mirrored) = sketches.map_or((0.0, f32::INFINITY, false), |(one, other)| {
        let mirrored = other.mirrored();
        // Moving a grid by parts of a cell smooths it, so either is moved, and the less likeness holds: two shots of one
        // person came as near as 1.78 when only the smoother of the two was, one shot's are as near either way.
        let both_ways = |other: &Sketch| one.correlation(other).min(other.correlation(&one));
        let (straight, turned) = (both_ways(&other), both_ways(&mirrored));
        let is_mirrored = turned > straight;
        (straight.max(turned), one.distance(if is_mirrored { &mirrored } else { &other }), is_mirrored)
    });
    let compared = Comparison { likeness: Likeness::OtherPerson, face, picture, places, is_mirrored };
    let likeness = if face < limits.person {
        Likeness::OtherPerson
    } else if compared.difference() <= SAME_SHOT {
        Likeness::SameShot
    } else {
        Likeness::SamePersonOtherShot
    };
    Comparison { likeness, ..compared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shot_is_told_whatever_cannot_be_compared_and_no_other_is_vouched_for() {
        let (nothing, unknown) = (Err(NotAssessed::NothingToCompare), Err(NotAssessed::NotComparable));
        for (one, other, expected) in [
            (Ok(0.4), Ok(5.0), Ok(0.4)),
            (Ok(5.0), nothing, Ok(5.0)),
            (Ok(0.4), unknown, Ok(0.4)),
            (Ok(5.0), unknown, unknown),
            (nothing, unknown, unknown),
            (nothing, nothing, nothing),
        ] {
            assert_eq!([nearer(one, other), nearer(other, one)], [expected; 2], "{one:?} {other:?}");
        }
    }
}
