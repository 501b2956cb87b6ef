//! Everything that was measured on a photo before the rules look at it.

use gradphoto_shared::check::NotAssessed;
use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::Spec;
use image::RgbImage;

use crate::model::{Area, Point};
use crate::stage::decode::FileFacts;
use crate::stage::landmark::Landmarked;
use crate::stage::matte::Trust;
use crate::stage::outline::Outlined;
use crate::stage::plane::Plane;
use crate::stage::portrait::Portrait;
use crate::stage::pose::Pose;
use crate::stage::view::View;

/// A photo as the rules see it.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The document standard.
    pub spec: &'a Spec,
    /// What the file says about itself.
    pub file: FileFacts,
    /// The decoded photo.
    pub view: &'a View,
    /// The person in it; `None` where no face was found.
    pub subject: Option<Subject<'a>>,
    /// The certificate picture, where one was made in the same job.
    pub output: Option<RgbImage>,
    /// How far its cut-out can be trusted.
    pub trust: Option<Trust>,
}

/// The person in a photo.
#[derive(Debug)]
pub struct Subject<'a> {
    /// Points on the face.
    pub face: &'a Landmarked,
    /// Boxes of other people's faces.
    pub others: &'a [Area],
    /// Top of the hair and cut sides, or why there are none.
    pub outline: Result<Outlined, ReasonCode>,
    /// Head and shoulders at one size.
    pub portrait: Portrait,
    /// How the head is turned.
    pub pose: Pose,
    /// What only further models see.
    pub further: Further,
}

/// What only further models see; a role that the pack lacks leaves `None`.
#[derive(Debug, Default)]
pub struct Further {
    /// Share of hair, 0 to 1, for each pixel of the portrait.
    pub hair: Option<Plane>,
    /// Share of skin, 0 to 1, for each pixel of the portrait.
    pub skin: Option<Plane>,
    /// Share of clothes, 0 to 1, for each pixel of the portrait.
    pub clothes: Option<Plane>,
    /// Logits of clear and of dark glasses.
    pub glasses: Option<[f32; 2]>,
    /// Strengths of the 52 expressions, 0 to 1.
    pub expressions: Option<Vec<f32>>,
    /// How live the face is rather than photographed from a screen or a print, 0 to 1.
    pub live: Option<f32>,
}

impl Scene<'_> {
    /// The person, for rules about people.
    pub(crate) fn subject(&self) -> Result<&Subject<'_>, NotAssessed> {
        self.subject.as_ref().ok_or(NotAssessed::NoFace)
    }
}

impl Subject<'_> {
    /// A point of the mesh in pixels of the original.
    pub(crate) fn point(&self, index: usize) -> Point {
        self.face.points[index]
    }

    /// Alpha of the subject in the portrait.
    pub(crate) fn alpha(&self) -> Result<&Plane, NotAssessed> {
        self.portrait.subject.as_ref().ok_or(NotAssessed::NotInPicture)
    }

    /// The face's box in pixels of the original.
    pub(crate) fn face_area(&self) -> Area {
        let (left, right) = (self.face.left_cheek.x, self.face.right_cheek.x);
        let (top, bottom) = (self.face.forehead.y, self.face.chin.y);
        Area { left: left.min(right), top: top.min(bottom), width: (right - left).abs(), height: (bottom - top).abs() }
    }

    /// The portrait, where it shows at least `detail_px` of the original's pixels from cheek to cheek.
    pub(crate) fn detailed(&self, detail_px: f32) -> Result<&Portrait, NotAssessed> {
        if self.portrait.detail_px >= detail_px { Ok(&self.portrait) } else { Err(NotAssessed::TooFewPixels) }
    }
}
