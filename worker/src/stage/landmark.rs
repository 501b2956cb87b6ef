//! Points on the face of the subject, and whether others are in the picture.

use gradphoto_shared::outcome::ReasonCode;
use gradphoto_shared::spec::InputLimits;

use super::Stop;
use super::detect::Located;
use super::square::Square;
use super::view::View;
use crate::model::{Area, Face, Landmarker, Point};

/// Side of the landmark square over the longer side of the face's box (the network's own crop).
const SQUARE_OVER_BOX: f32 = 1.5;
/// Least presence of a face. Real faces gave 1.000, 0.88 with a medical mask, wrong crops 0.000.
const MIN_PRESENCE: f32 = 0.5;
/// Boxes looked at for the subject, and beside it for other people.
const MOST_LOOKS: usize = 4;

/// Two boxes of which the smaller lies in the other by more than this share are one face: detectors
/// report a face that fills the photo at two sizes.
const SAME_PERSON: f32 = 0.5;

/// Points of the canonical mesh that the stages ask for.
mod mesh {
    pub(super) const LEFT_CHEEK: usize = 234;
    pub(super) const RIGHT_CHEEK: usize = 454;
    pub(super) const FOREHEAD: usize = 10;
    pub(super) const CHIN: usize = 152;
    /// Middle of the upper and the lower lid.
    pub(super) const LEFT_LIDS: [usize; 2] = [159, 145];
    pub(super) const RIGHT_LIDS: [usize; 2] = [386, 374];
}

/// The subject's face in pixels of the original; left and right as in the picture.
#[derive(Clone, Debug)]
pub struct Landmarked {
    /// All points of the mesh.
    pub points: Vec<Point>,
    /// Cheek at the left, in front of the ear.
    pub left_cheek: Point,
    /// Cheek at the right, in front of the ear.
    pub right_cheek: Point,
    /// Upper end of the forehead.
    pub forehead: Point,
    /// Lower end of the chin.
    pub chin: Point,
    /// Between the eyes.
    pub eyes: Point,
}

impl Landmarked {
    pub(crate) fn from_points(points: Vec<Point>) -> Self {
        let eye = |[one, other]: [usize; 2]| points[one].middle(points[other]);
        Self {
            left_cheek: points[mesh::LEFT_CHEEK],
            right_cheek: points[mesh::RIGHT_CHEEK],
            forehead: points[mesh::FOREHEAD],
            chin: points[mesh::CHIN],
            eyes: eye(mesh::LEFT_LIDS).middle(eye(mesh::RIGHT_LIDS)),
            points,
        }
    }

    /// Cheek to cheek, in pixels of the original.
    #[must_use]
    pub fn face_width(&self) -> f32 {
        self.left_cheek.distance(self.right_cheek)
    }

    /// Top of the forehead to chin, in pixels of the original.
    #[must_use]
    pub fn face_height(&self) -> f32 {
        self.forehead.distance(self.chin)
    }

    /// Middle between the cheeks, in pixels of the original.
    #[must_use]
    pub fn centre_x(&self) -> f32 {
        self.left_cheek.middle(self.right_cheek).x
    }
}

/// The people of a photo.
#[derive(Clone, Debug)]
pub struct Crowd {
    /// The subject's face.
    pub subject: Landmarked,
    /// The detector's box of it, in pixels of the original.
    pub area: Area,
    /// Boxes of other faces that are large and real enough to count.
    pub others: Vec<Area>,
}

impl Crowd {
    /// The subject, where nobody else is in the picture and the face has pixels enough.
    ///
    /// # Errors
    /// [`ReasonCode::SeveralFaces`], [`ReasonCode::FaceTooSmall`].
    pub fn alone(&self, limits: &InputLimits) -> Result<&Landmarked, ReasonCode> {
        if !self.others.is_empty() {
            Err(ReasonCode::SeveralFaces)
        } else if self.subject.face_width() < limits.min_face_width_px {
            Err(ReasonCode::FaceTooSmall)
        } else {
            Ok(&self.subject)
        }
    }
}

/// Puts points on the subject's face and looks whether other faces are large and real enough to count.
///
/// # Errors
/// [`ReasonCode::NoFace`]; [`gradphoto_shared::Error::Model`].
pub fn landmark(
    landmarker: &mut Landmarker,
    view: &View,
    located: &Located,
    limits: &InputLimits,
) -> Result<Crowd, Stop> {
    let mut faces = located.faces.iter();
    let mut found = None;
    for face in faces.by_ref().take(MOST_LOOKS) {
        if let Some(points) = look(landmarker, view, face)? {
            found = Some((Landmarked::from_points(points), face));
            break;
        }
    }
    let (subject, area) = found.ok_or(ReasonCode::NoFace)?;
    let least_width = area.area.width * limits.second_face_share;
    let counts = |face: &&Face| face.area.width >= least_width && face.area.shared(&area.area) <= SAME_PERSON;
    let mut others = Vec::new();
    for other in faces.filter(counts).take(MOST_LOOKS) {
        if look(landmarker, view, other)?.is_some() {
            others.push(other.area);
        }
    }
    Ok(Crowd { subject, area: area.area, others })
}

/// The mesh of one face in pixels of the original; `None` where there is no face after all.
fn look(landmarker: &mut Landmarker, view: &View, face: &Face) -> Result<Option<Vec<Point>>, Stop> {
    let side = face.area.width.max(face.area.height) * SQUARE_OVER_BOX;
    let square = Square::level(face.area.centre(), side, face.left_eye, face.right_eye);
    let mesh = landmarker.read(&square.glance(view, landmarker.side()))?;
    let side = landmarker.side() as f32;
    let real = mesh.presence >= MIN_PRESENCE;
    Ok(real.then(|| mesh.points.iter().map(|point| square.to_photo(point.scaled(1.0 / side))).collect()))
}
