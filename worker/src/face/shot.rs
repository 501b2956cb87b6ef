//! Whether two photos are one shot (同版): the same press of the shutter, cropped, recoloured, before another
//! background, compressed, sharpened, smoothed, slightly turned, mirrored, or printed and scanned.
//!
//! Another shot of the same person differs in brightness and in the places of points, because nobody holds still to a
//! hundredth of a face.

mod signature;

use gradphoto_shared::Result;
use gradphoto_shared::face::{Face, ShotSignature};

use self::signature::Sketch;
pub(super) use self::signature::make;
use super::limits::Limits;

/// Least correlation of the pictures of one shot.
const SAME_PICTURE: f32 = 0.95;
/// Most that the points of one shot differ by, in hundredths of the face's width (root mean square).
const SAME_PLACES: f32 = 1.2;

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
        let (straight, turned) = (one.correlation(&other), one.correlation(&mirrored));
        let is_mirrored = turned > straight;
        (straight.max(turned), one.distance(if is_mirrored { &mirrored } else { &other }), is_mirrored)
    });
    let likeness = if face < limits.person {
        Likeness::OtherPerson
    } else if picture >= SAME_PICTURE && places <= SAME_PLACES {
        Likeness::SameShot
    } else {
        Likeness::SamePersonOtherShot
    };
    Comparison { likeness, face, picture, places, is_mirrored }
}
